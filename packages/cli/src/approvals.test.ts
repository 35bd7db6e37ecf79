/** The commands of whoever needs another's word, gives it, and looks back at it. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Running, readFlags, run } from '@changeover/gateway'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-cli-approvals-'))
const file = join(folder, 'changeover.yaml')
let gateway: Running

const tokenOf = (name: string): string =>
  name === 'owner' ? gateway.adminToken.token : `co_token-of-${name}-0123456789`
const hashOf = (name: string): string => `sha256:${createHash('sha256').update(tokenOf(name)).digest('hex')}`
const personOf = (name: string, roles: string): string =>
  `    ${name}: { roles: [${roles}], tokens: { laptop: { hash: "${hashOf(name)}" } } }\n`

beforeAll(async () => {
  writeFileSync(
    file,
    `providers: { sim: { kind: simulated, headers: { x-mark: a } } }
models: { small: { provider: sim } }
rollout: { observe: { bakeMs: 0 } }
telemetry: { logs: { level: error, format: json } }
access:
  people:
${personOf('bo', 'publisher')}${personOf('ann', 'approver')}${personOf('sam', 'emergency')}  approvals: { credentials: {} }
`,
  )
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', file])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const silent = { write: () => true }
  gateway = await run({ flags: answer.flags, cwd: folder, env: {}, stdout: silent, stderr: silent })
}, 30_000)
afterAll(async () => {
  await gateway.stop({ drainMs: 0 })
  rmSync(folder, { recursive: true, force: true })
})

async function changeover(who: string, ...argv: string[]) {
  let out = ''
  let err = ''
  const code = await runCli({
    argv,
    env: { CHANGEOVER_URL: gateway.adminUrl, CHANGEOVER_ADMIN_TOKEN: tokenOf(who) },
    cwd: folder,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    readStdin: () => Promise.resolve(Buffer.from('')),
    user: who,
    now: () => Date.now(),
    signal: new AbortController().signal,
  })
  return { code, out, err }
}

const mark = (value: string): string[] => ['--set', `providers/sim/headers/x-mark=${value}`]

describe('a change that needs another', () => {
  it('says for whom it waits and ends with 5; another agrees, and whoever waited is told', async () => {
    expect(await changeover('ann', 'approve')).toMatchObject({
      code: 1,
      out: expect.stringContaining('nothing waits'),
    })
    const applied = await changeover('bo', 'apply', ...mark('b'), '--reason', 'rotate')
    expect(applied).toMatchObject({ code: 5, err: '' })
    expect(applied.out).toContain('needs the word of others; 1.1 stays in force')
    expect(applied.out).toContain('credentials: 1 more of 1, by approver or owner')
    const shown = await changeover('ann', 'approve', '--show')
    expect(shown).toMatchObject({ code: 0 })
    expect(shown.out).toContain('by user:bo, "rotate"')
    expect(shown.out).toContain('headers x-mark is b instead of a')
    expect(await changeover('bo', 'approve')).toMatchObject({
      code: 1,
      err: expect.stringContaining('access.forbidden'),
    })
    const waits = changeover('bo', 'apply', ...mark('c'), '--wait')
    await expect
      .poll(async () => (await changeover('ann', 'approve', '--show')).out, { timeout: 10_000 })
      .toContain('is c instead of a')
    const approved = await changeover('ann', 'approve', '--note', 'seen')
    expect(approved.out).toContain('goes on')
    const waited = await waits
    expect(waited).toMatchObject({ code: 0 })
    expect(waited.out).toContain('success')
    expect((await changeover('bo', 'history')).out).toContain('agreed: user:ann')
    expect((await changeover('bo', 'status')).out).toContain('agreed to by user:ann')
  }, 30_000)

  it('that was planned shows its plan to whoever is asked, who cannot apply it himself', async () => {
    const planned = await changeover('bo', 'plan', ...mark('p'))
    expect(planned).toMatchObject({ code: 0 })
    const id = /pl_[\w-]+/.exec(planned.out)?.[0] ?? ''
    expect(await changeover('bo', 'apply', '--plan', id)).toMatchObject({ code: 5 })
    expect((await changeover('ann', 'approve', '--show')).out).toContain(`changeover plan --show ${id}`)
    expect((await changeover('ann', 'plan', '--show', id)).out).toContain('headers x-mark is p instead of')
    expect((await changeover('ann', 'apply', '--plan', id)).out).toContain('access.forbidden')
    expect((await changeover('bo', 'apply', '--plan', id, '--emergency', '--reason', 'r')).out).toContain(
      'access.forbidden',
    )
    expect((await changeover('ann', 'approve', '--reject', '--note', 'later')).out).toContain('rejected')
  })

  it('that lets somebody do more is not agreed to unseen', async () => {
    const eve = ['--set', 'access/people/eve={"roles":["operator"]}']
    const waits = await changeover('owner', 'apply', ...mark('w'), ...eve)
    const warning = 'look out  eve may read, plan, operate by the admin API from now on'
    expect(waits).toMatchObject({ code: 5, out: expect.stringContaining(warning) })
    expect((await changeover('ann', 'approve', '--show')).out).toContain(warning)
    await changeover('ann', 'approve', '--reject', '--note', 'no')
  })

  it('ends when somebody says no', async () => {
    await changeover('bo', 'apply', ...mark('d'))
    expect(await changeover('ann', 'approve', '--reject')).toMatchObject({ code: 2 })
    expect((await changeover('ann', 'approve', '--reject', '--note', 'no')).out).toContain('rejected')
    expect((await changeover('ann', 'approve', '--show')).out).toContain('nothing waits')
  })

  it('passes in an emergency, with a reason that everybody sees', async () => {
    expect(await changeover('sam', 'apply', ...mark('e'), '--emergency')).toMatchObject({ code: 2 })
    const urgent = await changeover('sam', 'apply', ...mark('e'), '--emergency', '--reason', 'key leaked')
    expect(urgent).toMatchObject({ code: 0 })
    expect((await changeover('bo', 'history')).out).toContain('emergency: key leaked')
    expect((await changeover('bo', 'status')).out).toContain('emergency  key leaked')
  })
})

describe('changeover audit', () => {
  it('tells who changed what, and is whole, also as a copy', async () => {
    const told = await changeover('bo', 'audit')
    expect(told.out).toContain('user:sam')
    expect(told.out).toContain('emergency: key leaked')
    const checked = await changeover('bo', 'audit', '--verify')
    expect(checked).toMatchObject({ code: 0 })
    expect(checked.out).toMatch(/whole {2}\d+ lines/)
    const newest = /newest ([0-9a-f]{64})/.exec(checked.out)?.[1] ?? ''
    expect(await changeover('bo', 'audit', '--kept', newest)).toMatchObject({ code: 0 })
    expect(await changeover('bo', 'audit', '--kept', 'f'.repeat(64))).toMatchObject({ code: 1 })
    const copy = join(folder, 'audit.jsonl')
    writeFileSync(copy, (await changeover('bo', 'audit', '--jsonl', '--limit', '1000')).out)
    expect(await changeover('bo', 'audit', copy, '--verify')).toMatchObject({ code: 0 })
    writeFileSync(copy, readFileSync(copy, 'utf8').replace('"who":"user:sam"', '"who":"user:eve"'))
    const forged = await changeover('bo', 'audit', copy, '--verify')
    expect(forged).toMatchObject({ code: 1 })
    expect(forged.out).toMatch(/line \d+ was changed/)
    expect((await changeover('bo', 'audit', '--since', '1d')).code).toBe(0)
    for (const since of ['lately', '7', '2026-11-01T00:00:00'])
      expect(await changeover('bo', 'audit', '--since', since)).toMatchObject({ code: 2 })
  })
})
