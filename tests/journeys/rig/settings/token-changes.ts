/** How tokens of callers are seen to change under load. One entry a setting. */
import { generateKeyPairSync, sign } from 'node:crypto'
import type { FakeIssuer, TokenWish } from '@changeover/testkit'
import type { Tree } from '../settings-text.ts'
import type { Saw, Seen, SettingChange } from './world.ts'

const issued = (seen: Seen, wish: TokenWish, by = 0): string =>
  (seen.world.issuers[by] as FakeIssuer).token(wish)
const send = (seen: Seen, token: string): Promise<Saw> =>
  seen.ask('', { headers: { authorization: `Bearer ${token}` } })
const statuses = async (seen: Seen, ...tokens: string[]): Promise<readonly number[]> => {
  const seenOf: number[] = []
  for (const it of tokens) seenOf.push((await send(seen, it)).status)
  return seenOf
}

/** Tokens of an audience of the row's own, that lead to a tenant of the row's own. */
function tokenChange(
  field: string,
  effect: string,
  more: { from?: Tree; to: Tree; tenant?: Tree } & Pick<SettingChange, 'see' | 'was' | 'becomes'>,
): SettingChange {
  const { from = {}, to, tenant = {}, ...seen } = more
  const name = `of-${field}`
  const tenantIs = 'tenantClaim' in from ? {} : { tenant: name }
  const entry = { issuer: 'at:issuer1', audience: name, ...tenantIs, ...from }
  return {
    setting: `/access/tokens/*/${field}`,
    effect,
    from: {
      more: { tenants: { [name]: tenant, [`${name}-too`]: {} }, access: { tokens: { [name]: entry } } },
    },
    to: { more: { access: { tokens: { [name]: to } } } },
    ...seen,
  }
}

const claimsFor = (field: string, more: object = {}): TokenWish => ({
  claims: { aud: `of-${field}`, ...more },
})

function signer() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' }) as Tree
  const encode = (it: object): string => Buffer.from(JSON.stringify(it)).toString('base64url')
  const token = (claims: object): string => {
    const said = `${encode({ alg: 'ES256' })}.${encode({ exp: Date.now() / 1000 + 600, sub: 'ann', ...claims })}`
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
    return `${said}.${sign('sha256', Buffer.from(said), key).toString('base64url')}`
  }
  return { jwk, token }
}

const [firstSigner, secondSigner] = [signer(), signer()]
const ownIssuer = { iss: 'https://issuer.example', aud: 'of-keys' }

export const tokenChanges: readonly SettingChange[] = [
  tokenChange('issuer', 'the next request needs a token of the new issuer', {
    to: { issuer: 'at:issuer2' },
    see: (seen) => statuses(seen, ...[0, 1].map((by) => issued(seen, claimsFor('issuer'), by))),
    was: [200, 401],
    becomes: [401, 200],
  }),
  tokenChange('audience', 'the next request needs a token for the new audience', {
    to: { audience: 'of-others' },
    see: (seen) =>
      statuses(seen, issued(seen, claimsFor('audience')), issued(seen, { claims: { aud: 'of-others' } })),
    was: [200, 401],
    becomes: [401, 200],
  }),
  tokenChange('jwks', 'the next request is verified by the keys that are there', {
    from: { jwks: 'at:issuer2/keys' },
    to: { jwks: 'at:issuer1/keys' },
    see: (seen) => statuses(seen, issued(seen, claimsFor('jwks'))),
    was: [401],
    becomes: [200],
  }),
  tokenChange('keys', 'the next request is verified by the keys that are named now', {
    from: { issuer: ownIssuer.iss, keys: [firstSigner.jwk] },
    to: { keys: [secondSigner.jwk] },
    see: (seen) => statuses(seen, firstSigner.token(ownIssuer), secondSigner.token(ownIssuer)),
    was: [200, 401],
    becomes: [401, 200],
  }),
  tokenChange('algorithms', 'the next request needs a token that is signed as is allowed now', {
    to: { algorithms: ['RS256'] },
    see: (seen) => statuses(seen, issued(seen, claimsFor('algorithms'))),
    was: [200],
    becomes: [401],
  }),
  tokenChange('clockSkewMs', 'the next request is taken as long after its expiry as is said now', {
    from: { clockSkewMs: 0 },
    to: { clockSkewMs: 300_000 },
    see: (seen) => statuses(seen, issued(seen, claimsFor('clockSkewMs', { exp: Date.now() / 1000 - 60 }))),
    was: [401],
    becomes: [200],
  }),
  tokenChange('cacheMs', 'keys are fetched again as soon as is said now', {
    from: { cacheMs: 3_600_000 },
    to: { cacheMs: 1_000 },
    see: keysFetchedAgain,
    was: 'kept',
    becomes: 'fetched again',
  }),
  tokenChange('nameClaim', 'the next request is counted and recorded under what the other claim says', {
    to: { nameClaim: 'email' },
    see: async (seen) => {
      const token = issued(seen, claimsFor('nameClaim', { email: 'ann@example.com' }))
      return (await seen.record(await send(seen, token))).key
    },
    was: 'of-nameClaim/of-nameClaim:ann',
    becomes: 'of-nameClaim/of-nameClaim:ann@example.com',
  }),
  tokenChange('tenant', 'the next request is of the tenant that is named now', {
    to: { tenant: 'of-tenant-too' },
    see: async (seen) => (await seen.record(await send(seen, issued(seen, claimsFor('tenant'))))).tenant,
    was: 'of-tenant',
    becomes: 'of-tenant-too',
  }),
  tokenChange('tenantClaim', 'the next request is of the tenant that the other claim names', {
    from: { tenantClaim: 'org' },
    to: { tenantClaim: '/project/owner' },
    see: async (seen) => {
      const claims = { org: 'of-tenantClaim', project: { owner: 'of-tenantClaim-too' } }
      return (await seen.record(await send(seen, issued(seen, claimsFor('tenantClaim', claims))))).tenant
    },
    was: 'of-tenantClaim',
    becomes: 'of-tenantClaim-too',
  }),
  tokenChange('teamClaim', 'the next request is of the team that the other claim names', {
    from: { teamClaim: 'team' },
    to: { teamClaim: 'group' },
    tenant: { teams: { red: {} } },
    see: (seen) => statuses(seen, issued(seen, claimsFor('teamClaim', { team: 'red', group: 'blue' }))),
    was: [200],
    becomes: [403],
  }),
  tokenChange('allowClaim', 'the next request may ask for what the other claim lists', {
    from: { allowClaim: 'models' },
    to: { allowClaim: 'routes' },
    see: (seen) => {
      const models = [`r${seen.index}`]
      return statuses(seen, issued(seen, claimsFor('allowClaim', { models, routes: ['others'] })))
    },
    was: [200],
    becomes: [403],
  }),
]

/** A token of somebody new each time: none is known from before. */
async function keysFetchedAgain(seen: Seen): Promise<'kept' | 'fetched again'> {
  const issuer = seen.world.issuers[0] as FakeIssuer
  const ask = () => send(seen, issued(seen, claimsFor('cacheMs', { sub: seen.word() })))
  await ask()
  const count = issuer.keyRequests
  const again = await seen.soon(async () => {
    await ask()
    return issuer.keyRequests > count ? true : null
  })
  return again === null ? 'kept' : 'fetched again'
}
