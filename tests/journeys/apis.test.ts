/**
 * The whole life of a published API, from design to retirement, under load and while the settings change between the
 * steps: each call is answered as the version that it ran under says, and by nothing else.
 */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'
import { toYaml } from './rig/settings-text.ts'
import { until } from './rig/until.ts'

const KEYS = { acme: 'k-acme', beta: 'k-beta' } as const
type Tenant = keyof typeof KEYS

const input = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const simulate = (tokens: number, tokensPerSecond: number) => ({
  kind: 'simulated',
  simulate: { firstTokenMs: 0, tokens, tokensPerSecond },
})
const keyOf = (tenant: Tenant) => ({
  keys: { main: { hash: `sha256:${createHash('sha256').update(KEYS[tenant]).digest('hex')}` } },
})

const settings = toYaml({
  rollout: { observe: { bakeMs: 0 } },
  providers: { quick: simulate(3, 10_000), slow: simulate(100_000, 50) },
  models: { quick: { provider: 'quick' }, slow: { provider: 'slow' } },
  tenants: { acme: keyOf('acme'), beta: keyOf('beta') },
  contexts: { 'brief@1.0.0': { prompt: 'Be brief.' } },
  apis: {
    'sum@1.0.0': { route: 'quick', context: 'brief@^1', input, state: 'design', testers: ['acme'] },
    'talk@1.0.0': { route: 'slow', input, state: 'published' },
    'paid@1.0.0': { route: 'quick', input, state: 'published', access: 'subscription' },
  },
})

interface Seen {
  readonly tenant: Tenant
  readonly asked: string
  readonly status: number
  readonly code: string
  readonly api: string
  readonly version: string
  readonly deprecation: string | null
  readonly sunset: string | null
  readonly link: string | null
}

let gateway: Gateway

beforeAll(async () => {
  gateway = await Gateway.start({ settings })
}, 120_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
})

function post(path: string, tenant: Tenant, body: object = { text: 'x' }): Promise<Response> {
  return fetch(`${gateway.dataUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEYS[tenant]}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function call(asked: string, tenant: Tenant): Promise<Seen> {
  const response = await post(`/apis/${asked}`, tenant)
  const text = await response.text()
  const header = (name: string) => response.headers.get(name)
  return {
    tenant,
    asked,
    status: response.status,
    code: response.ok ? '' : (/"code":"([^"]+)"/.exec(text)?.[1] ?? text),
    api: header('x-changeover-api') ?? '',
    version: header('x-changeover-version') ?? '',
    deprecation: header('deprecation'),
    sunset: header('sunset'),
    link: header('link'),
  }
}

/** Callers who ask one after the other without a pause, until they are told to stop. */
class Callers {
  readonly seen: Seen[] = []
  #goes = true
  readonly #ended: Promise<unknown>

  constructor(asked: readonly string[]) {
    const each = asked.flatMap((api) => (['acme', 'beta'] as const).map((tenant) => this.#ask(api, tenant)))
    this.#ended = Promise.all(each)
  }

  async stop(): Promise<void> {
    this.#goes = false
    await this.#ended
  }

  /** Each of them has been answered under this version. */
  async under(version: string): Promise<void> {
    const kinds = () =>
      new Set(this.seen.filter((it) => it.version === version).map((it) => it.tenant + it.asked))
    const all = new Set(this.seen.map((it) => it.tenant + it.asked))
    await until(() => kinds().size >= Math.max(all.size, 4), {
      what: `calls under ${version}`,
      timeoutMs: 60_000,
    })
  }

  async #ask(asked: string, tenant: Tenant): Promise<void> {
    while (this.#goes) this.seen.push(await call(asked, tenant))
  }
}

async function change(apis: object): Promise<string> {
  const response = await gateway.patch({ apis })
  const body = (await response.json()) as { version: string }
  expect(response.status, JSON.stringify(body)).toBe(200)
  return body.version
}

const PHASES = {
  design: { description: 'tested' },
  published: { state: 'published' },
  deprecated: {
    state: 'deprecated',
    deprecatedAt: '2026-01-01T00:00:00Z',
    sunsetAt: '2026-12-31T00:00:00Z',
    successor: 'sum@2.0.0',
  },
  retired: { state: 'retired' },
} as const
type Phase = keyof typeof PHASES

const NEXT = { route: 'quick', input, message: 'Sum up: {{text}}', state: 'published' }

/** What a call of `sum@1.0.0` by its whole version, or by `latest`, is answered in each phase. */
function expected(phase: Phase, { tenant, asked }: Seen): string {
  if (asked === 'sum/latest') {
    if (phase === 'design') return '404 apis.no_such_api'
    return phase === 'published' ? '200 sum@1.0.0' : '200 sum@2.0.0'
  }
  if (phase === 'design') return tenant === 'acme' ? '200 sum@1.0.0' : '404 apis.no_such_api'
  return phase === 'retired' ? '410 apis.retired' : '200 sum@1.0.0'
}

describe('the life of a published API', () => {
  it('is design, published, deprecated and retired, and no call is answered otherwise', {
    timeout: 240_000,
  }, async () => {
    const callers = new Callers(['sum/1.0.0', 'sum/latest'])
    const phases = new Map<string, Phase>([[await gateway.version(), 'design']])
    let streaming: Response | null = null
    for (const [phase, fields] of Object.entries(PHASES) as [Phase, object][]) {
      const next = phase === 'deprecated' ? { 'sum@2.0.0': NEXT } : {}
      phases.set(await change({ 'sum@1.0.0': fields, ...next }), phase)
      for (let i = 0; i < 5; i += 1) {
        phases.set(await change({ 'talk@1.0.0': { description: `${phase} ${i}` } }), phase)
      }
      const last = [...phases.keys()].at(-1) ?? ''
      await callers.under(last)
      if (phase === 'published') streaming = await post('/apis/talk/1.0.0?stream=true', 'beta')
    }
    await callers.stop()

    expect(callers.seen.length).toBeGreaterThan(40)
    const wrong = callers.seen.filter((it) => {
      const phase = phases.get(it.version)
      return (
        phase === undefined || `${it.status} ${it.status === 200 ? it.api : it.code}` !== expected(phase, it)
      )
    })
    expect(wrong).toEqual([])
    expect(new Set(callers.seen.map((it) => phases.get(it.version)))).toEqual(new Set(Object.keys(PHASES)))
    await expectStreamOf(streaming, phases)
    expectHeaders(callers.seen, phases)
  })

  it('does not come back, nor change what goes in, nor vanish', async () => {
    const refused = async (apis: object) => {
      const response = await gateway.patch({ apis })
      return ((await response.json()) as { issues?: { code: string }[] }).issues?.map((it) => it.code)
    }
    expect(await refused({ 'sum@1.0.0': { state: 'published' } })).toEqual(['settings.api_moved'])
    expect(await refused({ 'sum@2.0.0': { input: { maxProperties: 1 } } })).toEqual(['settings.api_changed'])
    expect(await refused({ 'sum@2.0.0': null })).toEqual(['settings.api_gone', 'validate.reference'])
    expect((await call('sum/latest', 'beta')).status).toBe(200)
  })
})

/** A stream goes on as it began: under its version, whatever became of the settings. */
async function expectStreamOf(response: Response | null, phases: ReadonlyMap<string, Phase>): Promise<void> {
  if (response?.body == null) throw new Error('no stream was begun')
  expect(phases.get(response.headers.get('x-changeover-version') ?? '')).toBe('published')
  const reader = response.body.getReader()
  let text = ''
  const size = async () => {
    const { value, done } = await reader.read()
    expect(done).toBe(false)
    text += new TextDecoder().decode(value)
    return text.length
  }
  const before = await size()
  while ((await size()) < before + 200) expect(text).not.toContain('event: error')
  await reader.cancel()
}

function expectHeaders(seen: readonly Seen[], phases: ReadonlyMap<string, Phase>): void {
  const of = (phase: Phase) =>
    seen.filter((it) => phases.get(it.version) === phase && it.asked === 'sum/1.0.0')
  const link =
    '</apis/sum/2.0.0>; rel="successor-version", </apis/sum>; rel="deprecation"; type="application/json"'
  const told = { deprecation: '@1767225600', sunset: 'Thu, 31 Dec 2026 00:00:00 GMT', link }
  for (const it of [...of('deprecated'), ...of('retired')]) expect(it).toMatchObject(told)
  for (const it of [...of('design'), ...of('published')])
    expect(it).toMatchObject({ deprecation: null, link: null })
}

describe('a subscription', () => {
  it('is asked for, approved on the command line, kept over a restart, and revoked', {
    timeout: 240_000,
  }, async () => {
    expect(await call('paid/1', 'beta')).toMatchObject({ status: 403, code: 'apis.not_subscribed' })
    expect((await post('/v1/apis/paid/subscriptions', 'beta', { note: 'for the shop' })).status).toBe(202)
    const waiting = await gateway.command(['apis', 'subscriptions', '--only', 'pending'])
    expect(waiting.text).toContain('for the shop')
    expect((await gateway.command(['apis', 'approve', 'paid', 'beta', '--reason', 'paid'])).code).toBe(0)
    expect((await call('paid/1', 'beta')).status).toBe(200)

    await gateway.stop()
    await gateway.again()
    expect((await call('paid/1', 'beta')).status).toBe(200)
    expect((await call('paid/1', 'acme')).status).toBe(403)
    expect((await gateway.command(['apis', 'revoke', 'paid', 'beta'])).text).toContain(
      'revoked  beta to paid',
    )
    expect((await call('paid/1', 'beta')).status).toBe(403)
    expect((await gateway.command(['apis', 'show', 'paid'])).text).toContain('revoked')
    expect((await gateway.command(['apis', 'list'])).text).toMatch(/talk +1\.0\.0 +published/)
    const { lines, verified } = await gateway.admin.ask('readAudit', { query: { verify: 'true' } })
    const decided = lines.filter((it) => it.event === 'config.decision').map((it) => it.status)
    expect([verified, decided]).toEqual([true, ['approved', 'revoked']])
  })
})
