import { FakeIssuer, ManualClock } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { Caller, CompiledIdentity, Found } from '../contract/compiled.ts'
import { compileIdentity } from './compile-identity.ts'
import { hashOfKey } from './key-text.ts'
import { tenantSpec } from './spec.ts'
import { TokenKeeper } from './token-keeper.ts'
import { tokensSpec } from './token-spec.ts'

const nowMs = Date.parse('2026-11-21T09:00:00Z')
let issuer: FakeIssuer
let clock: ManualClock
let keeper: TokenKeeper

beforeEach(async () => {
  issuer = await FakeIssuer.start()
  clock = new ManualClock(nowMs)
  keeper = new TokenKeeper({ clock })
})
afterEach(() => issuer.close())

type Tenants = Record<string, z.input<typeof tenantSpec>>
const usual: Tenants = {
  acme: {
    keys: { ci: { hash: hashOfKey('a.b.c') } },
    teams: { red: { allow: ['chat'] } },
    allow: ['chat', 'code'],
  },
  off: { enabled: false },
}

function compile(more: Partial<z.input<typeof tokensSpec>[string]> = {}, written = usual): CompiledIdentity {
  const entry = { issuer: issuer.url, audience: 'changeover', tenantClaim: 'org', teamClaim: 'team', ...more }
  const settings = tokensSpec.parse({ corp: entry })
  const tenants = new Map(Object.entries(written).map(([name, it]) => [name, tenantSpec.parse(it)]))
  return compileIdentity({ tenants, open: false, tokens: { settings, keeper } }, () => null)
}

const token = (claims: object = {}, wish: Parameters<FakeIssuer['token']>[0] = {}): string =>
  issuer.token({ nowMs, ...wish, claims: { org: 'acme', ...claims } })
const find = async (identity: CompiledIdentity, sent: string): Promise<Found> =>
  await identity.find(sent, clock.now())
const refusal = async (identity: CompiledIdentity, sent: string): Promise<string> => {
  const found = await find(identity, sent)
  return 'refused' in found ? found.refused : `taken as ${found.key}`
}

describe('a token of a caller', () => {
  it('is verified once, and found at once from then on', async () => {
    const identity = compile()
    const sent = token()
    const first = identity.find(sent, nowMs)
    expect(first).toBeInstanceOf(Promise)
    const caller = await first
    expect(caller).toMatchObject({ tenant: 'acme', key: 'acme/corp:ann', allow: new Set(['chat', 'code']) })
    expect(identity.find(sent, nowMs)).toBe(caller)
    // A later version knows it too, by its own rules.
    const later = compile({}, { ...usual, acme: { allow: ['code'] } }).find(sent, nowMs)
    expect(later).toMatchObject({ allow: new Set(['code']) })
    expect(issuer.keyRequests).toBe(1)
  })

  it('asked for by many at a time is verified once', async () => {
    const identity = compile()
    const sent = token()
    const found = await Promise.all(Array.from({ length: 50 }, () => find(identity, sent)))
    expect(new Set(found.map((it) => (it as Caller).key))).toEqual(new Set(['acme/corp:ann']))
    expect(issuer.keyRequests).toBe(1)
  })

  it('leads to a team, and is refused for one that is not there', async () => {
    expect(await find(compile(), token({ team: 'red' }))).toMatchObject({
      team: 'acme/red',
      allow: new Set(['chat']),
    })
    expect(await refusal(compile(), token({ team: 'blue' }))).toBe('identity.no_tenant')
    expect(await refusal(compile(), token({ team: 7 }))).toBe('identity.no_tenant')
  })

  it('can only narrow what its tenant and team may', async () => {
    const identity = compile({ allowClaim: '/may/models' })
    const models = (sent: unknown) => token({ may: { models: sent } })
    const allowed = async (sent: string) => [...(((await find(identity, sent)) as Caller).allow ?? ['all'])]
    expect(await allowed(models(['code', 'secret']))).toEqual(['code'])
    expect(await allowed(models('chat'))).toEqual(['chat'])
    expect(await allowed(token())).toEqual([])
  })

  it('keeps for records what it said beside who it is of, where that is read and short', async () => {
    const claims = async (more: Parameters<typeof compile>[0], said: object) =>
      ((await find(compile(more), token(said))) as Caller).claims
    const both = { allowClaim: 'may' }
    expect(await claims(both, { team: 'red', may: ['chat'] })).toEqual({ team: 'red', allow: ['chat'] })
    expect(await claims(both, {})).toEqual({ team: null, allow: [] })
    expect(await claims({}, { team: 'red', may: ['chat'] })).toEqual({ team: 'red' })
    expect(await claims({ teamClaim: undefined }, { team: 'red' })).toBeUndefined()
    expect(await claims(both, { may: Array.from({ length: 17 }, (_, i) => `r${i}`) })).toEqual({ team: null })
    expect(await claims(both, { may: ['x'.repeat(129)] })).toEqual({ team: null })
  })

  it('is recalled from what was kept as it came', async () => {
    const identity = compile({ allowClaim: 'may' })
    for (const said of [{ team: 'red', may: ['chat', 'code'] }, { may: ['code'] }, {}]) {
      const came = (await find(identity, token(said))) as Caller
      const kept = { entry: 'corp', tenant: 'acme', who: 'ann', claims: came.claims ?? {} }
      expect(identity.recall?.(kept)).toEqual(came)
    }
  })

  it('of no tenant, of one that is not there, or of one that is switched off is refused', async () => {
    const identity = compile()
    expect(await refusal(identity, token({ org: undefined }))).toBe('identity.no_tenant')
    expect(await refusal(identity, token({ org: 'constructor' }))).toBe('identity.no_tenant')
    expect(await refusal(identity, token({ org: 'off' }))).toBe('identity.disabled')
  })

  it('that is forged is refused: none, shared key, other audience, other issuer, without an end, over', async () => {
    const identity = compile()
    expect(await refusal(identity, token({}, { forged: 'none' }))).toBe('identity.token_refused')
    expect(await refusal(identity, token({}, { forged: 'shared' }))).toBe('identity.token_refused')
    expect(await refusal(identity, token({ aud: 'others' }))).toBe('identity.token_refused')
    expect(await refusal(identity, token({ iss: 'https://example.com' }))).toBe('identity.token_refused')
    expect(await refusal(identity, token({ exp: undefined }))).toBe('identity.token_refused')
    expect(await refusal(identity, token({ exp: nowMs / 1000 - 60 }))).toBe('identity.token_expired')
    expect(issuer.asked).toEqual([])
    const [head, body, signature = ''] = token().split('.')
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    expect(await refusal(identity, `${head}.${body}.${other}`)).toBe('identity.token_refused')
    expect(await refusal(identity, token({ nbf: nowMs / 1000 + 3600 }))).toBe('identity.token_refused')
  })

  it('says in its own head how it is signed, and is not believed', async () => {
    const identity = compile({ algorithms: ['EdDSA'] })
    expect(await refusal(identity, token())).toBe('identity.token_refused')
    expect(await refusal(identity, token({}, { header: { alg: 'EdDSA' } }))).toBe('identity.token_refused')
    expect(
      await refusal(identity, token({}, { header: { jwk: { kty: 'oct', k: 'AA' }, kid: 'none' } })),
    ).toBe('identity.token_refused')
  })

  it('stops at its end, though it was known before', async () => {
    const identity = compile({ clockSkewMs: 0, cacheMs: 3_600_000 })
    const sent = token({ exp: nowMs / 1000 + 60 })
    expect(await refusal(identity, sent)).toBe('taken as acme/corp:ann')
    await clock.advance(59_999)
    expect(await refusal(identity, sent)).toBe('taken as acme/corp:ann')
    await clock.advance(1)
    expect(await refusal(identity, sent)).toBe('identity.token_expired')
  })

  it('is verified again when keys are no longer fresh, so that a key which was withdrawn is out of use', async () => {
    const identity = compile({ cacheMs: 60_000 })
    const sent = token()
    expect(await refusal(identity, sent)).toBe('taken as acme/corp:ann')
    issuer.rotate('key-2')
    await clock.advance(60_001)
    // The first that comes then is taken by the keys at hand, and has others fetched.
    await find(identity, sent)
    await expect.poll(() => issuer.keyRequests).toBe(2)
    await clock.advance(60_001)
    expect(await refusal(identity, sent)).toBe('identity.token_refused')
    expect(await refusal(identity, token({ sub: 'bo' }))).toBe('taken as acme/corp:bo')
  })

  it('whose issuer cannot be reached is refused for now, and taken later', async () => {
    issuer.status = 503
    const identity = compile()
    const sent = token()
    expect(await refusal(identity, sent)).toBe('identity.keys_unreachable')
    issuer.status = 200
    await clock.advance(30_000)
    expect(await refusal(identity, sent)).toBe('taken as acme/corp:ann')
  })

  it('is verified by keys that the settings hold, and nobody is asked', async () => {
    const published = (await (await fetch(`${issuer.url}/keys`)).json()) as { keys: Record<string, string>[] }
    const before = issuer.asked.length
    const identity = compile({ keys: published.keys })
    expect(await refusal(identity, token())).toBe('taken as acme/corp:ann')
    expect(issuer.asked.length).toBe(before)
  })

  it('cannot be taken for a key, nor a key for a token', async () => {
    expect(await refusal(compile(), 'a.b.c')).toBe('taken as acme/ci')
    expect(await refusal(compile(), 'a.b.d')).toBe('identity.token_refused')
    expect(await refusal(compile(), 'no token')).toBe('identity.unknown_key')
  })
})

describe('a token that was not verified yet', () => {
  it('says whose it is, for the place in a rollout, and is nobody all the same', async () => {
    const identity = compile()
    const sent = token({ team: 'red' })
    expect(identity.claimed?.(sent)).toEqual({ tenant: 'acme', key: 'acme/corp:ann' })
    const forged = token({ org: 'acme' }, { header: { kid: 'of nobody' } })
    expect(identity.claimed?.(forged)).toEqual({ tenant: 'acme', key: 'acme/corp:ann' })
    expect(await refusal(identity, forged)).toBe('identity.token_refused')
    for (const it of ['rubbish', 'a.b.c', token({ org: 'none' }), token({ aud: 'others' })])
      expect(identity.claimed?.(it)).toBeNull()
    expect(compileIdentity({ tenants: new Map(), open: false }, () => null).claimed?.(sent)).toBeNull()
  })
})

describe('a flood of tokens that nobody signed', () => {
  it('asks the issuer for its keys twice at most, and keeps nobody out who is known', async () => {
    const identity = compile()
    const good = token()
    expect(await refusal(identity, good)).toBe('taken as acme/corp:ann')
    const strangers = Array.from({ length: 600 }, (_, i) => token({}, { header: { kid: `key-of-${i}` } }))
    const answers = await Promise.all(strangers.map((it) => refusal(identity, it)))
    expect(new Set(answers)).toEqual(new Set(['identity.token_refused', 'identity.busy']))
    expect(answers.filter((it) => it === 'identity.busy').length).toBe(600 - 256)
    expect(issuer.keyRequests).toBeLessThanOrEqual(2)
    expect('refused' in (identity.find(good, nowMs) as Found)).toBe(false)
  })

  it('costs no signature twice, and nothing at all where it is plain rubbish', () => {
    const identity = compile()
    for (const it of ['..', 'a.b.', `${'x'.repeat(20_000)}.b.c`, 'e30.e30.e30', 'bnVsbA.bnVsbA.x'])
      expect(identity.find(it, nowMs)).toEqual({ refused: 'identity.token_refused' })
  })
})

describe('a caller by a token', () => {
  const holds = async (before: CompiledIdentity, after: CompiledIdentity, sent: string) =>
    after.holds?.((await find(before, sent)) as Caller, nowMs)

  it('holds as long as its issuer, tenant and team are there and switched on', async () => {
    const sent = token({ team: 'red' })
    const without = (tenants: Tenants) => compile({}, tenants)
    expect(await holds(compile(), compile({ cacheMs: 5_000 }), sent)).toBe(true)
    expect(await holds(compile(), compile({ audience: 'others' }), sent)).toBe(false)
    expect(await holds(compile(), without({}), sent)).toBe(false)
    expect(await holds(compile(), without({ acme: { teams: {} } }), sent)).toBe(false)
    expect(await holds(compile(), without({ acme: { teams: { red: { enabled: false } } } }), sent)).toBe(
      false,
    )
    expect(await holds(compile(), without({ acme: { teams: { red: {} }, enabled: false } }), sent)).toBe(
      false,
    )
  })
})
