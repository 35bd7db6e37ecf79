/**
 * Strings that can be told from everything else, planted as every kind of secret that a gateway meets; then everything
 * that it ever wrote, sent or kept is searched for them byte by byte, in each form that a text takes on its way: as it is,
 * in JSON, in a URL, in hexadecimal, and in base64 wherever in its input it began.
 *
 * What each secret is for is shown too, so that none is missing because it never came in.
 *
 * Not here: what providers say of keys in every kind of failure (`tests/faults/canary-strings.test.ts`).
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  FakeIssuer,
  type FakeProvider,
  type OtlpCollector,
  startFakeProvider,
  startOtlpCollector,
} from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatBody, OpenStream } from '../faults/rig/client.ts'
import { Gateway } from './rig/gateway.ts'
import { type Tree, toYaml } from './rig/settings-text.ts'
import { hashOfKey } from './rig/tenants.ts'
import { until } from './rig/until.ts'

const canary = (name: string): string => createHash('sha256').update(`planted ${name}`).digest('base64url')
/** With signs that JSON and URLs write otherwise. */
const awkward = (name: string): string => `${canary(name)}+/"${name}`

const planted: Record<string, string> = {
  'the key of a provider': awkward('provider'),
  'the key of a provider in a file': awkward('file'),
  'a header for a provider': awkward('header'),
  'a header for telemetry': awkward('telemetry'),
  "the owner's token": canary('owner'),
  "a person's token": canary('person'),
  "a person's token by reference": canary('referenced'),
  "a caller's key": canary('caller'),
  'a key that nobody knows': canary('stranger'),
  'a key written into a change': canary('literal'),
  'a prompt': `${awkward('prompt')} é`,
  'a body that is no JSON': awkward('malformed'),
  'a body for the admin API that is no JSON': awkward('malformed-admin'),
  'the token of an admin request that is refused': canary('intruder'),
}

let provider: FakeProvider
let collector: OtlpCollector
let issuer: FakeIssuer
let gateway: Gateway
const outside: { readonly from: string; readonly bytes: Buffer }[] = []

const secret = (name: string): string => planted[name] ?? expect.fail(`nothing is planted as ${name}`)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
function keep(from: string, what: string | Buffer): string {
  const bytes = Buffer.from(what)
  outside.push({ from, bytes })
  return bytes.toString('utf8')
}

function settings(): Tree {
  const otlp = { endpoint: collector.url, headers: { authorization: 'Bearer ${env:P_TELEMETRY}' } }
  return {
    providers: {
      sim: { kind: 'simulated' },
      main: {
        kind: 'openai-compatible',
        baseUrl: `${provider.origin}/v1`,
        credential: '${env:P_PROVIDER}',
        headers: { 'x-secret': '${env:P_HEADER}' },
      },
      second: {
        kind: 'anthropic',
        baseUrl: `${provider.origin}/v1`,
        credential: `\${file:${join(gateway.folder, 'key')}}`,
      },
    },
    models: { small: { provider: 'main' }, other: { provider: 'second' } },
    routes: {
      chat: { targets: [{ model: 'small' }], retries: { attempts: 1 } },
      talk: { targets: [{ model: 'other' }], retries: { attempts: 1 } },
    },
    tenants: { acme: { keys: { main: { hash: hashOfKey(secret("a caller's key")) } } } },
    access: {
      people: {
        ann: { roles: ['publisher'], tokens: { own: { hash: hashOfKey(secret("a person's token")) } } },
        bo: { roles: ['viewer'], tokens: { own: { secret: '${env:P_REFERENCED}' } } },
      },
      tokens: { corp: { issuer: issuer.url, audience: 'changeover', tenant: 'acme' } },
    },
    rollout: { observe: { bakeMs: 0 } },
    telemetry: {
      logs: { level: 'trace', format: 'json', otlp },
      traces: { ratio: 1, otlp },
      metrics: { otlp: { ...otlp, intervalMs: 200 } },
    },
  }
}

async function call(model: string, token: string, content = secret('a prompt')): Promise<number> {
  const answer = await gateway.chat(chatBody({ model, content }), bearer(token))
  const head = [...answer.headers].map((it) => it.join(': ')).join('\n')
  // What a model answers is the caller's; it answers nothing of what was planted here.
  keep(`answer to a caller (${answer.status})`, `${head}\n${await answer.text()}`)
  return answer.status
}

async function admin(path: string, init: RequestInit = {}): Promise<string> {
  const answer = await gateway.ask(path, init)
  const head = [...answer.headers].map((it) => it.join(': ')).join('\n')
  return keep(`${init.method ?? 'GET'} ${path} (${answer.status})`, `${head}\n${await answer.text()}`)
}

async function command(...args: readonly string[]): Promise<string> {
  const { text } = await gateway.command(args, { CHANGEOVER_ADMIN_TOKEN: gateway.token })
  return keep(`changeover ${args.join(' ')}`, text)
}

/** What is told on standard output is the one place where it is to be. */
async function makeKeys(): Promise<void> {
  for (const what of ['create', 'rotate']) {
    const { text } = await gateway.command(['keys', what, 'acme', 'made', '--json'], {
      CHANGEOVER_ADMIN_TOKEN: gateway.token,
    })
    const { key } = JSON.parse(text) as { key: string }
    planted[`a key that ${what} has told`] = key
    await gateway.idle()
    expect(await call('chat', key)).toBe(200)
    // Known by its form, but not as it was made.
    const mistyped = `${key.slice(0, 30)}${key[30] === 'x' ? 'y' : 'x'}${key.slice(31)}`
    planted[`a key that was mistyped after ${what}`] = mistyped
    expect(await call('chat', mistyped)).toBe(401)
  }
}

async function tokens(): Promise<void> {
  const all = {
    'a good token': [issuer.token(), 200],
    'a token that is forged': [issuer.token({ forged: 'shared' }), 401],
    'a token that is over': [issuer.token({ claims: { exp: 1 } }), 401],
    'a token for others': [issuer.token({ claims: { aud: 'others' } }), 401],
  } as const
  for (const [name, [token, status]] of Object.entries(all)) {
    planted[name] = token
    planted[`the signature of ${name}`] = token.split('.')[2] ?? ''
    expect(await call('chat', token), name).toBe(status)
    expect(await call('chat', token), `${name}, again`).toBe(status)
  }
}

async function calls(): Promise<void> {
  const key = secret("a caller's key")
  expect(await call('chat', key)).toBe(200)
  expect(await call('talk', key)).toBe(200)
  expect(await call('nothing-of-that-name', key)).toBe(404)
  expect(await call('chat', secret('a key that nobody knows'))).toBe(401)
  const stream = await OpenStream.open(gateway, { content: secret('a prompt'), headers: bearer(key) })
  await stream.ended()
  keep('a stream', `${JSON.stringify(stream.headers)}\n${stream.text}`)
  const said = `the key ${secret('the key of a provider')} is not valid`
  for (const status of [401, 429, 500]) {
    provider.script({
      kind: 'raw',
      status,
      chunks: [JSON.stringify({ error: { message: said, code: said } })],
    })
    await call('chat', key)
  }
  const body = `{"model": "chat", "messages": ${secret('a body that is no JSON')}`
  const headers = { 'content-type': 'application/json', ...bearer(key) }
  const broken = await fetch(`${gateway.dataUrl}/v1/chat/completions`, { method: 'POST', headers, body })
  keep('answer to what is no JSON', await broken.text())
  expect(broken.status).toBe(400)
  const models = await fetch(`${gateway.dataUrl}/v1/models`, { headers: bearer(key) })
  keep('the list of models', await models.text())
}

async function changes(): Promise<void> {
  const type = { 'content-type': 'application/merge-patch+json' }
  const literal = secret('a key written into a change')
  const bad = [
    { providers: { main: { credential: literal } } },
    { providers: { main: { headers: { 'x-api-key': literal } } } },
    { tenants: { acme: { keys: { other: { hash: literal } } } } },
    { access: { people: { ann: { tokens: { own: { hash: literal } } } } } },
    { access: { tokens: { corp: { keys: [{ kty: 'oct', k: literal }] } } } },
    { providers: { main: { baseUrl: `https://me:${literal}@example.com/v1` } } },
  ]
  for (const change of bad) {
    const init = { method: 'PATCH', headers: type, body: JSON.stringify(change) }
    expect(await admin('/v1/settings', init)).toMatch(/"code":"(?:validate|settings|reload)\./)
    await admin('/v1/settings?dryRun=true', init)
  }
  const broken = { method: 'PATCH', headers: type, body: secret('a body for the admin API that is no JSON') }
  await admin('/v1/settings', broken)
  const intruder = bearer(secret('the token of an admin request that is refused'))
  await admin('/v1/status', { headers: intruder })
  await admin('/v1/settings', { ...broken, headers: { ...type, ...intruder } })
  for (const name of ["a person's token", "a person's token by reference"])
    expect(await admin('/v1/whoami', { headers: bearer(secret(name)) })).toContain('user:')
  const good = {
    method: 'PATCH',
    headers: type,
    body: JSON.stringify({ routes: { more: { targets: [{ model: 'small' }] } } }),
  }
  expect(
    await admin('/v1/settings', { ...good, headers: { ...type, ...bearer(secret("a person's token")) } }),
  ).toContain('applied')
  await gateway.idle()
}

async function everythingThatIsTold(): Promise<void> {
  const paths =
    'settings versions?calls=true versions/current versions/1.1/diff/current reloads?limit=200 calls?limit=200 status instances audit?limit=200 keys approvals plans whoami trust blame settings/origin?pointer=/tenants'
  for (const it of paths.split(' ')) await admin(`/v1/${it}`)
  for (const it of ['/metrics', '/healthz', '/readyz', '/openapi.json']) await admin(it)
  const { reloads } = await gateway.admin.ask('listReloads', { query: { limit: 100 } })
  for (const it of reloads) await admin(`/v1/reloads/${it.attempt}`)
  const { calls: recorded } = await gateway.admin.ask('listCalls', { query: { limit: 100 } })
  for (const it of recorded) await admin(`/v1/calls/${it.id}`)
  for (const it of recorded.slice(0, 5)) await admin(`/v1/calls/${it.id}/why`)
  await command('why', recorded[0]?.id ?? '')
  for (const it of [
    'status',
    'history',
    'diff 1.1 current',
    'calls',
    'audit',
    'doctor',
    'keys list',
    'keys list --json',
  ])
    await command(...it.split(' '))
  await command('plan', '--set', 'routes/chat/targets/0/weight=2')
}

async function everythingThatIsKept(): Promise<void> {
  keep('the settings file', await readFile(gateway.settingsPath))
  const entries = await readdir(gateway.statePath, { recursive: true, withFileTypes: true })
  for (const it of entries.filter((entry) => entry.isFile()))
    keep(`file ${it.name}`, await readFile(join(it.parentPath, it.name)))
  for (const it of gateway.process.lines) keep('a line of the gateway', it)
  for (const it of collector.requests) keep(`OTLP ${it.path}`, it.bytes)
}

/** What a text becomes, each as long as it can be whatever stands around it. */
function formsOf(text: string): readonly Buffer[] {
  const inJson = JSON.stringify(text).slice(1, -1)
  const escaped = inJson.replaceAll(
    /[^\x20-\x7e]/g,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  const bytes = Buffer.from(text)
  const encoded = [0, 1, 2].flatMap((before) => {
    // The signs that hold nothing of what stands before or after it.
    const from = Math.ceil((before * 8) / 6)
    const until = Math.floor(((before + bytes.length) * 8) / 6)
    const all = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(2)])
    return (['base64', 'base64url'] as const).map((it) => all.toString(it).slice(from, until))
  })
  const forms = [
    text,
    inJson,
    escaped,
    JSON.stringify(inJson).slice(1, -1),
    encodeURIComponent(text),
    new URLSearchParams({ t: text }).toString().slice(2),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...encoded,
  ]
  return [...new Set(forms)].map((it) => Buffer.from(it))
}

/** Names of what was found, and where. */
function leaks(): readonly string[] {
  const found = Object.entries(planted).flatMap(([name, text]) => {
    const forms = formsOf(text)
    return outside
      .filter(({ bytes }) => forms.some((it) => bytes.includes(it)))
      .map(({ from }) => `${name}: ${from}`)
  })
  return [...new Set(found)]
}

beforeAll(async () => {
  ;[provider, collector, issuer] = await Promise.all([
    startFakeProvider(),
    startOtlpCollector(),
    FakeIssuer.start(),
  ])
  gateway = await Gateway.start({
    settings: toYaml({ providers: { sim: { kind: 'simulated' } } }),
    flags: ['--log-level', 'trace'],
    env: {
      P_PROVIDER: secret('the key of a provider'),
      P_HEADER: secret('a header for a provider'),
      P_TELEMETRY: secret('a header for telemetry'),
      P_REFERENCED: secret("a person's token by reference"),
      CHANGEOVER_ADMIN_TOKEN: secret("the owner's token"),
    },
  })
  await writeFile(join(gateway.folder, 'key'), `${secret('the key of a provider in a file')}\n`)
  await gateway.edit(() => toYaml(settings()))
  await until(async () => (await gateway.version()) !== '1.1', { what: 'the settings of the test' })
  await gateway.idle()
}, 120_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await Promise.all([provider?.close(), collector?.close(), issuer?.close()])
})

/** Everything has to have been looked at, whatever else there is. */
const DOORS = [
  'answer to a caller (200)',
  'answer to a caller (401)',
  'a stream',
  'PATCH /v1/settings (422)',
  'GET /v1/audit',
  'GET /v1/calls/call_',
  'GET /v1/reloads/rl_',
  'GET /metrics',
  'changeover why',
  'changeover doctor',
  'changeover keys list',
  'the settings file',
  'file calls.db',
  'a line of the gateway',
  'OTLP /v1/traces',
  'OTLP /v1/logs',
  'OTLP /v1/metrics',
]

describe('a secret', () => {
  it('is nowhere but where it is for', { timeout: 240_000 }, async () => {
    await calls()
    await makeKeys()
    await tokens()
    await changes()
    await everythingThatIsTold()
    await until(() => collector.metrics().length > 0 && collector.logs().length > 0, { what: 'telemetry' })
    await gateway.stop()
    await everythingThatIsKept()

    for (const door of DOORS)
      expect(
        outside.some(({ from, bytes }) => from.startsWith(door) && bytes.length > 0),
        door,
      ).toBe(true)
    expect(Object.keys(planted).length).toBeGreaterThan(20)
    expect(leaks()).toEqual([])
  })

  it('was there to be told: each came to whom it is for, and the references are everywhere', () => {
    const upstream = provider.requests.map((it) => JSON.stringify(it.headers)).join('\n')
    expect(upstream).toContain(canary('provider'))
    expect(upstream).toContain(canary('file'))
    expect(upstream).toContain(canary('header'))
    expect(collector.requests.at(-1)?.headers.authorization).toContain(canary('telemetry'))
    expect(provider.requests.some((it) => it.body.includes(canary('prompt')))).toBe(true)
    const told = outside.filter(({ bytes }) => bytes.includes('${env:P_PROVIDER}'))
    expect(told.length).toBeGreaterThan(1)
  })

  it('would be found in any form, wherever in a text it began', () => {
    const text = `${awkward('found')} é`
    const around = ['', 'a', 'ab', 'abc'].map((it) => `${it}${text}${it}`)
    const written = around.flatMap((it) => [
      Buffer.from(it).toString('base64'),
      Buffer.from(it).toString('base64url'),
      Buffer.from(it).toString('hex'),
      JSON.stringify({ it }),
      JSON.stringify(JSON.stringify({ it })),
      encodeURIComponent(it),
      new URLSearchParams({ it }).toString(),
    ])
    const forms = formsOf(text)
    const missed = written.filter((it) => !forms.some((form) => Buffer.from(it).includes(form)))
    expect(missed).toEqual([])
  })
})
