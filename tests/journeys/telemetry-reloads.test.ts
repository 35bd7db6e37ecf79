/**
 * The telemetry layer itself changes while it is in use: level, form, sampling, collector and headers, under
 * requests and open streams. Every span and every log record arrives once, wherever its collector was by then.
 */
import { randomBytes } from 'node:crypto'
import { type CollectedLog, type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoProvider, startEchoProvider, wishing } from './rig/echo-provider.ts'
import { Gateway } from './rig/gateway.ts'
import { toYaml } from './rig/settings-text.ts'

let provider: EchoProvider
let first: OtlpCollector
let second: OtlpCollector
let gateway: Gateway

/** Traces of requests that were answered to their end. */
const answered: string[] = []
const failures: string[] = []

beforeAll(async () => {
  provider = await startEchoProvider()
  first = await startOtlpCollector()
  second = await startOtlpCollector()
  const otlp = { endpoint: first.url, headers: { authorization: 'Bearer ${env:TOKEN_ONE}', 'x-team': 'one' } }
  const settings = toYaml({
    providers: {
      echo: { kind: 'openai-compatible', baseUrl: `${provider.origin}/v1`, credential: '${env:KEY}' },
    },
    models: { chat: { provider: 'echo' } },
    rollout: { observe: { bakeMs: 50 } },
    telemetry: { logs: { level: 'info', format: 'json', otlp }, traces: { ratio: 0, otlp } },
  })
  const env = { KEY: 'provider-key', TOKEN_ONE: 'token-number-one', TOKEN_TWO: 'token-number-two' }
  gateway = await Gateway.start({ settings, env })
  await gateway.idle()
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await Promise.all([provider, first, second].map((it) => it?.close()))
})

/** The changes, in the order in which they are made; `moves` between the collectors. */
const changes: readonly (readonly [string, () => object])[] = [
  ['level', () => logs({ level: 'debug' })],
  ['form', () => logs({ format: 'logfmt' })],
  ['collector', () => to(second, 'TWO')],
  ['ratio', () => ({ telemetry: { traces: { ratio: 0.5 } } })],
  ['form', () => logs({ format: 'pretty' })],
  ['headers', () => to(second, 'ONE')],
  ['collector and form', () => ({ telemetry: { ...merged(to(first, 'ONE'), logs({ format: 'json' })) } })],
  ['level of a room', () => logs({ rooms: { engine: 'warn' } })],
  ['ratio', () => ({ telemetry: { traces: { ratio: 1 } } })],
  ['names', () => ({ telemetry: { traces: { attributes: 'plain' } } })],
  ['level of a room', () => logs({ rooms: { engine: 'trace' } })],
  ['collector', () => to(second, 'TWO')],
  ['form', () => logs({ format: 'logfmt' })],
  ['collector', () => to(first, 'TWO')],
  [
    'everything',
    () => ({ telemetry: { ...merged(to(second, 'ONE'), logs({ level: 'info', format: 'json' })) } }),
  ],
]

describe('telemetry that changes under load', () => {
  it('lets every request and every stream go on', async () => {
    const over = { isOver: false }
    const streams = Array.from({ length: 12 }, (_, i) => stream(20 + i))
    const load = Array.from({ length: 6 }, async () => {
      while (!over.isOver) await plain()
    })
    for (const round of [1, 2]) {
      for (const [what, change] of changes) {
        const response = await gateway.patch(change())
        expect([round, what, response.status, await response.json()]).toMatchObject([
          round,
          what,
          200,
          { outcome: expect.stringMatching(/applied|unchanged/) },
        ])
        const seen = answered.length
        await expect.poll(() => answered.length, { timeout: 10_000 }).toBeGreaterThan(seen + 5)
      }
    }
    over.isOver = true
    await Promise.all([...streams, ...load])
    expect(failures).toEqual([])
    expect(answered.length).toBeGreaterThan(200)
    const metrics = await (await gateway.ask('/metrics')).text()
    expect(metrics.match(/^changeover_telemetry_dropped_total.*/gm)).toBeNull()
    expect(await gateway.stop()).toEqual({ code: 0, signal: null })
  })

  it('loses no span and tells none twice', () => {
    const spans = [...first.spans(), ...second.spans()]
    const requests = spans.filter((it) => it.name === 'chat chat').filter((it) => it.kind === 'server')
    expect(requests.map((it) => it.traceId).sort()).toEqual([...answered].sort())
    const attempts = spans.filter((it) => it.name === 'chat chat' && it.kind === 'client')
    expect(attempts.map((it) => it.traceId).sort()).toEqual([...answered].sort())
    const ended = [...first.requests, ...second.requests].filter((it) => it.path.endsWith('/v1/traces'))
    expect(ended.length).toBeGreaterThan(changes.length)
    expect([first, second].map((it) => it.spans().some((span) => span.name === 'chat chat'))).toEqual([
      true,
      true,
    ])
  })

  it('shows a swap that moved the collector on both sides', () => {
    const swaps = (it: OtlpCollector) =>
      new Set(it.spans().flatMap((span) => (span.name === 'reload.swap' ? [span.spanId] : [])))
    const here = swaps(first)
    const both = [...swaps(second)].filter((it) => here.has(it))
    const moves = changes.filter(([what]) => what.startsWith('collector') || what === 'everything')
    expect(both.length).toBeGreaterThanOrEqual(2 * moves.length - 1)
  })

  it('loses no log record between the lines and the collectors', () => {
    const lines = gateway.process.lines.filter(isLogLine)
    const records = [...first.logs(), ...second.logs()].filter(
      (it) => it.body !== 'telemetry settings changed',
    )
    const wordOf = (it: CollectedLog) => `${String(it.body)} ${it.traceId}`
    const counted = new Map<string, number>()
    for (const it of records) counted.set(wordOf(it), (counted.get(wordOf(it)) ?? 0) + 1)
    const missed = [...counted].filter(([word, count]) => {
      const [, body = '', trace = ''] = /^(.*) ([0-9a-f]*)$/.exec(word) ?? []
      return lines.filter((it) => says(it, body) && it.includes(trace)).length !== count
    })
    expect([missed, records.length > 50]).toEqual([[], true])
    const others = lines.filter((it) => !says(it, 'telemetry settings changed'))
    const before = others.findIndex((it) => says(it, 'version 1.2 is in force'))
    expect(before).toBeGreaterThan(-1)
    // What was said before the first collector was known is in the lines alone.
    const early = others.filter(
      (it) => ![...counted.keys()].some((word) => says(it, word.slice(0, word.lastIndexOf(' ')))),
    )
    expect([others.length - early.length, early.filter((it) => others.indexOf(it) > before)]).toEqual([
      records.length,
      [],
    ])
  })

  it('writes each line whole, in one of the three forms, and all three occur', () => {
    const forms = new Map<string, number>()
    const unknown = gateway.process.lines.filter((line) => {
      const form = formOf(line)
      if (form !== null) forms.set(form, (forms.get(form) ?? 0) + 1)
      return form === null && isLogLine(line)
    })
    expect(unknown).toEqual([])
    expect([...forms.keys()].sort()).toEqual(['json', 'logfmt', 'pretty'])
    expect(gateway.process.lines.filter((it) => /Error|exception/.test(it))).toEqual([])
  })

  it('sends the headers that were in force, and shows their secrets to nobody', () => {
    const seen = (it: OtlpCollector) =>
      new Set(
        it.requests.map(({ headers }) => `${String(headers['x-team'])} ${String(headers['authorization'])}`),
      )
    expect(seen(first)).toEqual(new Set(['one Bearer token-number-one', 'two Bearer token-number-two']))
    expect(seen(second)).toEqual(new Set(['one Bearer token-number-one', 'two Bearer token-number-two']))
    const told = [
      gateway.process.lines.join('\n'),
      ...[...first.requests, ...second.requests].map((it) => it.bytes.toString('latin1')),
    ]
    expect(told.filter((it) => it.includes('token-number'))).toEqual([])
  })
})

describe('the share of traces that is kept', () => {
  it('follows its setting, beyond the first hundred of a version', async () => {
    const collector = await startOtlpCollector()
    const settings = toYaml({
      providers: {
        echo: { kind: 'openai-compatible', baseUrl: `${provider.origin}/v1`, credential: '${env:KEY}' },
      },
      models: { chat: { provider: 'echo' } },
      telemetry: { traces: { ratio: 0, otlp: { endpoint: collector.url } } },
    })
    await using other = await Gateway.start({ settings, env: { KEY: 'provider-key' } })
    const call = async () => {
      const response = await other.chat({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
      await response.arrayBuffer()
    }
    for (let i = 0; i < 130; i += 1) await call()
    expect((await other.patch({ telemetry: { traces: { ratio: 1 } } })).status).toBe(200)
    for (let i = 0; i < 130; i += 1) await call()
    await other.stop()
    const kept = collector.spans().filter((it) => it.name === 'chat chat' && it.kind === 'server')
    const under = (version: string) => kept.filter((it) => it.attributes['config.version'] === version).length
    expect([under('1.1'), under('1.2')]).toEqual([100, 130])
    await collector.close()
  })
})

function logs(change: object) {
  return { telemetry: { logs: change } }
}

function to(collector: OtlpCollector, token: 'ONE' | 'TWO') {
  const headers = { authorization: `Bearer \${env:TOKEN_${token}}`, 'x-team': token.toLowerCase() }
  const otlp = { endpoint: collector.url, headers }
  return { telemetry: { logs: { otlp }, traces: { otlp } } }
}

function merged(a: { telemetry: { logs: object } }, b: { telemetry: { logs: object } }) {
  return { ...a.telemetry, ...b.telemetry, logs: { ...a.telemetry.logs, ...b.telemetry.logs } }
}

/** Asked for by a caller who has decided that its trace is kept, so that each request has its spans. */
function asked(): { traceId: string; headers: Record<string, string> } {
  const traceId = randomBytes(16).toString('hex')
  return { traceId, headers: { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` } }
}

async function plain(): Promise<void> {
  const { traceId, headers } = asked()
  const response = await gateway.chat(
    { model: 'chat', messages: [{ role: 'user', content: 'hello' }] },
    headers,
  )
  const text = await response.text()
  if (response.status === 200) answered.push(traceId)
  else failures.push(`${response.status} ${text}`)
}

async function stream(chunks: number): Promise<void> {
  const { traceId, headers } = asked()
  const content = wishing({ chunks, everyMs: 100 })
  const response = await gateway.chat(
    { model: 'chat', stream: true, messages: [{ role: 'user', content }] },
    headers,
  )
  const text = await response.text()
  const came = text.split('\n').filter((it) => it.includes('\\"model\\"')).length
  if (response.status === 200 && came === chunks && text.trimEnd().endsWith('[DONE]')) answered.push(traceId)
  else failures.push(`${response.status}, ${came} of ${chunks} chunks`)
}

const PRETTY = /^\d\d:\d\d:\d\d\.\d{3} (TRACE|DEBUG|INFO |WARN |ERROR) /

function formOf(line: string): 'json' | 'logfmt' | 'pretty' | null {
  if (PRETTY.test(line)) return 'pretty'
  if (/^time=\S+ level=\w+ room=\w+ msg=/.test(line)) return 'logfmt'
  try {
    return typeof (JSON.parse(line) as { msg?: unknown }).msg === 'string' ? 'json' : null
  } catch {
    return null
  }
}

/** Not the banner, which is for people and goes to standard error. */
function isLogLine(line: string): boolean {
  return line !== '' && !line.startsWith('  ')
}

/** Whether a line in whichever form has this message. */
function says(line: string, message: string): boolean {
  const form = formOf(line)
  if (form === 'json') return (JSON.parse(line) as { msg: string }).msg === message
  const quoted = /[\s="\\]/.test(message) ? JSON.stringify(message) : message
  if (form === 'logfmt') return line.includes(` msg=${quoted} `) || line.endsWith(` msg=${quoted}`)
  return form === 'pretty' && line.slice('00:00:00.000 LEVEL ROOMROOMRO '.length).startsWith(message)
}
