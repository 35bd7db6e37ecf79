import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { OWNER } from '../contract/access.ts'
import { type CompiledAccess, compileAccess } from './compile-access.ts'
import { createGate } from './gate.ts'
import { accessOf, hashOf, person, tokenOf } from './test-access.ts'

const ownerToken = 'co_the-owner-of-all-this'

function gateOf(access: () => CompiledAccess | null, nowMs = 0) {
  const oidc = { verify: () => Promise.reject(new Error('nobody asks an issuer here')) }
  const identify = createGate({ ownerToken, clock: new ManualClock(nowMs), oidc, access })
  return async (token: string | undefined): Promise<string> =>
    identify(token === undefined ? undefined : `Bearer ${token}`).then(
      (it) => it.person,
      (error: { code?: string }) => error.code ?? 'another error',
    )
}

describe('the gate', () => {
  it('knows the owner with no settings at all, and whatever they say', async () => {
    expect(await gateOf(() => null)(ownerToken)).toBe(OWNER.person)
    expect(await gateOf(() => accessOf({}))(ownerToken)).toBe(OWNER.person)
  })

  it('knows people by the hash of their token, and by the secret that a reference names', async () => {
    const secret = '${file:/run/cleo}'
    const access = accessOf(
      { people: { ...person('bo', 'viewer'), cleo: { roles: ['viewer'], tokens: { ci: { secret } } } } },
      { [secret]: tokenOf('cleo') },
    )
    const who = gateOf(() => access)
    expect(await who(tokenOf('bo'))).toBe('user:bo')
    expect(await who(tokenOf('cleo'))).toBe('user:cleo')
    expect(await who(tokenOf('dan'))).toBe('control.unauthorised')
  })

  it('lets nobody in by a secret that is too short to be one', async () => {
    const access = accessOf(
      { people: { cleo: { roles: ['owner'], tokens: { ci: { secret: '${env:T}' } } } } },
      {},
    )
    expect(await gateOf(() => access)('short')).toBe('control.unauthorised')
  })

  it('takes the new value of a secret at once', async () => {
    const secrets = { generation: 1, value: tokenOf('old'), fill: (): string => secrets.value }
    const people = { cleo: { roles: ['viewer'], tokens: { ci: { secret: '${env:T}' } } } }
    const access = compileAccess({ people, roles: {}, oidc: {}, approvals: {} }, secrets)
    const who = gateOf(() => access)
    expect(await who(tokenOf('old'))).toBe('user:cleo')
    Object.assign(secrets, { generation: 2, value: tokenOf('new') })
    expect(await who(tokenOf('old'))).toBe('control.unauthorised')
    expect(await who(tokenOf('new'))).toBe('user:cleo')
  })

  it('tells an expired token from an unknown one', async () => {
    const tokens = { old: { hash: hashOf(tokenOf('bo')), expires: '2026-11-21T00:00:00Z' } }
    const access = accessOf({ people: { bo: { roles: ['viewer'], tokens } } })
    const expiry = Date.parse('2026-11-21T00:00:00Z')
    expect(await gateOf(() => access, expiry - 1)(tokenOf('bo'))).toBe('user:bo')
    expect(await gateOf(() => access, expiry)(tokenOf('bo'))).toBe('access.token_expired')
  })

  it('lets a person go with the version that no longer names him', async () => {
    let access = accessOf({ people: person('bo', 'viewer') })
    const who = gateOf(() => access)
    expect(await who(tokenOf('bo'))).toBe('user:bo')
    access = accessOf({})
    expect(await who(tokenOf('bo'))).toBe('control.unauthorised')
  })

  it('is asked for by a bearer token and nothing else', async () => {
    const identify = createGate({
      ownerToken,
      clock: new ManualClock(),
      oidc: { verify: () => Promise.reject(new Error('no')) },
      access: () => null,
    })
    for (const header of [undefined, '', 'Bearer', 'Bearer x', `Basic ${ownerToken}`, ownerToken])
      await expect(identify(header)).rejects.toMatchObject({ code: 'control.unauthorised' })
    expect(await identify(`bearer ${ownerToken}`)).toBe(OWNER)
  })
})
