/**
 * The life of a key as its owner sees it: made, replaced without a lost request, withdrawn under running streams; and
 * tokens of an identity provider in its place.
 */
import { FakeIssuer } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, OpenStream } from '../faults/rig/client.ts'
import { Gateway } from './rig/gateway.ts'
import { startToldProvider, type ToldProvider } from './rig/settings/told-provider.ts'
import { type Tree, toYaml } from './rig/settings-text.ts'
import { hashOfKey } from './rig/tenants.ts'
import { until } from './rig/until.ts'

let provider: ToldProvider
let issuer: FakeIssuer
let gateway: Gateway

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const statusBy = async (key: string) => (await ask(gateway, { headers: bearer(key) })).status
const refusalBy = async (key: string) => {
  const { text } = await ask(gateway, { headers: bearer(key) })
  return (JSON.parse(text) as { error?: { code?: string } }).error?.code
}

beforeAll(async () => {
  provider = await startToldProvider('one')
  issuer = await FakeIssuer.start()
  const hash = hashOfKey
  const settings: Tree = {
    providers: { one: { kind: 'openai-compatible', baseUrl: `${provider.origin}/v1` } },
    models: { small: { provider: 'one' } },
    routes: { chat: { targets: [{ model: 'small' }] } },
    tenants: {
      acme: {
        keys: {
          fixed: { hash: hash('fixed') },
          mate: { hash: hash('mate'), team: 'red' },
          canary: { hash: hash('canary') },
        },
        teams: { red: {} },
      },
      other: { keys: { k: { hash: hash('other') } } },
    },
    access: {
      tokens: { corp: { issuer: issuer.url, audience: 'changeover', tenant: 'acme', teamClaim: 'team' } },
    },
    rollout: { observe: { bakeMs: 0 } },
  }
  gateway = await Gateway.start({ settings: toYaml(settings) })
}, 120_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await Promise.all([provider?.close(), issuer?.close()])
})

const endless = (key: string) => OpenStream.open(gateway, { content: 'one=forever', headers: bearer(key) })

/** Callers that ask one after the other, with the key that is theirs at that moment. */
class Callers {
  readonly statuses: number[] = []
  readonly #running: Promise<unknown>
  #isOver = false

  constructor(count: number, keyOf: () => string) {
    const loop = async (): Promise<void> => {
      while (!this.#isOver) this.statuses.push(await statusBy(keyOf()))
    }
    this.#running = Promise.all(Array.from({ length: count }, loop))
  }

  more(count: number): Promise<true | undefined> {
    const least = this.statuses.length + count
    return until(() => this.statuses.length >= least || undefined, { what: `${count} more requests` })
  }

  async stop(): Promise<readonly number[]> {
    this.#isOver = true
    await this.#running
    return this.statuses
  }
}

async function keys(...args: string[]): Promise<{ key: string; receipt: { version: string } }> {
  const { code, text } = await gateway.command(['keys', ...args, '--json'], {
    CHANGEOVER_ADMIN_TOKEN: gateway.token,
  })
  expect(code, text).toBe(0)
  await gateway.idle()
  return JSON.parse(text) as { key: string; receipt: { version: string } }
}

describe('a key', () => {
  it('is made, replaced under load without a lost request, and withdrawn', { timeout: 120_000 }, async () => {
    const { key: first } = await keys('create', 'acme', 'ci', '--expires', '90d')
    expect(first).toMatch(/^cok_[0-9A-Za-z]{49}$/)
    expect(await gateway.settingsText()).toContain(hashOfKey(first))
    let inUse = first
    const callers = new Callers(8, () => inUse)
    await callers.more(40)

    const { key: second } = await keys('rotate', 'acme', 'ci', '--overlap', '1h')
    await callers.more(40)
    expect(await statusBy(second)).toBe(200)
    inUse = second
    await callers.more(40)
    expect(await statusBy(first)).toBe(200)
    const { key: third } = await keys('rotate', 'acme', 'ci', '--overlap', '1h')
    await callers.more(20)
    inUse = third
    await callers.more(40)
    const statuses = await callers.stop()
    expect(statuses.filter((it) => it !== 200)).toEqual([])

    // Of one name all the time, whichever of the keys it was.
    const { keys: listed } = await gateway.admin.ask('listKeys', { query: { tenant: 'acme' } })
    const own = listed.find((it) => it.name === 'ci')
    expect(own).toMatchObject({ state: 'active', previous: [{}, {}] })
    expect(own?.lastUsedAt).not.toBeNull()
    expect(JSON.stringify(listed)).not.toContain('sha256')

    await keys('revoke', 'acme', 'ci')
    for (const it of [first, second, third]) expect(await refusalBy(it)).toBe('identity.unknown_key')
    expect(await refusalBy(`${third.slice(0, -1)}!`)).toBe('identity.mistyped_key')
    expect(await statusBy('fixed')).toBe(200)
    const { version } = await gateway.admin.ask('readSettings')
    const { reason } = await gateway.admin.ask('readVersion', { params: { version } })
    expect(reason).toBe('revoke the key acme/ci')
  })

  it('that is replaced without an overlap stops at once', async () => {
    const { key: old } = await keys('create', 'acme', 'short')
    const { key: young } = await keys('rotate', 'acme', 'short', '--overlap', '0')
    expect([await statusBy(old), await statusBy(young)]).toEqual([401, 200])
  })

  it('that is withdrawn cuts its streams, which are pinned to the version before, and no others', async () => {
    const { key } = await keys('create', 'acme', 'streamer')
    const [mine, others] = [await endless(key), await endless('other')]
    await Promise.all([mine.chunks(3), others.chunks(3)])
    await keys('revoke', 'acme', 'streamer')
    expect(await mine.ended()).toBe('whole')
    expect(mine.text).toContain('identity.revoked')
    const count = others.contents.length
    await others.chunks(count + 3)
    expect(others.end).toBeNull()
    others.leave()
    const call = String(mine.headers['x-changeover-call'])
    const record = await until(
      () => gateway.admin.ask('readCall', { params: { id: call } }).catch(() => null),
      {
        what: 'the record of the call',
      },
    )
    expect(record).toMatchObject({ error: 'identity.revoked', key: 'acme/streamer' })
  })

  it('whose team is switched off is refused as such, and its streams are cut', async () => {
    const stream = await endless('mate')
    await stream.chunks(3)
    await gateway.patch({ tenants: { acme: { teams: { red: { enabled: false } } } } })
    await gateway.idle()
    expect(await refusalBy('mate')).toBe('identity.disabled')
    await stream.ended()
    expect(stream.text).toContain('identity.revoked')
    await gateway.patch({ tenants: { acme: { teams: { red: { enabled: true } } } } })
    await gateway.idle()
    expect(await statusBy('mate')).toBe(200)
  })

  it('that a candidate had removed cuts nothing when the candidate is aborted', async () => {
    const stream = await endless('canary')
    await stream.chunks(3)
    const change = { tenants: { acme: { keys: { canary: null } } } }
    const headers = { 'content-type': 'application/merge-patch+json' }
    const query = 'strategy=canary&by=request&steps=50%25:1h'
    const put = await gateway.ask(`/v1/settings?${query}`, {
      method: 'PATCH',
      headers,
      body: JSON.stringify(change),
    })
    expect(put.status, await put.clone().text()).toBe(200)
    const { attempt } = (await put.json()) as { attempt: string }
    await gateway.admin.ask('abortReload', { params: { attempt }, body: { reason: 'not now' } })
    await gateway.idle()
    const count = stream.contents.length
    // Longer than a withdrawn key would have had.
    await keys('create', 'acme', 'meanwhile')
    await stream.chunks(count + 30)
    expect(stream.end).toBeNull()
    stream.leave()
  })
})

describe('a token of an identity provider', () => {
  it('is taken in place of a key, and leads to its tenant and team', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => statusBy(issuer.token({ claims: { team: 'red' } }))),
    )
    expect(new Set(answers)).toEqual(new Set([200]))
    const { calls } = await gateway.admin.ask('listCalls', { query: { limit: 30 } })
    expect(calls.filter((it) => it.key === 'acme/corp:ann').length).toBeGreaterThan(0)
    expect(await refusalBy(issuer.token({ forged: 'shared' }))).toBe('identity.token_refused')
    expect(await refusalBy(issuer.token({ claims: { team: 'blue' } }))).toBe('identity.no_tenant')
  })

  it('whose issuer is taken out of the settings is refused, and its streams are cut', async () => {
    const token = issuer.token()
    const stream = await endless(token)
    await stream.chunks(3)
    await gateway.patch({ access: { tokens: null } })
    await gateway.idle()
    expect(await refusalBy(token)).toBe('identity.unknown_key')
    await stream.ended()
    expect(stream.text).toContain('identity.revoked')
  })
})
