/**
 * Secrets that can be told from everything else are planted wherever a gateway learns of one; then everything that
 * leaves the process is searched for them, as they stand and as JSON, URLs and base64 would write them.
 */

import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type FakeProvider,
  type OtlpCollector,
  startFakeProvider,
  startOtlpCollector,
} from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { type Tree, toYaml } from '../journeys/rig/settings-text.ts'
import { until } from '../journeys/rig/until.ts'
import { chatBody, OpenStream } from './rig/client.ts'

/** No shape that anybody would know: only their having been named as secrets can keep them in. */
const canary = (name: string): string => `${createHash('sha256').update(name).digest('base64url')}+/${name}"Q`
const SECRETS = {
  environment: canary('env'),
  file: canary('file'),
  rotated: canary('rotated'),
  header: canary('header'),
  telemetry: canary('otlp'),
  admin: canary('admin').replaceAll('"', 'Z'),
  tenant: canary('tenant').replaceAll('"', 'Z'),
  wrongTenant: canary('stranger').replaceAll('"', 'Z'),
  literal: canary('literal').replaceAll('"', 'Z'),
  prompt: canary('prompt'),
} as const
type Name = keyof typeof SECRETS

let provider: FakeProvider
let collector: OtlpCollector
let gateway: Gateway
/** What came out of each door, by its name. */
const outside: { readonly from: string; readonly text: string }[] = []

const keep = (from: string, text: string): string => {
  outside.push({ from, text })
  return text
}

/** For each provider a target of its own in each round: what opened a breaker in one does not stop the next. */
const ROUNDS = ['logfmt', 'pretty', 'json', 'rotated'] as const

function entries(entry: (kind: 'main' | 'other', round: string) => readonly [string, Tree]): Tree {
  return Object.fromEntries(ROUNDS.flatMap((round) => [entry('main', round), entry('other', round)]))
}

function settings(logFormat: string): Tree {
  const otlp = {
    endpoint: collector.url,
    headers: { authorization: 'Bearer ${env:CANARY_OTLP}' },
    timeoutMs: 1_000,
  }
  return {
    providers: {
      sim: { kind: 'simulated' },
      main: {
        kind: 'openai-compatible',
        baseUrl: `${provider.origin}/v1`,
        credential: '${env:CANARY_ENV}',
        headers: { 'x-team-secret': 'team ${env:CANARY_HEADER}' },
      },
      other: {
        kind: 'anthropic',
        baseUrl: `${provider.origin}/v1`,
        credential: `\${file:${join(gateway?.folder ?? '.', 'key')}}`,
      },
    },
    models: entries((kind, round) => [`m-${kind}-${round}`, { provider: kind }]),
    routes: entries((kind, round) => [
      `${kind}-${round}`,
      { targets: [{ model: `m-${kind}-${round}` }], retries: { attempts: 1 } },
    ]),
    tenants: {
      acme: {
        keys: { main: { hash: `sha256:${createHash('sha256').update(SECRETS.tenant).digest('hex')}` } },
      },
    },
    rollout: { observe: { bakeMs: 0 } },
    telemetry: {
      logs: { level: 'trace', format: logFormat, otlp },
      traces: { ratio: 1, otlp },
      metrics: { otlp: { ...otlp, intervalMs: 200 } },
    },
  }
}

const asTenant = { authorization: `Bearer ${SECRETS.tenant}` }

async function call(model: string, headers: Readonly<Record<string, string>> = asTenant): Promise<string> {
  const answer = await gateway.chat(chatBody({ model, content: SECRETS.prompt }), headers)
  const text = [...answer.headers].map((it) => it.join(': ')).join('\n') + (await answer.text())
  return keep(`answer to a caller (${answer.status})`, text)
}

async function admin(path: string, init: RequestInit = {}): Promise<string> {
  const answer = await gateway.ask(path, init)
  return keep(`admin API ${init.method ?? 'GET'} ${path} (${answer.status})`, await answer.text())
}

async function changeTo(tree: Tree): Promise<void> {
  const version = await gateway.version()
  await gateway.edit(() => toYaml(tree))
  await until(async () => (await gateway.version()) !== version, { what: 'the next version' })
}

/** What is scripted is what the next call gets: no step may be left over. */
async function reaches(model: string): Promise<void> {
  const count = provider.requests.length
  await call(model)
  expect(provider.requests.length).toBe(count + 1)
}

/** Providers that say the key they were given, in every kind of failure. */
async function echoingFailures(model: string, keys: readonly string[]): Promise<void> {
  const said = `the key ${keys.join(' or ')} is not valid`
  const error = { error: { message: said, type: 'x', code: keys[0] }, type: 'error' }
  for (const status of [400, 401, 403, 404, 413, 422, 429, 500, 503]) {
    await reaches(model)
    const headers = { 'x-request-id': `req-${status}` }
    provider.script({ kind: 'raw', status, headers, chunks: [JSON.stringify(error)] })
    await call(model)
    provider.script({ kind: 'raw', status, headers: { 'content-type': 'text/plain' }, chunks: [said] })
    await call(model)
  }
  await reaches(model)
  const event = { 'content-type': 'text/event-stream' }
  provider.script({ kind: 'raw', headers: event, chunks: [`data: ${JSON.stringify(error)}\n\n`] })
  const stream = await OpenStream.open(gateway, { model, headers: asTenant })
  await stream.ended()
  keep('stream that failed at its first event', stream.text)
  provider.script({ kind: 'raw', chunks: [`{"choices": ${said}`] })
  await call(model)
}

async function refusedChanges(): Promise<void> {
  const patch = { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' } }
  const bad: readonly object[] = [
    { providers: { main: { credential: SECRETS.literal } } },
    { providers: { main: { headers: { authorization: `Bearer ${SECRETS.literal}` } } } },
    { providers: { main: { headers: { 'x-api-key': SECRETS.literal } } } },
    { providers: { main: { baseUrl: `http://user:${SECRETS.literal}@127.0.0.1/v1` } } },
    { tenants: { acme: { keys: { other: { hash: SECRETS.literal } } } } },
    { telemetry: { traces: { otlp: { endpoint: collector.url, headers: { 'x-token': SECRETS.literal } } } } },
  ]
  for (const body of bad) {
    const text = await admin('/v1/settings', { ...patch, body: JSON.stringify(body) })
    expect(text).toMatch(/settings\.|validate\./)
    await admin('/v1/plan', { method: 'POST', headers: patch.headers, body: JSON.stringify(body) })
  }
}

/** Files that are wrong near a key that somebody wrote into them. */
async function badFiles(): Promise<void> {
  const good = toYaml(settings('json'))
  const refused = (): number => gateway.process.lines.filter((it) => /rejected|quarantined/.test(it)).length
  const bad = [
    good.replace('"${env:CANARY_ENV}"', `"${SECRETS.literal}"`),
    good.replace('credential: "${env:CANARY_ENV}"', `credential: [${SECRETS.literal}`),
    good.replace('credential: "${env:CANARY_ENV}"', `credental: ${SECRETS.literal}`),
    good.replace('credential: "${env:CANARY_ENV}"', `credential: "${SECRETS.literal}`),
    good.replace('"${env:CANARY_ENV}"', '"${env:CANARY_NONE}"'),
  ]
  for (const text of bad) {
    expect(text).not.toBe(good)
    const count = refused()
    await gateway.edit(() => text)
    await until(() => refused() > count, { what: 'a refusal' })
    await admin('/v1/status')
    keep('changeover plan', (await gateway.command(['plan', gateway.settingsPath], tokenHere)).text)
  }
  keep('changeover status', (await gateway.command(['status'], tokenHere)).text)
  keep('changeover doctor', (await gateway.command(['doctor'], tokenHere)).text)
  // What was refused is dropped from the disk when the next version is confirmed.
  await changeTo(settings('logfmt'))
  await until(async () => !(await blobs()).some((it) => it.includes(SECRETS.literal)), {
    what: 'a store without what was refused',
  })
}

async function blobs(): Promise<readonly string[]> {
  const folder = join(gateway.statePath, 'reload', 'blobs')
  return await Promise.all(
    (await readdir(folder)).map((it) => readFile(join(folder, it), 'utf8').catch(() => '')),
  )
}

const tokenHere = { CHANGEOVER_ADMIN_TOKEN: SECRETS.admin }

async function everyAnswer(): Promise<void> {
  for (const path of [
    '/v1/settings',
    '/v1/versions?calls=true',
    '/v1/versions/current',
    '/v1/versions/1.1/diff/current',
    '/v1/reloads?limit=200',
    '/v1/calls?limit=200',
    '/v1/status',
    '/v1/instances',
    '/v1/audit?limit=200',
    '/healthz',
    '/readyz',
    '/metrics',
    '/v1/no-such-thing',
  ])
    await admin(path)
  const { reloads } = await gateway.admin.ask('listReloads', { query: { limit: 100 } })
  for (const it of reloads) await admin(`/v1/reloads/${it.attempt}`)
  const { calls } = await gateway.admin.ask('listCalls', { query: { limit: 100 } })
  for (const it of calls) await admin(`/v1/calls/${it.id}`)
  const wrong = { headers: { authorization: `Bearer ${SECRETS.literal}` } }
  keep('admin API, wrong token', await (await fetch(`${gateway.adminUrl}/v1/status`, wrong)).text())
  for (const args of [['status'], ['history'], ['diff', '1.1', 'current'], ['calls'], ['status', '--json']])
    keep(`changeover ${args.join(' ')}`, (await gateway.command(args, tokenHere)).text)
}

/** All files of the state directory, whatever they are. */
async function everyFile(): Promise<void> {
  const entries = await readdir(gateway.statePath, { recursive: true, withFileTypes: true })
  for (const it of entries.filter((entry) => entry.isFile())) {
    keep(`file ${it.name}`, (await readFile(join(it.parentPath, it.name))).toString('latin1'))
  }
}

beforeAll(async () => {
  provider = await startFakeProvider()
  collector = await startOtlpCollector()
  gateway = await Gateway.start({
    settings: toYaml({ providers: { sim: { kind: 'simulated' } } }),
    flags: ['--log-level', 'trace'],
    mayBeRefused: true,
    env: {
      CANARY_ENV: SECRETS.environment,
      CANARY_HEADER: SECRETS.header,
      CANARY_OTLP: SECRETS.telemetry,
      CHANGEOVER_ADMIN_TOKEN: SECRETS.admin,
    },
  })
  await writeFile(join(gateway.folder, 'key'), `${SECRETS.file}\n`)
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await collector?.close()
  await provider?.close()
})

function formsOf(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1)
  const base64 = Buffer.from(secret).toString('base64')
  return [
    ...new Set([secret, inJson, JSON.stringify(inJson).slice(1, -1), encodeURIComponent(secret), base64]),
  ]
}

function leaks(): readonly string[] {
  const found = Object.entries(SECRETS).flatMap(([name, secret]) =>
    outside
      .filter(({ text }) => formsOf(secret).some((form) => text.includes(form)))
      .map(({ from, text }) => `${name} in ${from}: ${around(text, secret)}`),
  )
  return [...new Set(found)]
}

function around(text: string, secret: string): string {
  const at = text.indexOf(secret)
  return text.slice(Math.max(0, at - 60), at + 10).replaceAll('\n', ' ')
}

describe('a secret', () => {
  it('that a gateway was given leaves it only towards whom it is for', async () => {
    await changeTo(settings('logfmt'))
    for (const format of ['logfmt', 'pretty', 'json'] as const) {
      await gateway.patch({ telemetry: { logs: { format } } })
      await call(`main-${format}`, { authorization: `Bearer ${SECRETS.wrongTenant}` })
      await call(`main-${format}`, { 'x-api-key': SECRETS.wrongTenant })
      await echoingFailures(`main-${format}`, [SECRETS.environment, SECRETS.header])
      await echoingFailures(`other-${format}`, [SECRETS.file])
    }
    await refusedChanges()
    await badFiles()
    await writeFile(join(gateway.folder, 'key'), SECRETS.rotated)
    gateway.process.send('SIGHUP')
    await gateway.process.line('secrets have new values')
    await echoingFailures('other-rotated', [SECRETS.file, SECRETS.rotated])
    await everyAnswer()
    await until(() => collector.metrics().length > 0 && collector.logs().length > 0, { what: 'telemetry' })
    await gateway.stop()
    await everyFile()
    for (const it of gateway.process.lines) keep('standard output and error', it)
    for (const it of collector.requests) keep(`OTLP ${it.path}`, it.bytes.toString('latin1'))

    expect(outside.length).toBeGreaterThan(300)
    for (const reference of ['${env:CANARY_ENV}', '${env:CANARY_OTLP}'])
      expect(outside.some(({ text }) => text.includes(reference))).toBe(true)
    expect(leaks()).toEqual([])
    // They were there to be told: each reached the one it was for.
    const upstream = provider.requests.map((it) => JSON.stringify(it.headers)).join('\n')
    const known: Name[] = ['environment', 'file', 'rotated', 'header']
    for (const name of known) expect(upstream).toContain(JSON.stringify(SECRETS[name]).slice(1, -1))
    expect(collector.requests.at(-1)?.headers.authorization).toBe(`Bearer ${SECRETS.telemetry}`)
    expect(provider.requests.some((it) => it.body.includes(JSON.stringify(SECRETS.prompt)))).toBe(true)
  })
})
