/** Keys, roots and envelopes as files, without any gateway: `keygen`, `sign`, `verify`. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-sign-'))
const said: string[] = []
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const NOW = Date.parse('2026-11-21T12:00:00Z')
const path = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(path(name), 'utf8')

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

async function changeover(argv: readonly string[], now = NOW) {
  const text = { out: '', err: '' }
  const into = (where: 'out' | 'err') => ({
    write: (it: string) => {
      text[where] += it
      return true
    },
  })
  const code = await runCli({
    argv,
    env: { TRACEPARENT },
    cwd: folder,
    stdout: into('out'),
    stderr: into('err'),
    readStdin: () => Promise.resolve(readFileSync(path('first.json'))),
    user: 'ann',
    now: () => now,
    signal: new AbortController().signal,
  })
  said.push(text.out, text.err)
  return { code, ...text }
}

async function json(argv: readonly string[], now = NOW) {
  const { code, out } = await changeover([...argv, '--json'], now)
  return { code, answer: JSON.parse(out) as Record<string, unknown> }
}

const weights = (weight: number): string => `
providers: { sim: { kind: simulated } }
models: { small: { provider: sim } }
routes:
  chat: { targets: [{ model: small, weight: ${weight} }] }
`

beforeAll(async () => {
  writeFileSync(path('first.yaml'), weights(10))
  writeFileSync(path('second.yaml'), weights(20))
  writeFileSync(path('broken.yaml'), 'models: { small: [ }')
  expect((await changeover(['keygen', 'ann.key', 'bo.key', 'ci.key'])).code).toBe(0)
  const roles = ['--role', 'root=ann.pub,bo.pub', '--threshold', 'root=2', '--role', 'publisher=ci.pub']
  const rules = ['--role', 'approver=bo.pub', '--owner', 'bo.pub=user:bo', '--approve', 'routes=1']
  const made = await changeover(['keygen', '--root', 'root.json', ...roles, ...rules, '--key', 'ann.key'])
  expect(made.out).toContain('needs 1 more of the root keys of its own')
  expect((await changeover(['sign', 'root.json', '--key', 'bo.key'])).code).toBe(0)
  const sign = [
    'sign',
    'first.yaml',
    '--first',
    '--scope',
    'gateway/prod',
    '--key',
    'ci.key',
    '-o',
    'first.json',
  ]
  expect((await changeover(sign)).code).toBe(0)
})

describe('changeover keygen', () => {
  it('makes a key for its owner alone, with its public half beside it', () => {
    expect(statSync(path('ann.key')).mode & 0o777).toBe(0o600)
    expect(read('ann.key')).toContain('BEGIN PRIVATE KEY')
    expect(read('ann.pub')).toContain('BEGIN PUBLIC KEY')
  })

  it('writes nothing over, and leaves no half of a key', async () => {
    const before = read('ann.key')
    expect(await changeover(['keygen', 'ann.key'])).toMatchObject({ code: 2 })
    expect(read('ann.key')).toBe(before)
    writeFileSync(path('cy.pub'), 'mine')
    expect(await changeover(['keygen', 'cy.key'])).toMatchObject({ code: 2 })
    expect([existsSync(path('cy.key')), read('cy.pub')]).toEqual([false, 'mine'])
  })

  it('makes a root of one key, to begin with', async () => {
    expect((await changeover(['keygen', 'solo.key', '--root', 'solo.json'])).code).toBe(0)
    const { code, answer } = await json(['verify', 'solo.json'])
    expect([code, answer]).toMatchObject([0, { ok: true, kind: 'root', version: 1, missing: [] }])
    expect(answer['expires']).toBe('2027-11-21T12:00:00.000Z')
  })

  it.each([
    [['--root', 'x.json', '--role', 'root=ann.pub'], 'publisher'],
    [
      ['--root', 'x.json', '--role', 'root=ann.pub', '--role', 'publisher=ci.pub', '--threshold', 'root=2'],
      'at most 1',
    ],
    [['--root', 'x.json', '--role', 'publisher'], 'expected NAME=FILE'],
    [
      ['--root', 'x.json', '--role', 'root=nobody.pub', '--role', 'publisher=ci.pub'],
      'cannot be read: there is no such file',
    ],
    [[], 'name a file for the key'],
  ])('%j is refused with what is wrong, and writes no root', async (argv, why) => {
    const { code, err } = await changeover(['keygen', ...argv])
    expect(code).toBeGreaterThan(0)
    expect(err).toContain(why)
    expect(existsSync(path('x.json'))).toBe(false)
  })
})

describe('changeover sign', () => {
  it('seals settings as the next version after an envelope, and names what disappears', async () => {
    writeFileSync(path('fewer.yaml'), weights(20).replace(/routes:[^]*/, ''))
    const argv = ['sign', 'fewer.yaml', '--upon', 'first.json', '--key', 'ci.key', '--key', 'bo.key']
    const { answer } = await json([
      ...argv,
      '--reason',
      'less',
      '--expires',
      '2026-12-01T00:00:00Z',
      '--commit',
      COMMIT,
    ])
    const envelope = answer['envelope'] as { payload: string; signatures: unknown[] }
    expect(envelope.signatures).toHaveLength(2)
    expect(JSON.parse(Buffer.from(envelope.payload, 'base64').toString())).toMatchObject({
      scope: 'gateway/prod',
      version: { epoch: 1, seq: 2 },
      previous: { version: '1.1' },
      removed: [{ kind: 'routes', name: 'chat' }],
      author: 'user:ann',
      reason: 'less',
      expires: '2026-12-01T00:00:00Z',
      lineage: { 'git.commit': COMMIT },
      trace: { traceparent: TRACEPARENT },
    })
  })

  it('begins a new epoch when it is told to', async () => {
    const { answer } = await json([
      'sign',
      'second.yaml',
      '--upon',
      'first.json',
      '--new-epoch',
      '--key',
      'ci.key',
    ])
    expect(answer).toMatchObject({ version: '2.1' })
  })

  it('tells where settings cannot be read, and signs nothing', async () => {
    const { code, out, err } = await changeover(['sign', 'broken.yaml', '--first', '--key', 'ci.key'])
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('broken.yaml')
  })

  it('takes no public key to sign with, and asks for one', async () => {
    expect((await changeover(['sign', 'first.json', '--key', 'ci.pub'])).err).toContain('no private key')
    expect((await changeover(['sign', 'first.json'])).err).toContain('--key FILE')
  })
})

describe('changeover verify', () => {
  it('says what is missing, and what it is about', async () => {
    const { code, answer } = await json(['verify', 'first.json', '--root', 'root.json'])
    expect([code, answer]).toMatchObject([
      1,
      {
        ok: false,
        scope: 'gateway/prod',
        version: '1.1',
        publishers: { found: 1, expected: 1 },
        missing: [{ changeClass: 'routes', found: 0, expected: 1 }],
      },
    ])
    const words = await changeover(['verify', 'first.json', '--root', 'root.json'])
    expect(words.out).toMatch(/not good {2}gateway\/prod 1\.1 {2}by user:ann/)
  })

  it('is content once the approver has signed, and the same by standard input', async () => {
    expect((await changeover(['sign', 'first.json', '--key', 'bo.key'])).code).toBe(0)
    const verify = ['verify', 'first.json', '--root', 'root.json']
    expect(await json(verify)).toMatchObject({ code: 0, answer: { ok: true, missing: [] } })
    expect(await json(['verify', '-', '--root', 'root.json'])).toMatchObject({ code: 0 })
    expect((await changeover(verify)).out).toContain('signed    user:bo  ')
  })

  it('does not count an author as an approver of his own change', async () => {
    const own = ['sign', 'second.yaml', '--upon', 'first.json', '--author', 'user:bo', '-o', 'own.json']
    await changeover([...own, '--key', 'ci.key', '--key', 'bo.key'])
    expect(await json(['verify', 'own.json', '--root', 'root.json'])).toMatchObject({ code: 1 })
  })

  it('finds a signature that does not fit, and a time that is over', async () => {
    const envelope = JSON.parse(read('first.json')) as { payload: string; signatures: { sig: string }[] }
    const manifest = Buffer.from(envelope.payload, 'base64')
      .toString()
      .replace('"weight\\":10', '"weight\\":90')
    const forged = { ...envelope, payload: Buffer.from(manifest).toString('base64') }
    expect(manifest).toContain('90')
    writeFileSync(path('forged.json'), JSON.stringify(forged))
    const { code, err } = await changeover(['verify', 'forged.json', '--root', 'root.json'])
    expect([code, err]).toEqual([1, expect.stringContaining('does not fit')])
    const short = ['sign', 'second.yaml', '--upon', 'first.json', '--expires', '2026-11-22T00:00:00Z']
    await changeover([...short, '--key', 'ci.key', '--key', 'bo.key', '-o', 'short.json'])
    const verify = ['verify', 'short.json', '--root', 'root.json']
    expect((await json(verify)).code).toBe(0)
    expect(await json(verify, NOW + 86_400_000)).toMatchObject({ code: 1, answer: { time: 'expired' } })
  })

  it('holds a root against the one before it', async () => {
    const next = ['keygen', '--root', 'root-2.json', '--upon', 'root.json', '--key', 'ann.key']
    expect((await changeover(next)).out).toContain('needs 1 more of the root keys of root 1')
    const verify = ['verify', 'root-2.json', '--root', 'root.json']
    expect((await json(verify)).code).toBe(1)
    await changeover(['sign', 'root-2.json', '--key', 'bo.key'])
    expect(await json(verify)).toMatchObject({ code: 0, answer: { version: 2, isNext: true } })
    expect((await json(['verify', 'root.json', '--root', 'root-2.json'])).code).toBe(1)
  })
})

describe('all of them', () => {
  it('never print what is private', () => {
    for (const name of ['ann.key', 'bo.key', 'ci.key', 'solo.key']) {
      const secret = read(name).split('\n')[1] ?? ''
      expect(secret.length).toBeGreaterThan(40)
      expect(said.join('\n')).not.toContain(secret)
    }
    expect(said.join('\n')).not.toContain('PRIVATE KEY')
  })
})
