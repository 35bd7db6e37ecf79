/**
 * Settings that a person got wrong, in each format, by saving the file and by the admin API: refused with a code and
 * the place, nothing changed, one line in the audit log, one trace that says `rejected`.
 *
 * In the texts `¦` stands before the place that has to be named, and is not part of them.
 */
import { type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spansOfAttempt } from './rig/attempt-spans.ts'
import { Gateway } from './rig/gateway.ts'

interface Format {
  readonly name: 'yaml' | 'json' | 'toml'
  readonly good: (collector: string) => string
  /** What is wrong, the code of the issue, and how the good text becomes the bad one. */
  readonly cases: readonly (readonly [wrong: string, code: string, change: (good: string) => string])[]
}

/** A change that must find what it changes. */
const put =
  (what: string, by: string) =>
  (text: string): string => {
    if (!text.includes(what)) throw new Error(`"${what}" is not in the settings`)
    return text.replace(what, by)
  }

const secret = 'sk-this-must-appear-nowhere-0123456789'

const yaml: Format = {
  name: 'yaml',
  good: (collector) => `# good
providers:
  main:
    kind: simulated
    simulate: { firstTokenMs: 0, tokensPerSecond: 100000 }
  keyed:
    kind: openai-compatible
    baseUrl: http://127.0.0.1:9/v1
    credential: \${env:THERE}
models:
  one:
    provider: main
contexts:
  support@1.0.0:
    prompt: Be brief.
routes:
  chat:
    targets:
      - model: one
        weight: 10
    context: support@^1
telemetry:
  logs: { level: info, format: json }
  traces:
    ratio: 1
    otlp: { endpoint: "${collector}" }
`,
  cases: [
    ['a bracket that is not closed', 'settings.syntax', put('weight: 10', 'weight: ¦[10')],
    ['a tab as indentation', 'settings.syntax', put('    provider: main', '¦\tprovider: main')],
    [
      'a key that is there twice',
      'settings.syntax',
      put('    provider: main', '    provider: main\n    ¦provider: main'),
    ],
    ['a list where the sections belong', 'settings.syntax', () => '¦- one\n- two\n'],
    ['an unknown section', 'validate.unknown_kind', put('routes:', '¦roots:')],
    ['an unknown key', 'validate.unknown_setting', put('weight: 10', '¦wieght: 10')],
    ['a value of the wrong type', 'validate.setting', put('weight: 10', '¦weight: ten')],
    ['a value out of its bounds', 'validate.setting', put('ratio: 1', '¦ratio: 7')],
    ['a reference to nothing', 'validate.reference', put('model: one', '¦model: two')],
    ['a context that is not there', 'validate.reference', put('context: support@^1', '¦context: support@^2')],
    [
      'a secret written out',
      'settings.secret_literal',
      put('credential: ${env:THERE}', `¦credential: ${secret}`),
    ],
    [
      'a secret that is not there',
      'settings.secret_missing',
      put('credential: ${env:THERE}', '¦credential: ${env:NOT_THERE}'),
    ],
    [
      'a published context that changes',
      'settings.context_changed',
      put('support@1.0.0:\n    prompt: Be brief.', '¦support@1.0.0:\n    prompt: Be long.'),
    ],
  ],
}

const json: Format = {
  name: 'json',
  good: (collector) => `{
  "providers": {
    "main": { "kind": "simulated", "simulate": { "firstTokenMs": 0, "tokensPerSecond": 100000 } },
    "keyed": { "kind": "openai-compatible", "baseUrl": "http://127.0.0.1:9/v1", "credential": "\${env:THERE}" }
  },
  "models": { "one": { "provider": "main" } },
  "contexts": { "support@1.0.0": { "prompt": "Be brief." } },
  "routes": {
    "chat": {
      "targets": [
        { "model": "one", "weight": 10 }
      ],
      "context": "support@^1"
    }
  },
  "telemetry": {
    "logs": { "level": "info", "format": "json" },
    "traces": { "ratio": 1, "otlp": { "endpoint": "${collector}" } }
  }
}
`,
  cases: [
    ['a comma too many', 'settings.syntax', put('"weight": 10 }', '"weight": 10, ¦}')],
    ['a text that is not closed', 'settings.syntax', put('"Be brief." } },', '"Be brief. } },¦')],
    [
      'a key that is there twice',
      'settings.syntax',
      put('"level": "info"', '"level": "info", ¦"level": "info"'),
    ],
    ['an unknown key', 'validate.unknown_setting', put('"weight"', '¦"wieght"')],
    ['a value of the wrong type', 'validate.setting', put('"weight": 10', '¦"weight": "ten"')],
    ['a reference to nothing', 'validate.reference', put('"model": "one"', '¦"model": "two"')],
    [
      'a secret written out',
      'settings.secret_literal',
      put('"credential": "${env:THERE}"', `¦"credential": "${secret}"`),
    ],
    [
      'a secret that is not there',
      'settings.secret_missing',
      put('"credential": "${env:THERE}"', '¦"credential": "${env:NOT_THERE}"'),
    ],
    [
      'a published context that changes',
      'settings.context_changed',
      put('"support@1.0.0": { "prompt": "Be brief."', '¦"support@1.0.0": { "prompt": "Be long."'),
    ],
  ],
}

const toml: Format = {
  name: 'toml',
  good: (collector) => `# good
[providers.main]
kind = "simulated"
simulate = { firstTokenMs = 0, tokensPerSecond = 100000 }

[providers.keyed]
kind = "openai-compatible"
baseUrl = "http://127.0.0.1:9/v1"
credential = "\${env:THERE}"

[models.one]
provider = "main"

[contexts."support@1.0.0"]
prompt = "Be brief."

[routes.chat]
context = "support@^1"

[[routes.chat.targets]]
model = "one"
weight = 10

[telemetry.logs]
level = "info"
format = "json"

[telemetry.traces]
ratio = 1
otlp = { endpoint = "${collector}" }
`,
  cases: [
    ['a value that is missing', 'settings.syntax', put('weight = 10', 'weight = ¦')],
    ['a table that is not closed', 'settings.syntax', put('[models.one]', '[models.one¦')],
    ['a key that is there twice', 'settings.syntax', put('weight = 10', 'weight = 10\n¦weight = 11')],
    ['an unknown key', 'validate.unknown_setting', put('weight', '¦wieght')],
    ['a value of the wrong type', 'validate.setting', put('weight = 10', '¦weight = "ten"')],
    ['a reference to nothing', 'validate.reference', put('model = "one"', '¦model = "two"')],
    [
      'a secret written out',
      'settings.secret_literal',
      put('credential = "${env:THERE}"', `¦credential = "${secret}"`),
    ],
    [
      'a secret that is not there',
      'settings.secret_missing',
      put('credential = "${env:THERE}"', '¦credential = "${env:NOT_THERE}"'),
    ],
    [
      'a published context that changes',
      'settings.context_changed',
      put(
        '[contexts."support@1.0.0"]\nprompt = "Be brief."',
        '[contexts.¦"support@1.0.0"]\nprompt = "Be long."',
      ),
    ],
  ],
}

const formats: readonly Format[] = [yaml, json, toml]

describe.each(formats.map((it) => [it.name, it] as const))('wrong settings in %s', (name, format) => {
  const file = `changeover.${name}`
  const refused: string[] = []
  let collector: OtlpCollector
  let gateway: Gateway
  let good: string

  beforeAll(async () => {
    collector = await startOtlpCollector()
    good = format.good(collector.url)
    gateway = await Gateway.start({ settings: good, file, env: { THERE: 'a-key-that-is-there' } })
    await gateway.idle()
  }, 60_000)
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]()
    await collector?.close()
  })

  it.each(format.cases)(
    'are refused with a code and a place when they are saved: %s',
    async (_, code, change) => {
      const { text, line, column } = marked(change(good))
      const before = await newest()
      await gateway.edit(() => text)
      await expect.poll(newest, { timeout: 15_000 }).not.toMatch(new RegExp(`later|${before}`))
      const { reloads } = await gateway.admin.ask('listReloads')
      expect(reloads[0]).toMatchObject({ trigger: 'file', status: 'rejected', from: '1.1' })
      expect(reloads[0]?.issues).toEqual([expect.objectContaining({ code, place: { file, line, column } })])
      await gateway.process.line(`${file}:${line}:${column}  `)
      refused.push(reloads[0]?.attempt ?? '')
      await expectAsBefore()
      await gateway.edit(() => good)
    },
  )

  it.each(format.cases)(
    'are refused with a code and a place through the API: %s',
    async (_, code, change) => {
      const { text, line, column } = marked(change(good))
      const headers = { 'content-type': `application/${name}`, 'x-changeover-source': `mine.${name}` }
      const response = await gateway.ask('/v1/reloads', { method: 'POST', headers, body: text })
      const problem = (await response.json()) as { attempt: string; version: string; issues: object[] }
      expect([response.status, problem.version]).toEqual([422, '1.1'])
      const place = { file: `mine.${name}`, line, column }
      expect(problem.issues).toEqual([expect.objectContaining({ code, place })])
      refused.push(problem.attempt)
      await expectAsBefore()
    },
  )

  it('are each in the audit log, and in a trace that says so; no secret is anywhere', async () => {
    expect(refused).toHaveLength(2 * format.cases.length)
    const audit = await gateway.admin.ask('readAudit', { query: { limit: 10_000 } })
    expect(audit.verified).toBe(true)
    await gateway.stop()
    const spans = collector.spans()
    for (const attempt of refused) {
      const line = audit.lines.find((it) => it.attempt === attempt && it.event === 'config.reload.rejected')
      const [root] = spansOfAttempt(spans, attempt)
      expect(root?.attributes).toMatchObject({ 'reload.status': 'rejected', 'reload.reason': line?.reason })
      expect([root?.traceId, root?.spanId]).toEqual([line?.traceId, line?.spanId])
    }
    const told = [
      gateway.process.lines.join('\n'),
      JSON.stringify(audit),
      ...collector.requests.map((it) => it.bytes.toString('latin1')),
    ]
    expect(told.filter((it) => it.includes(secret))).toEqual([])
  })

  /** The newest attempt that was more than a repetition, once it has ended. */
  async function newest(): Promise<string> {
    const { reloads } = await gateway.admin.ask('listReloads', { query: { limit: 1 } })
    return reloads[0]?.status === 'in_progress' ? 'later' : (reloads[0]?.attempt ?? '')
  }

  async function expectAsBefore(): Promise<void> {
    const answer = await gateway.chat({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
    expect([answer.status, answer.headers.get('x-changeover-version')]).toEqual([200, '1.1'])
    await answer.arrayBuffer()
  }
})

function marked(text: string): { text: string; line: number; column: number } {
  const before = text.slice(0, text.indexOf('¦')).split('\n')
  return { text: text.replace('¦', ''), line: before.length, column: (before.at(-1) ?? '').length + 1 }
}
