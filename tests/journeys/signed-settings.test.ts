/**
 * Settings that only count when they are signed, as an operator lives with them: keys, a root, a version that two have
 * signed, what is refused, a rotation while everything runs, and a root that has expired. One test builds on the other.
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RootDocument } from '@changeover/reload'
import { NodeScript, type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'
import { toYaml } from './rig/settings-text.ts'

/** A dozen commands in a row, each a process, on a machine that has much to do. */
const SLOWEST_MS = 120_000

const program = fileURLToPath(new URL('../../packages/cli/src/changeover.ts', import.meta.url))

/** Where keys and signed things lie: not where the gateway runs. */
let desk: string
let collector: OtlpCollector
let gateway: Gateway

interface Said {
  readonly code: number | null
  readonly text: string
}

async function atDesk(...args: string[]): Promise<Said> {
  const env = { NO_COLOR: '1', CHANGEOVER_URL: gateway?.adminUrl, CHANGEOVER_STATE: gateway?.statePath }
  const run = new NodeScript(program, { args, cwd: desk, env })
  const { code } = await run.ended
  return { code, text: run.lines.join('\n') }
}

async function done(...args: string[]): Promise<string> {
  const { code, text } = await atDesk(...args)
  expect(code, text).toBe(0)
  return text
}

async function refused(...args: string[]): Promise<string> {
  const { code, text } = await atDesk(...args)
  expect(code, text).toBe(1)
  return text
}

const read = (file: string): Promise<string> => readFile(join(desk, file), 'utf8')

const settingsOf = (weight: number): string =>
  toYaml({
    providers: { simulated: { kind: 'simulated', simulate: { firstTokenMs: 0, tokensPerSecond: 100_000 } } },
    models: { one: { provider: 'simulated' }, two: { provider: 'simulated' } },
    routes: {
      chat: {
        targets: [
          { model: 'one', weight },
          { model: 'two', weight: 100 - weight },
        ],
      },
    },
    rollout: { observe: { bakeMs: 200 } },
    telemetry: { traces: { ratio: 0, otlp: { endpoint: collector.url } } },
  })

/** The version that answers a call, or the status of the refusal. */
async function served(): Promise<string | null> {
  const response = await gateway.chat({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
  await response.text()
  return response.status === 200 ? response.headers.get('x-changeover-version') : String(response.status)
}

/** Signs settings at the desk, by these keys. */
async function signed(file: string, weight: number, ...keys: string[]): Promise<string> {
  await writeFile(join(desk, `${file}.yaml`), settingsOf(weight))
  const by = keys.flatMap((it) => ['--key', `${it}.key`])
  return await done('sign', `${file}.yaml`, ...by, '--author', 'user:ann', '-o', `${file}.json`)
}

beforeAll(async () => {
  desk = await mkdtemp(join(tmpdir(), 'changeover-desk-'))
  collector = await startOtlpCollector()
  await done('keygen', 'ann.key', 'bo.key', 'ci.key', 'ci-2.key', 'mallory.key')
  const rootKeys = ['--role', 'root=ann.pub,bo.pub', '--threshold', 'root=2', '--key', 'ann.key']
  const others = ['--role', 'publisher=ci.pub', '--role', 'approver=bo.pub', '--owner', 'bo.pub=user:bo']
  await done('keygen', '--root', 'root.json', ...rootKeys, ...others, '--approve', 'routes=1')
  await done('sign', 'root.json', '--key', 'bo.key')
  gateway = await Gateway.start({
    settings: settingsOf(100),
    mayBeRefused: true,
    env: { CHANGEOVER_TRUST: join(desk, 'root.json') },
  })
}, SLOWEST_MS)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await collector?.close()
  await rm(desk, { recursive: true, force: true })
})

describe('under a root', () => {
  it('private keys are for their owner alone, and nothing is written over', async () => {
    expect((await stat(join(desk, 'ann.key'))).mode & 0o777).toBe(0o600)
    expect(await atDesk('keygen', 'ann.key')).toMatchObject({ code: 2 })
    expect(await done('verify', 'root.json')).toContain('root 1')
  })

  it('a file that nobody has signed does not serve, and the log says how to sign it', async () => {
    expect(await served()).toBe('503')
    const line = await gateway.process.line('not signed: root 1 is in force')
    expect(line).toContain('changeover sign FILE --key KEY')
    const { text } = await atDesk('status')
    expect(text).toMatch(/differs .*changeover.yaml holds what is not in force: trust.unsigned/)
    expect(text).toMatch(/"changeover sign \S+ --key KEY -o next.json", then "changeover apply next.json"/)
  })

  it('a publisher alone is not enough for what others have to agree to', async () => {
    await signed('first', 100, 'ci')
    expect(await refused('verify', 'first.json', '--root', 'root.json')).toContain(
      'routes: 0 of 1 by approver',
    )
    expect(await refused('apply', 'first.json')).toContain('lacks signatures of approvers')
    expect(await served()).toBe('503')
  })

  it('with the approver who signs the same bytes it serves, and the file says the same', async () => {
    await done('sign', 'first.json', '--key', 'bo.key')
    expect(await done('verify', 'first.json', '--root', 'root.json')).toContain('user:bo')
    expect(await done('apply', 'first.json', '--wait')).toContain('1.1')
    expect(await served()).toBe('1.1')
    expect(await gateway.settingsText()).toBe(settingsOf(100))
  })

  it('says so in status, in the trace and to whoever holds it against a root of their own', async () => {
    const status = await gateway.admin.ask('readStatus')
    expect(status.root).toMatchObject({ version: 1, isExpired: false })
    const keyids = [status.root?.roles['publisher'], status.root?.roles['approver']].flatMap(
      (it) => it?.keyids ?? [],
    )
    const told = await done('status')
    expect(told).toContain('root 1')
    // The file was refused when it was read, unsigned; it says what is in force since that was signed.
    expect(told).not.toContain('differs')
    expect(status.handles.map((it) => it.differs)).toEqual([null])
    expect(await done('verify', '--root', 'root.json')).toMatch(/^1\.1 serves\ngood/)
    const spans = () =>
      collector
        .spans()
        .filter((it) => it.name === 'reload.verify')
        .map((it) => it.attributes['reload.signature.keyids'])
    await expect.poll(spans, { timeout: 15_000 }).toContainEqual(keyids)
  })

  it('a wrong key is refused, and so is one that may approve and not publish', async () => {
    await signed('forged', 50, 'mallory', 'bo')
    expect(await refused('apply', 'forged.json')).toContain('0 trusted signatures')
    expect(await served()).toBe('1.1')
  })
})

describe('a rotation', () => {
  it('needs the old root keys, and then takes a key out while everything runs', async () => {
    const next = ['keygen', '--root', 'root-2.json', '--upon', 'root.json', '--role', 'publisher=ci-2.pub']
    expect(await done(...next, '--key', 'ann.key')).toContain('needs 1 more of the root keys of root 1')
    expect(await refused('trust', 'update', 'root-2.json')).toContain('expected 2')
    await done('sign', 'root-2.json', '--key', 'bo.key', '--upon', 'root.json')
    const updated = await done('trust', 'update', 'root-2.json')
    expect(updated).toContain('root 2 is in force')
    expect(updated).toContain('1.1 serves on')
    expect(await served()).toBe('1.1')
  })

  it('leaves no way for the key that was taken out, and one for the key that came', async () => {
    await signed('old', 60, 'ci', 'bo')
    expect(await refused('apply', 'old.json')).toContain('0 trusted signatures')
    await signed('second', 60, 'ci-2', 'bo')
    expect(await done('apply', 'second.json', '--wait')).toContain('success')
    expect(await done('verify', '--root', 'root-2.json')).toContain('good')
  })

  it('goes back to what the new key has signed, by nobody signing anything, and that can be verified', async () => {
    await writeFile(join(desk, 'look.yaml'), settingsOf(80))
    expect(await done('plan', 'look.yaml')).toContain('would be taken')
    await signed('worse', 80, 'ci-2', 'bo')
    await done('apply', 'worse.json', '--wait')
    const good = (await gateway.admin.ask('listVersions')).versions.at(1)?.version
    await done('rollback', '--reason', 'worse')
    // A version that a stop finds under observation does not come back.
    const isSettled = async (): Promise<boolean> => (await gateway.admin.ask('readStatus')).state === 'idle'
    await expect.poll(isSettled, { timeout: 30_000 }).toBe(true)
    expect(await gateway.settingsText()).toContain('weight: 60')
    expect(await done('verify', '--root', 'root-2.json')).toContain(`restores what ${good} held\ngood`)
  })

  it('is not undone by what is older: a payload, a root, or a start with the old file', async () => {
    expect(await refused('apply', 'first.json')).toMatch(/not above|trusted signatures/)
    expect(await refused('trust', 'update', 'root.json')).toContain('never go back')
    await gateway.stop()
    await gateway.again()
    expect(await done('trust', 'show')).toContain('root 2')
    expect(await served()).toBe(await gateway.version())
  })
})

describe('a root that has expired', () => {
  it('is an alarm: it refuses what is new, and serves on', async () => {
    const envelope = JSON.parse(await read('root-2.json')) as { payload: string }
    const document = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as RootDocument
    const expired = { ...document, version: 3, expires: '2026-01-01T00:00:00Z' }
    await writeFile(join(desk, 'root-3.json'), JSON.stringify(expired))
    await done('sign', 'root-3.json', '--key', 'ann.key', '--key', 'bo.key', '-o', 'root-3.signed.json')
    await done('trust', 'update', 'root-3.signed.json')
    const before = await served()
    await signed('third', 70, 'ci-2', 'bo')
    expect(await refused('apply', 'third.json')).toContain('root 3 expired')
    expect(await served()).toBe(before)
    expect((await gateway.admin.ask('readTrust')).stale?.reason).toBe('root_expired')
    expect((await atDesk('doctor')).text).toContain('root 3 expired')
    expect((await atDesk('verify', 'root-3.signed.json')).code).toBe(1)
  })

  it('leaves its whole story in the audit log', async () => {
    const { lines, verified } = await gateway.admin.ask('readAudit', { query: { limit: 1_000 } })
    const roots = lines.filter((it) => it.event.startsWith('config.trust.'))
    expect(verified).toBe(true)
    expect(roots.map(({ event, to, reason }) => [event.replace('config.trust.', ''), to, reason])).toEqual([
      ['rejected', null, 'trust.root_signatures'],
      ['accepted', 'root 2', ''],
      ['rejected', null, 'trust.root_version'],
      ['accepted', 'root 3', ''],
    ])
  })
})
