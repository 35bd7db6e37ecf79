/** Counts that are shared, as a gateway has them: what it takes to come in, to stay while others change, and to go. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRedis, NO_REDIS, type ServerProcess, startRedis } from '@changeover/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const PATIENT = { timeout: 20_000 }
/** Nobody listens there. */
const AWAY = 'redis://127.0.0.1:1'
const KEY = 'key-of-acme'

const hashOf = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`

const textOf = (counters: string): string => `
counters: ${counters}
budgets: { few: { calls: 3, period: total } }
tenants: { acme: { budgets: [few], keys: { app: { hash: "${hashOf(KEY)}" } } } }
providers: { sim: { kind: simulated, simulate: { firstTokenMs: 0, tokens: 1 } } }
models: { a: { provider: sim } }
rollout: { observe: { bakeMs: 0 } }
`

let cwd: string
let gateway: Running | null = null
const lines: string[] = []

async function start(counters: string, env: Readonly<Record<string, string>> = {}): Promise<Running> {
  writeFileSync(join(cwd, 'changeover.yaml'), textOf(counters))
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', 'changeover.yaml'])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const output = { write: (line: string) => lines.push(line) > 0 }
  gateway = await run({ flags: answer.flags, cwd, env, stdout: output, stderr: output })
  await vi.waitFor(() => expect(gateway?.reloader.status().state).toBe('idle'), PATIENT)
  return gateway
}

async function change(change: object) {
  const response = await fetch(`${gateway?.adminUrl}/v1/settings`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${gateway?.adminToken.token}`,
      'content-type': 'application/merge-patch+json',
    },
    body: JSON.stringify(change),
  })
  const text = await response.text()
  await vi.waitFor(() => expect(gateway?.reloader.status().state).toBe('idle'), PATIENT)
  return { status: response.status, text }
}

async function health() {
  const headers = { authorization: `Bearer ${gateway?.adminToken.token}` }
  const response = await fetch(`${gateway?.adminUrl}/v1/status`, { headers })
  return ((await response.json()) as { counters: { store: string; state: string; since: string } | null })
    .counters
}

async function call(): Promise<{ readonly status: number; readonly code: string }> {
  const response = await fetch(`${gateway?.dataUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'a', messages: [{ role: 'user', content: 'hello' }] }),
  })
  const { error } = (await response.json()) as { error?: { code: string } }
  return { status: response.status, code: error?.code ?? '' }
}

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'changeover-counters-'))
  lines.length = 0
})
afterEach(async () => {
  await gateway?.stop({ drainMs: 0 })
  gateway = null
  rmSync(cwd, { recursive: true, force: true })
})

describe('a server of counts that is away', () => {
  it('is refused when it is new, and what serves stays', async () => {
    await start('{ timeoutMs: 100 }')
    const { status, text } = await change({ counters: { store: { redis: { url: AWAY } } } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).toContain('counters.not_usable')
    expect(text).toContain('/counters/store')
    expect(await health()).toBeNull()
    expect(await call()).toMatchObject({ status: 200 })
  })

  it('is refused as well when it takes connections and says nothing, and none of them stays', async () => {
    const open = new Set<Socket>()
    let taken = 0
    const silent = createServer((socket) => {
      taken += 1
      open.add(
        socket
          .on('error', () => undefined)
          .on('close', () => open.delete(socket))
          .resume(),
      )
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    await start('{ timeoutMs: 100 }')
    const { text } = await change({ counters: { store: { redis: { url: `redis://127.0.0.1:${port}` } } } })
    expect(text).toContain('counters.not_usable')
    expect(taken).toBeGreaterThan(0)
    await vi.waitFor(() => expect(open.size).toBe(0), PATIENT)
    silent.close()
    expect(await call()).toMatchObject({ status: 200 })
  })

  it('is taken where calls may go on without it, each process up to its share', async () => {
    await start('{ onUnreachable: local, localShare: 0.34 }')
    expect((await change({ counters: { store: { redis: { url: AWAY } } } })).status).toBe(200)
    expect(await health()).toMatchObject({ store: 'redis', state: 'down' })
    expect(await call()).toMatchObject({ status: 200 })
    expect(await call()).toMatchObject({ code: 'policy.budget_spent' })
  })

  it('holds up no start, and no reload of anything else', async () => {
    await start(`{ store: { redis: { url: "${AWAY}" } } }`)
    expect(await call()).toMatchObject({ status: 503, code: 'counters.unreachable' })
    expect((await change({ models: { b: { provider: 'sim' } } })).status).toBe(200)
  })
})

describe('a server of counts', () => {
  let server: ServerProcess | null = null
  beforeAll(async () => {
    if (findRedis() !== null) server = await startRedis(['--requirepass', 'the-password-of-redis'])
  }, 60_000)
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  const REFERENCE = '{ store: { redis: { url: "${env:REDIS}" } } }'
  const env = (): Record<string, string> => ({
    REDIS: `redis://:the-password-of-redis@127.0.0.1:${server?.port}`,
  })

  it('keeps its connection while anything else changes, and its counts over a restart', async (context) => {
    if (server === null) return context.skip(NO_REDIS)
    await start(REFERENCE, env())
    const before = await health()
    expect(before).toMatchObject({ store: 'redis', state: 'up' })
    expect(await call()).toMatchObject({ status: 200 })
    expect((await change({ counters: { mode: 'leased', timeoutMs: 2000 } })).status).toBe(200)
    expect(await call()).toMatchObject({ status: 200 })
    expect(await health()).toEqual({ ...before, held: 0 })
    await gateway?.stop({ drainMs: 0 })
    await start(REFERENCE, env())
    expect(await call()).toMatchObject({ status: 200 })
    expect(await call()).toMatchObject({ code: 'policy.budget_spent' })
  })

  it('says its password to nobody, when it is taken and when it is refused', async (context) => {
    if (server === null) return context.skip(NO_REDIS)
    await start(REFERENCE, { ...env(), OTHER: 'redis://:another-secret-word@127.0.0.1:1' })
    const refused = await change({ counters: { store: { redis: { url: '${env:OTHER}' } } } })
    expect(refused.text).toContain('counters.not_usable')
    const literal = await change({
      counters: { store: { redis: { url: 'redis://:literal-word@127.0.0.1' } } },
    })
    expect(literal.text).toContain('settings.secret_literal')
    const said = [refused.text, literal.text, JSON.stringify(await health()), ...lines].join('\n')
    for (const word of ['the-password-of-redis', 'another-secret-word', 'literal-word']) {
      expect(said).not.toContain(word)
    }
  })
})
