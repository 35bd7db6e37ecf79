/** Published APIs on a whole gateway: settings, the admin API, and what is left after a restart. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-boot-apis-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const started: Running[] = []
afterEach(async () => {
  for (const it of started.splice(0)) await it.stop({ drainMs: 0 })
})

const hash = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`
const settings = (apis: string): string => `
rollout: { observe: { bakeMs: 0 } }
providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0, tokensPerSecond: 100000, tokens: 3 } }
models:
  small: { provider: sim }
tenants:
  acme: { keys: { main: { hash: "${hash('k-acme')}" } } }
  beta: { keys: { main: { hash: "${hash('k-beta')}" } } }
contexts:
  kind@1.0.0: { prompt: "Be {{tone}}.", variables: { tone: {} } }
apis:
${apis}
`
const input =
  '{ type: object, properties: { text: { type: string }, tone: { type: string } }, required: [text, tone] }'
const sum = (more: string): string =>
  `  sum@1.0.0: { route: small, context: kind@^1, input: ${input}, ${more} }`

async function start(cwd: string): Promise<Running> {
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', 'settings.yaml'])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const write = (): boolean => true
  const gateway = await run({ flags: answer.flags, cwd, env: {}, stdout: { write }, stderr: { write } })
  started.push(gateway)
  return gateway
}

async function open(apis: string): Promise<{ gateway: Running; cwd: string }> {
  const cwd = mkdtempSync(join(folder, 'g-'))
  writeFileSync(join(cwd, 'settings.yaml'), settings(apis))
  return { gateway: await start(cwd), cwd }
}

async function call(gateway: Running, path = '/apis/sum/latest', key = 'k-acme'): Promise<string> {
  const response = await fetch(`${gateway.dataUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'x', tone: 'brief' }),
  })
  const text = await response.text()
  return response.ok ? String(response.status) : `${response.status} ${/"code":"([^"]+)"/.exec(text)?.[1]}`
}

async function admin(
  { adminUrl, adminToken }: Running,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${adminUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${adminToken.token}`,
      'x-changeover-actor': 'ann',
      ...(body === undefined
        ? {}
        : {
            'content-type':
              method === 'PATCH' || path === '/v1/plan' ? 'application/merge-patch+json' : 'application/json',
          }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** The codes of what is wrong, and where. */
async function change(gateway: Running, apis: unknown): Promise<readonly string[]> {
  const { status, body } = await admin(gateway, 'PATCH', '/v1/settings', { apis })
  if (status === 200) return []
  const issues = (body['issues'] ?? []) as { code: string; pointer?: string }[]
  return issues.map((it) => `${it.code} ${it.pointer}`)
}

describe('the settings of APIs', () => {
  it('move along the life cycle, and back only by a rollback', async () => {
    const { gateway } = await open(sum('state: design, testers: [acme]'))
    const move = (state: string, more: object = {}) => change(gateway, { 'sum@1.0.0': { state, ...more } })
    expect(await call(gateway, '/apis/sum/1.0.0')).toBe('200')
    expect(await call(gateway, '/apis/sum/1.0.0', 'k-beta')).toBe('404 apis.no_such_api')
    expect(await move('retired')).toEqual(['settings.api_moved /apis/sum@1.0.0/state'])
    expect(await move('published')).toEqual([])
    const published = gateway.reloader.current()?.version
    expect(await call(gateway, '/apis/sum/1', 'k-beta')).toBe('200')
    expect(await change(gateway, { 'sum@1.0.0': { input: { additionalProperties: false } } })).toEqual([
      'settings.api_changed /apis/sum@1.0.0/input',
    ])
    expect(await change(gateway, { 'sum@1.0.0': null })).toEqual(['settings.api_gone /apis/sum@1.0.0'])
    expect(await move('retired')).toEqual([])
    expect(await call(gateway)).toBe('410 apis.retired')
    expect(await move('published')).toEqual(['settings.api_moved /apis/sum@1.0.0/state'])
    const back = await admin(gateway, 'POST', '/v1/rollback', { to: published })
    expect(back.body).toMatchObject({ outcome: 'applied' })
    expect(await call(gateway)).toBe('200')
  })

  it('say where they are wrong, and nothing changes', async () => {
    const { gateway } = await open(sum('state: published'))
    const api = { route: 'small', input: { type: 'object' } }
    const wrong = (more: object) => change(gateway, { 'new@1.0.0': { ...api, ...more } })
    expect(await wrong({ route: 'smal' })).toEqual(['validate.reference /apis/new@1.0.0/route'])
    expect(await wrong({ context: 'kind@^2' })).toEqual(['validate.reference /apis/new@1.0.0/context'])
    expect(await wrong({ context: 'kind@^1' })).toEqual(['validate.setting /apis/new@1.0.0/context'])
    expect(await wrong({ tenants: ['acm'] })).toEqual(['validate.reference /apis/new@1.0.0/tenants/0'])
    expect(await wrong({ testers: ['acm'] })).toEqual(['validate.reference /apis/new@1.0.0/testers/0'])
    expect(await wrong({ successor: 'sum@9.0.0' })).toEqual(['validate.reference /apis/new@1.0.0/successor'])
    expect(await wrong({ message: 'Say {{txt}}' })).toEqual(['validate.setting /apis/new@1.0.0/message'])
    expect(await wrong({ input: { type: 'object', requried: [] } })).toEqual([
      'settings.api_schema /apis/new@1.0.0/input',
    ])
    expect(await wrong({ output: { pattern: '(?=a)' } })).toEqual([
      'settings.api_schema /apis/new@1.0.0/output',
    ])
    const nested = { type: 'object', properties: { when: { format: 5 } } }
    expect(await wrong({ input: nested })).toEqual([
      'settings.api_schema /apis/new@1.0.0/input/properties/when/format',
    ])
    expect(await wrong({ input: { type: 'object', $ref: 'https://example.com/x' } })).toHaveLength(1)
    const apis = { 'new@1.0.0': { ...api, output: { enum: 'none' } } }
    expect((await admin(gateway, 'PATCH', '/v1/settings', { apis })).body).toMatchObject({
      issues: [{ code: 'settings.api_schema', pointer: '/apis/new@1.0.0/output/enum' }],
    })
    // A plan, which builds nothing, says it too, beside all else that is wrong.
    const planned = await admin(gateway, 'POST', '/v1/plan', {
      apis: { 'new@1.0.0': { ...api, route: 'smal', output: { enum: 'none' } } },
    })
    expect(planned.body['problem']).toMatchObject({
      issues: [{ pointer: '/apis/new@1.0.0/route' }, { pointer: '/apis/new@1.0.0/output/enum' }],
    })
    expect(await call(gateway)).toBe('200')
    expect(await change(gateway, { 'a name@1': api })).toHaveLength(1)
  })
})

describe('subscriptions', () => {
  const path = '/v1/apis/sum/subscriptions/acme'

  it('are asked for, decided by people, audited, and there after a restart', async () => {
    const { gateway, cwd } = await open(sum('state: published, access: subscription'))
    expect(await call(gateway)).toBe('403 apis.not_subscribed')
    expect(await call(gateway, '/v1/apis/sum/subscriptions')).toBe('202')
    expect((await admin(gateway, 'GET', '/v1/subscriptions?state=pending')).body).toMatchObject({
      subscriptions: [{ api: 'sum', tenant: 'acme', askedBy: 'acme/main' }],
    })
    expect((await admin(gateway, 'POST', `${path}/approve`, { reason: 'they pay' })).body).toMatchObject({
      state: 'approved',
      reason: 'they pay',
    })
    expect(await call(gateway)).toBe('200')
    expect(await change(gateway, { 'sum@1.0.0': { description: 'a reload between' } })).toEqual([])
    expect(await call(gateway)).toBe('200')
    await gateway.stop({ drainMs: 0 })

    const again = await start(cwd)
    expect(await call(again)).toBe('200')
    expect(await call(again, '/apis/sum/1', 'k-beta')).toBe('403 apis.not_subscribed')
    expect((await admin(again, 'POST', `${path}/revoke`)).status).toBe(200)
    expect(await call(again)).toBe('403 apis.not_subscribed')
    const { lines, verified } = (await admin(again, 'GET', '/v1/audit?verify=true')).body as {
      lines: { event: string; status: string; who: string; reason: string }[]
      verified: boolean
    }
    expect(verified).toBe(true)
    expect(lines.filter((it) => it.event === 'config.decision')).toMatchObject([
      { status: 'approved', who: 'admin:claimed:ann', reason: 'subscription of acme to sum: they pay' },
      { status: 'revoked', reason: 'subscription of acme to sum' },
    ])
    const history = (await admin(again, 'GET', path)).body as { words: { state: string }[] }
    expect(history.words.map((it) => it.state)).toEqual(['pending', 'approved', 'revoked'])
  })

  it('are refused where nobody asked, and once they are decided', async () => {
    const { gateway } = await open(sum('state: published, access: subscription'))
    expect((await admin(gateway, 'POST', `${path}/approve`)).body).toMatchObject({
      code: 'apis.no_such_subscription',
      status: 404,
    })
    await call(gateway, '/v1/apis/sum/subscriptions')
    expect((await admin(gateway, 'POST', `${path}/refuse`, { reason: 'no' })).status).toBe(200)
    expect((await admin(gateway, 'POST', `${path}/revoke`)).body).toMatchObject({
      code: 'apis.cannot_decide',
    })
    expect((await admin(gateway, 'GET', '/v1/apis')).body).toMatchObject({
      apis: [{ id: 'sum@1.0.0', state: 'published', access: 'subscription', context: 'kind@^1' }],
    })
  })

  it('hold no key, and nothing of the database does', async () => {
    const { gateway, cwd } = await open(sum('state: published, access: subscription'))
    await call(gateway, '/v1/apis/sum/subscriptions')
    await gateway.stop({ drainMs: 0 })
    expect(readFileSync(join(cwd, '.changeover', 'apis.db')).includes('k-acme')).toBe(false)
  })
})

describe('a context of some tenants', () => {
  it('takes the route that has it away from all others', async () => {
    const { gateway } = await open(sum('state: published'))
    const patch = {
      contexts: { 'own@1.0.0': { prompt: 'Be ours.', tenants: ['acme'] } },
      routes: { ours: { targets: [{ model: 'small' }], context: 'own@^1' } },
    }
    expect((await admin(gateway, 'PATCH', '/v1/settings', patch)).status).toBe(200)
    const ask = async (key: string) => {
      const response = await fetch(`${gateway.dataUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'ours', messages: [{ role: 'user', content: 'x' }] }),
      })
      await response.arrayBuffer()
      return response.status
    }
    expect([await ask('k-acme'), await ask('k-beta')]).toEqual([200, 404])
    const wrong = { contexts: { 'own@2.0.0': { prompt: 'x', tenants: ['acm'] } } }
    expect((await admin(gateway, 'PATCH', '/v1/settings', wrong)).body).toMatchObject({
      issues: [{ pointer: '/contexts/own@2.0.0/tenants/0', hint: 'did you mean "acme"?' }],
    })
  })
})

describe('what stands before any call', () => {
  const input = { type: 'object', properties: { text: { type: 'string' } } }
  const patch = {
    cache: { short: {} },
    guardrails: { words: { guards: [{ kind: 'deny', on: 'input', action: 'block', words: ['forbidden'] }] } },
    routes: { kept: { targets: [{ model: 'small' }], cache: 'short', guardrails: ['words'] } },
    apis: {
      'one@1.0.0': { route: 'kept', input, message: '{{text}}', state: 'published' },
      'one@1.1.0': { route: 'kept', input, message: '{{text}}', state: 'published' },
    },
  }

  async function ask(gateway: Running, path: string, body: object, key = 'k-acme') {
    const response = await fetch(`${gateway.dataUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, kept: response.headers.get('x-changeover-cache'), text }
  }

  it('keeps answers by version, tenant and path, and blocks what guardrails block', async () => {
    const { gateway } = await open(sum('state: published'))
    expect((await admin(gateway, 'PATCH', '/v1/settings', patch)).status).toBe(200)
    const one = (version: string, key?: string) => ask(gateway, `/apis/one/${version}`, { text: 'x' }, key)
    const first = await one('1.0.0')
    expect(first).toMatchObject({ status: 200, kept: 'miss' })
    expect(await one('1.0.0')).toEqual({ ...first, kept: 'hit' })
    expect((await one('1.1.0')).kept).toBe('miss')
    expect((await one('1.0.0', 'k-beta')).kept).toBe('miss')
    const chat = { model: 'kept', messages: [{ role: 'user', content: 'x' }] }
    const plain = await ask(gateway, '/v1/chat/completions', chat)
    expect([plain.kept, JSON.parse(plain.text)]).toMatchObject(['miss', { object: 'chat.completion' }])

    const blocked = await ask(gateway, '/apis/one/1', { text: 'the forbidden word' })
    expect(blocked.status).toBe(400)
    expect(blocked.text).toContain('guard.input_blocked')
  })
})
