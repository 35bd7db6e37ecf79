/** Who may what, and what waits for whom, at a whole gateway. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeIssuer } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const tokenOf = (name: string): string => `co_token-of-${name}-0123456789`
const hashOf = (name: string): string => `sha256:${createHash('sha256').update(tokenOf(name)).digest('hex')}`
const personOf = (name: string, roles: string): string =>
  `    ${name}: { roles: [${roles}], tokens: { laptop: { hash: "${hashOf(name)}" } } }\n`

const textOf = (more = ''): string => `# kept
providers:
  sim: { kind: simulated, headers: { x-mark: a } }
models:
  a: { provider: sim }
routes:
  chat: { targets: [{ model: a }] }
rollout:
  observe: { bakeMs: 0 }
access:
  people:
${personOf('bo', 'publisher')}${personOf('ann', 'approver')}${personOf('vic', 'viewer')}${personOf('sam', 'emergency')}${personOf('olga', 'operator')}  approvals:
    credentials: { count: 1 }
${more}`

let cwd: string
let gateway: Running
const output = { write: () => true }

async function start(): Promise<void> {
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', 'changeover.yaml'])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  gateway = await run({ flags: answer.flags, cwd, env: {}, stdout: output, stderr: output })
  await vi.waitFor(() => expect(gateway.reloader.status().state).toBe('idle'), 10_000)
}

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'changeover-approvals-'))
  writeFileSync(join(cwd, 'changeover.yaml'), textOf())
  await start()
})
afterEach(async () => {
  await gateway.stop({ drainMs: 0 })
  rmSync(cwd, { recursive: true, force: true })
})

interface Asked {
  readonly body?: unknown
  readonly type?: string
  readonly headers?: Record<string, string>
}

async function ask(token: string, route: string, { body, type = 'application/json', headers }: Asked = {}) {
  const [method = '', path = ''] = route.split(' ')
  const response = await fetch(`${gateway.adminUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': type, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const by = (name: string, route: string, asked?: Asked) => ask(tokenOf(name), route, asked)

const patch = (tree: unknown): Asked => ({ body: tree, type: 'application/merge-patch+json' })
const mark = (value: string) => patch({ providers: { sim: { headers: { 'x-mark': value } } } })
const inForce = () => gateway.reloader.current()?.settings['providers']?.['sim']
const file = () => readFileSync(join(cwd, 'changeover.yaml'), 'utf8')

describe('the admin API', () => {
  it('lets each do what his roles say, and tells who may do the rest', async () => {
    expect(await by('vic', 'GET /v1/status')).toMatchObject({ status: 200 })
    const refused = await by('vic', 'PATCH /v1/settings', mark('b'))
    expect(refused).toMatchObject({ status: 403, body: { code: 'access.forbidden' } })
    expect(refused.body['detail']).toContain('"change"')
    expect(refused.body['detail']).toContain('user:bo')
    expect(await by('bo', 'POST /v1/rollback', { body: {} })).toMatchObject({ status: 403 })
    expect(await by('vic', 'PATCH /v1/settings?dryRun=true', mark('b'))).toMatchObject({ status: 403 })
    expect(await by('ann', 'PATCH /v1/settings?dryRun=true', mark('b'))).toMatchObject({ body: { ok: true } })
    expect(await by('dan', 'GET /v1/status')).toMatchObject({ status: 401 })
    expect(await by('vic', 'GET /v1/nothing')).toMatchObject({ status: 404 })
    expect(await by('bo', 'GET /v1/whoami')).toMatchObject({
      body: { person: 'user:bo', by: 'token', roles: ['publisher'], may: ['read', 'plan', 'change'] },
    })
  })

  it('writes down who was proven, whatever a header says', async () => {
    const sent = patch({ routes: { chat: { retries: { attempts: 2 } } } })
    const answer = await by('bo', 'PATCH /v1/settings', { ...sent, headers: { 'x-changeover-actor': 'ann' } })
    expect(answer).toMatchObject({ status: 200 })
    expect((await gateway.reloader.audit()).at(-1)).toMatchObject({ who: 'user:bo' })
    expect(gateway.reloader.line().at(-1)).toMatchObject({ author: 'user:bo' })
  })

  it('takes a role away with the swap, and keeps who may what from those who only change', async () => {
    const mine = patch({ access: { people: { bo: { roles: ['owner'] } } } })
    expect(await by('bo', 'PATCH /v1/settings', mine)).toMatchObject({
      status: 403,
      body: { code: 'access.out_of_scope' },
    })
    const less = patch({ access: { people: { bo: { roles: ['viewer'] } } } })
    expect(await ask(gateway.adminToken.token, 'PATCH /v1/settings', less)).toMatchObject({ status: 200 })
    expect(await by('bo', 'PATCH /v1/settings', mark('b'))).toMatchObject({ status: 403 })
    const nobody = patch({ access: { people: null, approvals: null } })
    expect(await ask(gateway.adminToken.token, 'PATCH /v1/settings?allowShrink=true', nobody)).toMatchObject({
      status: 200,
    })
    expect(await by('vic', 'GET /v1/status')).toMatchObject({ status: 401 })
    expect(await ask(gateway.adminToken.token, 'GET /v1/status')).toMatchObject({ status: 200 })
  })

  it('refuses settings that could not mean what they say', async () => {
    const owner = gateway.adminToken.token
    const refusalOf = async (access: unknown): Promise<unknown> => {
      const { status, body } = await ask(owner, 'PATCH /v1/settings', patch({ access }))
      expect(status).toBe(422)
      return (body['issues'] as { pointer: string }[] | undefined)?.map((it) => it.pointer) ?? body['detail']
    }
    expect(await refusalOf({ people: { bo: { roles: ['publischer'] } } })).toEqual([
      '/access/people/bo/roles/0',
    ])
    expect(await refusalOf({ roles: { owner: { may: ['read'] } } })).toEqual(['/access/roles/owner'])
    const shared = { roles: ['viewer'], tokens: { laptop: { hash: hashOf('bo') } } }
    expect(await refusalOf({ people: { eve: shared } })).toEqual(['/access/people/eve/tokens/laptop'])
    expect(await refusalOf({ people: { eve: { roles: ['viewer'], subjects: ['corp/1'] } } })).toEqual([
      '/access/people/eve/subjects/0',
    ])
    expect(await refusalOf({ approvals: { access: { count: 9 } } })).toEqual([
      '/access/approvals/access/count',
    ])
    expect(await refusalOf({ approvals: { access: { people: ['vic'] } } })).toEqual([
      '/access/approvals/access/people',
    ])
    writeFileSync(join(cwd, 'short'), 'abc')
    const short = { roles: ['owner'], tokens: { ci: { secret: `\${file:${join(cwd, 'short')}}` } } }
    const { body } = await ask(owner, 'PATCH /v1/settings', patch({ access: { people: { eve: short } } }))
    expect(body).toMatchObject({
      code: 'prepare.failed',
      issues: [{ pointer: '/access/people/eve/tokens/ci/secret' }],
    })
  })

  it('ends what somebody follows when he may not look any more', async () => {
    const headers = { authorization: `Bearer ${tokenOf('vic')}` }
    const stream = await fetch(`${gateway.adminUrl}/v1/reloads/events`, { headers })
    const read = stream.text()
    const gone = patch({ access: { people: { vic: null } } })
    expect(await ask(gateway.adminToken.token, 'PATCH /v1/settings', gone)).toMatchObject({ status: 200 })
    expect(await read).toContain('event: loading')
    expect(await read).not.toContain('event: success')
  })

  it('takes the tokens of an identity provider that came in by a reload', async () => {
    const issuer = await FakeIssuer.start()
    try {
      const corp = { issuer: issuer.url, audience: 'changeover', roles: { platform: ['publisher'] } }
      const token = issuer.token({ claims: { groups: ['platform'] } })
      expect(await ask(token, 'GET /v1/status')).toMatchObject({ status: 401 })
      await ask(gateway.adminToken.token, 'PATCH /v1/settings', patch({ access: { oidc: { corp } } }))
      expect(await ask(token, 'GET /v1/whoami')).toMatchObject({ body: { person: 'user:corp/ann' } })
      expect(await ask(token, 'POST /v1/rollback', { body: {} })).toMatchObject({ status: 403 })
      const change = patch({ routes: { chat: { retries: { attempts: 2 } } } })
      expect(await ask(token, 'PATCH /v1/settings', change)).toMatchObject({ status: 200 })
      expect(gateway.reloader.line().at(-1)).toMatchObject({ author: 'user:corp/ann' })
    } finally {
      await issuer.close()
    }
  })
})

describe('a change of credentials', () => {
  it('waits, is agreed to by another, goes live, and is written into the file', async () => {
    const waiting = await by('bo', 'PATCH /v1/settings?reason=rotate', mark('b'))
    expect(waiting).toMatchObject({
      status: 202,
      body: { outcome: 'waiting', candidate: '1.2', version: '1.1' },
    })
    const { attempt } = waiting.body as { attempt: string }
    expect((await by('vic', 'GET /v1/approvals')).body).toMatchObject({
      approvals: [{ attempt, author: 'user:bo', words: [expect.any(String)], missing: [{ expected: 1 }] }],
    })
    expect(await by('bo', `POST /v1/reloads/${attempt}/approve`, { body: {} })).toMatchObject({ status: 403 })
    expect(await by('vic', `POST /v1/reloads/${attempt}/approve`, { body: {} })).toMatchObject({
      status: 403,
    })
    expect(inForce()).toMatchObject({ headers: { 'x-mark': 'a' } })
    expect(await by('ann', `POST /v1/reloads/${attempt}/approve`, { body: { note: 'seen' } })).toMatchObject({
      status: 200,
      body: { missing: [], approvals: [{ by: 'user:ann', note: 'seen' }] },
    })
    await vi.waitFor(() => expect(file()).toContain('x-mark: b'), 10_000)
    expect(file()).toContain('# kept')
    expect(inForce()).toMatchObject({ headers: { 'x-mark': 'b' } })
    await vi.waitFor(async () => {
      const line = (await gateway.reloader.audit()).findLast((it) => it.attempt === attempt)
      expect(line).toMatchObject({ status: 'success', who: 'user:bo', approvals: ['user:ann'] })
    }, 10_000)
    expect((await by('vic', `GET /v1/reloads/${attempt}`)).body).toMatchObject({ approvals: ['user:ann'] })
  })

  it('waits from a file too, holds up neither the start nor the next save, and nobody is its author', async () => {
    writeFileSync(join(cwd, 'changeover.yaml'), textOf().replace('x-mark: a', 'x-mark: f'))
    await vi.waitFor(() => expect(gateway.reloader.status().stage).toBe('awaiting_approval'), 10_000)
    expect(gateway.reloader.status().handles[0]?.differs).toMatchObject({ reason: 'awaiting_approval' })
    await gateway.stop({ drainMs: 0 })
    await startWaiting()
    expect(inForce()).toMatchObject({ headers: { 'x-mark': 'a' } })
    const { approvals } = (await by('ann', 'GET /v1/approvals')).body as { approvals: { attempt: string }[] }
    const attempt = approvals[0]?.attempt ?? ''
    expect(await by('ann', `POST /v1/reloads/${attempt}/approve`, { body: {} })).toMatchObject({
      status: 200,
    })
    await vi.waitFor(() => expect(inForce()).toMatchObject({ headers: { 'x-mark': 'f' } }), 10_000)
    expect(gateway.reloader.line().at(-1)).toMatchObject({ author: 'file:changeover.yaml' })
  })

  it('gives way to a save that needs nobody', async () => {
    writeFileSync(join(cwd, 'changeover.yaml'), textOf().replace('x-mark: a', 'x-mark: f'))
    await vi.waitFor(() => expect(gateway.reloader.status().stage).toBe('awaiting_approval'), 10_000)
    writeFileSync(join(cwd, 'changeover.yaml'), textOf('limits: { basic: { requests: 9, perMs: 1000 } }\n'))
    await vi.waitFor(() => expect(gateway.reloader.current()?.settings['limits']).toBeDefined(), 20_000)
    expect((await by('ann', 'GET /v1/approvals')).body).toEqual({ approvals: [] })
  })

  it('is told why nothing came of it when somebody said no', async () => {
    const { body } = await by('bo', 'PATCH /v1/settings', mark('b'))
    const { attempt } = body as { attempt: string }
    expect(await by('vic', `POST /v1/reloads/${attempt}/reject`, { body: {} })).toMatchObject({ status: 403 })
    const no = { body: { reason: 'not on a Friday' } }
    expect(await by('ann', `POST /v1/reloads/${attempt}/reject`, no)).toMatchObject({ status: 200 })
    await vi.waitFor(async () => {
      expect((await by('bo', `GET /v1/reloads/${attempt}`)).body).toMatchObject({
        status: 'rejected',
        issues: [{ code: 'access.rejected', message: '"user:ann" said no: not on a Friday' }],
      })
    }, 10_000)
    expect(file()).toContain('x-mark: a')
    const ended = (await gateway.reloader.audit()).findLast((it) => it.attempt === attempt)
    expect(ended).toMatchObject({ rejectedBy: 'user:ann', reason: 'approve.refused' })
  })

  it('is known to need another before anybody offers it', async () => {
    const planned = await by('ann', 'POST /v1/plan', mark('b'))
    expect(planned.body).toMatchObject({ ok: true, approvals: [{ changeClass: 'credentials', expected: 1 }] })
    const other = patch({ routes: { chat: { retries: { attempts: 2 } } } })
    expect((await by('ann', 'POST /v1/plan', other)).body).toMatchObject({ ok: true, approvals: [] })
  })

  it('goes at once in an emergency, with a reason, and is written down as that', async () => {
    expect(await by('sam', 'PATCH /v1/settings', mark('b'))).toMatchObject({ status: 403 })
    expect(await by('sam', 'PATCH /v1/settings?emergency=true', mark('b'))).toMatchObject({
      status: 400,
      body: { code: 'access.reason_missing' },
    })
    expect(await by('bo', 'PATCH /v1/settings?emergency=true&reason=hurry', mark('b'))).toMatchObject({
      status: 403,
    })
    const urgent = await by('sam', 'PATCH /v1/settings?emergency=true&reason=key%20leaked', mark('b'))
    expect(urgent).toMatchObject({ status: 200, body: { outcome: 'applied' } })
    expect((await by('vic', 'GET /v1/reloads')).body).toMatchObject({
      reloads: [{ actor: 'user:sam', emergency: 'key leaked' }, {}],
    })
    const bad = patch({ routes: { chat: { targets: [{ model: 'none' }] } } })
    expect(await by('sam', 'PATCH /v1/settings?emergency=true&reason=key%20leaked', bad)).toMatchObject({
      status: 422,
    })
  })

  it('is taken back without anybody else', async () => {
    await ask(gateway.adminToken.token, 'PATCH /v1/settings?emergency=true&reason=x', mark('b'))
    expect(await by('olga', 'POST /v1/rollback', { body: {} })).toMatchObject({ status: 200 })
    expect(inForce()).toMatchObject({ headers: { 'x-mark': 'a' } })
  })
})

/** The start does not wait for people. */
async function startWaiting(): Promise<void> {
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', 'changeover.yaml'])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  gateway = await run({ flags: answer.flags, cwd, env: {}, stdout: output, stderr: output })
  await vi.waitFor(() => expect(gateway.reloader.status().stage).toBe('awaiting_approval'), 10_000)
}
