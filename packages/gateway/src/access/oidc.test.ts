import { FakeIssuer, ManualClock } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IssuerSettings } from '../contract/caller-settings.ts'
import { KEYS } from '../issuers/key-set.ts'
import { isAllowedFrom } from '../issuers/remote-json.ts'
import type { CompiledAccess } from './compile-access.ts'
import { createOidcVerifier, type OidcVerifier } from './oidc.ts'
import { accessOf } from './test-access.ts'

const nowMs = Date.parse('2026-11-21T09:00:00Z')
let issuer: FakeIssuer
let clock: ManualClock
let verifier: OidcVerifier
let access: CompiledAccess

beforeEach(async () => {
  issuer = await FakeIssuer.start()
  clock = new ManualClock(nowMs)
  verifier = createOidcVerifier({ clock })
  access = accessWith({})
})
afterEach(() => issuer.close())

function accessWith(more: Partial<IssuerSettings>): CompiledAccess {
  return accessOf({
    people: { ann: { roles: ['approver'], subjects: ['corp/ann'] } },
    oidc: {
      corp: { issuer: issuer.url, audience: 'changeover', roles: { platform: ['operator'] }, ...more },
    },
  })
}

const token = (wish: Parameters<FakeIssuer['token']>[0] = {}): string => issuer.token({ nowMs, ...wish })
const refused = (sent: string) =>
  expect(verifier.verify(sent, access)).rejects.toMatchObject({ code: 'access.token_refused' })

describe('a token of an identity provider', () => {
  it('is the person whose subject the settings name, with the roles of his groups beside his own', async () => {
    const identity = await verifier.verify(token({ claims: { groups: ['platform', 'constructor'] } }), access)
    expect(identity).toMatchObject({ person: 'user:ann', by: 'oidc' })
    expect(access.grantsOf(identity).map((it) => it.role)).toEqual(['approver', 'operator'])
  })

  it('is somebody of that provider when no entry names him, and may what his groups may', async () => {
    const identity = await verifier.verify(token({ claims: { sub: 'bo', groups: 'platform' } }), access)
    expect(identity.person).toBe('user:corp/bo')
    expect(access.grantsOf(identity).map((it) => it.role)).toEqual(['operator'])
    const without = await verifier.verify(token({ claims: { sub: 'bo' } }), access)
    expect(access.grantsOf(without)).toEqual([])
  })

  it('may hold its roles deeper, and another name', async () => {
    access = accessWith({ nameClaim: 'oid', rolesClaim: '/realm_access/roles' })
    const claims = { oid: 'u-17', realm_access: { roles: ['platform'] } }
    const identity = await verifier.verify(token({ claims }), access)
    expect(identity).toMatchObject({ person: 'user:corp/u-17', claimed: { values: ['platform'] } })
    await refused(token({ claims: { realm_access: { roles: ['platform'] } } }))
  })

  it('is refused for another audience, from another issuer, before its time and after', async () => {
    await refused(token({ claims: { aud: 'billing' } }))
    await refused(token({ claims: { iss: 'https://elsewhere.example' } }))
    await refused(token({ claims: { nbf: nowMs / 1000 + 60 } }))
    await refused(token({ claims: { exp: nowMs / 1000 - 60 } }))
    await refused(token({ claims: { exp: undefined } }))
    await refused('a.b.c')
    expect(issuer.keyRequests).toBe(1)
  })

  it('is taken within the skew of clocks, and no further', async () => {
    access = accessWith({ clockSkewMs: 30_000 })
    const claims = { exp: nowMs / 1000 - 20 }
    expect((await verifier.verify(token({ claims }), access)).person).toBe('user:ann')
    access = accessWith({ clockSkewMs: 10_000 })
    await refused(token({ claims }))
  })

  it('is not believed about how it is signed', async () => {
    await refused(token({ forged: 'none' }))
    await refused(token({ forged: 'shared' }))
    access = accessWith({ algorithms: ['RS256'] })
    await refused(token())
  })

  it('is refused when anything in it was changed', async () => {
    const [head, , signature] = token().split('.')
    const body = Buffer.from(JSON.stringify({ iss: issuer.url, aud: 'changeover', sub: 'root', exp: 9e9 }))
    await refused(`${head}.${body.toString('base64url')}.${signature}`)
  })
})

describe('the keys of an identity provider', () => {
  it('are asked for once, also for many at a time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token(), access)))
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys'])
  })

  it('are asked for again when a token names a new one, and again by time', async () => {
    await verifier.verify(token(), access)
    issuer.rotate('key-2')
    await clock.advance(KEYS.againMs)
    expect((await verifier.verify(token(), access)).person).toBe('user:ann')
    await clock.advance(KEYS.freshMs + 1)
    await verifier.verify(token(), access)
    expect(issuer.keyRequests).toBe(3)
  })

  it('are not asked for by a flood of unknown ones', async () => {
    await verifier.verify(token(), access)
    for (let i = 0; i < 50; i++) await refused(token({ header: { kid: `made-up-${i}` } }))
    expect(issuer.keyRequests).toBe(1)
    await clock.advance(KEYS.againMs)
    for (let i = 0; i < 50; i++) await refused(token({ header: { kid: `made-up-${i}` } }))
    expect(issuer.keyRequests).toBe(2)
    expect((await verifier.verify(token(), access)).person).toBe('user:ann')
  })

  it('count on for a day while the provider is gone, and no longer', async () => {
    await verifier.verify(token(), access)
    issuer.status = 503
    await clock.advance(KEYS.longestMs)
    const later = issuer.token({ nowMs: clock.now() })
    expect((await verifier.verify(later, access)).person).toBe('user:ann')
    await clock.advance(1)
    await refused(issuer.token({ nowMs: clock.now() }))
  })

  it('are not looked for where a document about another issuer points, or inside', async () => {
    issuer.discovery = { issuer: 'https://elsewhere.example' }
    await refused(token())
    issuer.discovery = { jwks_uri: 'http://127.0.0.1:1/keys' }
    await clock.advance(KEYS.againMs)
    await refused(token())
    expect(issuer.keyRequests).toBe(0)
  })

  it('are where the settings say, without discovery', async () => {
    access = accessWith({ jwks: `${issuer.url}/keys` })
    await verifier.verify(token(), access)
    expect(issuer.asked).toEqual(['/keys'])
  })
})

describe('a place that a fetched document names', () => {
  it('is asked when it is of the same origin, or public', async () => {
    const resolve = async (host: string): Promise<string[]> =>
      host === 'inside.example' ? ['203.0.113.5', '10.0.0.7'] : ['203.0.113.5']
    const allowed = (to: string): Promise<boolean> => isAllowedFrom('https://login.example/', to, { resolve })
    expect(await allowed('https://login.example/keys')).toBe(true)
    expect(await allowed('https://keys.example/v1')).toBe(true)
    for (const it of [
      'http://keys.example/v1',
      'https://inside.example/keys',
      'https://169.254.169.254/latest',
      'https://[::1]/keys',
      'https://[::ffff:10.0.0.1]/keys',
      'https://127.0.0.1/keys',
      'file:///etc/passwd',
      'nonsense',
    ])
      expect(await allowed(it), it).toBe(false)
  })
})
