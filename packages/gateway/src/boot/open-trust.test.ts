/** The flags about trust, in a gateway of one's own: what they let in, and what they say when they cannot be used. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addSignatures,
  keyIdOf,
  ROOT_TYPE,
  type RootDocument,
  writeRootDocument,
  writeSigned,
} from '@changeover/reload'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-trust-'))
const started: Running[] = []
afterEach(async () => {
  for (const it of started.splice(0)) await it.stop({ drainMs: 0 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Key {
  readonly keyid: string
  readonly pem: string
  readonly privateKey: KeyObject
}

function newKey(): Key {
  const { privateKey } = generateKeyPairSync('ed25519')
  const publicKey = createPublicKey(privateKey)
  return {
    keyid: keyIdOf(publicKey),
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey,
  }
}

const [boss, own, other] = [newKey(), newKey(), newKey()]

function rootOf(version: number, publisher: Key, expires = '2999-01-01T00:00:00Z'): Uint8Array {
  const role = (it: Key) => ({ keyids: [it.keyid], threshold: 1 })
  const document: RootDocument = {
    apiVersion: 'trust/v1',
    kind: 'TrustRoot',
    version,
    issuedAt: '2026-01-01T00:00:00Z',
    expires,
    keys: { [boss.keyid]: boss.pem, [publisher.keyid]: publisher.pem },
    roles: { root: role(boss), publisher: role(publisher) },
  }
  const signer = { keyid: boss.keyid, sign: (bytes: Uint8Array) => sign(null, bytes, boss.privateKey) }
  const unsigned = { body: writeRootDocument(document), signatures: [] }
  return writeSigned(addSignatures(unsigned, ROOT_TYPE, [signer]), ROOT_TYPE)
}

const settings = `
providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0, tokensPerSecond: 1000, tokens: 1 } }
models:
  small: { provider: sim }
`

interface Desk {
  readonly cwd: string
  readonly secret: string
  write(name: string, content: string | Uint8Array): void
  start(...argv: string[]): Promise<{ gateway: Running; out(): string }>
}

function desk(env: Record<string, string> = {}): Desk {
  const cwd = mkdtempSync(join(folder, 'g-'))
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(cwd, name), content)
  const secret = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  write('changeover.yaml', settings)
  write('root.json', rootOf(1, own))
  write('own.key', secret)
  return {
    cwd,
    secret,
    write,
    async start(...argv) {
      const answer = readFlags(['--port', '0', '--admin-port', '0', ...argv])
      if (answer.kind !== 'run') throw new Error(answer.kind)
      let out = ''
      const output = {
        write: (text: string) => {
          out += text
          return true
        },
      }
      const gateway = await run({ flags: answer.flags, cwd, env, stdout: output, stderr: output })
      started.push(gateway)
      return { gateway, out: () => out }
    },
  }
}

describe('--trust', () => {
  it('lets in what this gateway signs with a publisher key, and nothing unsigned without one', async () => {
    const { start, secret } = desk()
    const { gateway, out } = await start('--trust', 'root.json', '--signing-key', '${file:own.key}')
    expect(gateway.reloader.status()).toMatchObject({ applied: { version: '1.1' }, root: { version: 1 } })
    await gateway.stop({ drainMs: 0 })
    expect(out()).not.toContain(secret.split('\n')[1])

    const unsigned = await desk().start('--trust', 'root.json')
    expect(unsigned.gateway.reloader.current()).toBeNull()
    expect(unsigned.gateway.first).toMatchObject({ receipt: { code: 'trust.unsigned' } })
  })

  it('comes from the environment too, and so may the key', async () => {
    const pem = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const { start } = desk({ CHANGEOVER_TRUST: 'root.json', SIGNING_KEY: pem })
    const { gateway } = await start('--signing-key', '${env:SIGNING_KEY}')
    expect(gateway.reloader.status()).toMatchObject({ applied: { version: '1.1' }, root: { version: 1 } })
  })

  it('is read again at SIGHUP, and only when it is newer', async () => {
    const { start, write } = desk()
    const { gateway } = await start('--trust', 'root.json', '--signing-key', 'own.key')
    await gateway.reread()
    write('root.json', rootOf(2, other))
    await gateway.reread()
    expect(gateway.reloader.status().root?.version).toBe(2)
    write('root.json', rootOf(1, own))
    await gateway.reread()
    write('root.json', 'nothing that could be read')
    await gateway.reread()
    expect(gateway.reloader.status().root?.version).toBe(2)
    const lines = (await gateway.reloader.audit()).filter((it) => it.event.startsWith('config.trust'))
    expect(lines.map((it) => [it.event, it.who])).toEqual([['config.trust.accepted', 'signal:SIGHUP']])
    expect(gateway.reloader.current()?.version).toBe('1.1')
  })

  it.each([
    [['--trust', 'nowhere.json'], '--trust "nowhere.json" cannot be read (ENOENT)'],
    [['--trust', 'changeover.yaml'], '--trust "changeover.yaml" is no root to trust'],
    [['--signing-key', 'nowhere.key'], '--signing-key "nowhere.key" cannot be read (ENOENT)'],
    [['--signing-key', '${env:NOTHING}'], 'holds no private key'],
    [['--signing-key', 'root.json'], 'holds no private key'],
  ])('%j says what is wrong before anything is opened', async (argv, said) => {
    await expect(desk().start(...argv)).rejects.toThrow(said)
  })

  it('does not start with another root than the one that is kept', async () => {
    const { start, write } = desk()
    const { gateway } = await start('--trust', 'root.json', '--signing-key', 'own.key')
    await gateway.stop({ drainMs: 0 })
    started.length = 0
    write('root.json', rootOf(1, other))
    await expect(start('--trust', 'root.json')).rejects.toMatchObject({ code: 'trust.root_conflict' })
  })
})

describe('--stale-ms and --fail-closed', () => {
  it('serve nobody when no word comes, and say so where a load balancer asks', async () => {
    const { start } = desk()
    const flags = ['--trust', 'root.json', '--signing-key', 'own.key', '--stale-ms', '1', '--fail-closed']
    const { gateway } = await start(...flags)
    await vi.waitFor(() => expect(gateway.reloader.status().stale?.reason).toBe('age'), 5_000)
    const call = await fetch(`${gateway.dataUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'hello' }] }),
    })
    const ready = await fetch(`${gateway.adminUrl}/readyz`)
    expect([call.status, ready.status]).toEqual([503, 503])
    expect(await ready.text()).toContain('no publisher has been heard')
  })
})
