/**
 * What can be set about tokens of identity providers on the data plane: whose are taken, and to which tenant and team their
 * claims lead. What a caller may is said by tenant and team; a token can only narrow it.
 *
 * Not here: tokens of people who change settings (`access/spec.ts`).
 */
import { z } from 'zod'
import { SIGNATURE_ALGORITHMS } from '../contract/access.ts'
import { PLAIN_NAME, PLAIN_NAME_EXPECTED, setting } from '../contract/setting.ts'
import { isIssuerUrl } from '../issuers/issuer-url.ts'

export const TOKEN_DEFAULTS = {
  // The clocks of two machines that keep time differ by less.
  clockSkewMs: 30_000,
  // A key that an issuer withdraws is one that somebody has stolen.
  cacheMs: 300_000,
} as const

const MOST_KEYS = 32
const plainName = z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED })
const claim = z.string().min(1).max(200)

/** Members of a key that are its secret, or that make it a shared one. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']
const publicKey = z
  .record(z.string(), z.union([z.string(), z.array(z.string())], { error: 'a text or a list of texts' }))
  .refine((it) => typeof it['kty'] === 'string' && !SECRET_MEMBERS.some((name) => Object.hasOwn(it, name)), {
    error: 'a public key as JWK, with kty and without any private or shared part',
    params: { hidden: true },
  })

const tokenSpec = z
  .strictObject({
    issuer: setting(
      z
        .string()
        .refine(isIssuerUrl, { error: 'an https URL without query; http on a loopback address only' }),
      'who signs the tokens, exactly as their iss says it; without jwks and keys, its keys are found by OpenID discovery',
    ),
    audience: setting(
      z.string().min(1),
      'what aud of a token must hold, so that tokens for other services are not taken',
    ),
    jwks: setting(
      z.string().refine(isIssuerUrl, { error: 'an https URL; http on a loopback address only' }).optional(),
      'where the keys are, in place of discovery',
    ),
    keys: setting(
      z.array(publicKey).min(1).max(MOST_KEYS).optional(),
      'the public keys themselves as JWK, in place of fetching them',
    ),
    algorithms: setting(
      z.array(z.enum(SIGNATURE_ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
      'how tokens may be signed',
    ),
    clockSkewMs: setting(
      z.int().min(0).max(300_000).default(TOKEN_DEFAULTS.clockSkewMs),
      'by how much the clocks of the issuer and of this machine may differ',
      { unit: 'ms' },
    ),
    cacheMs: setting(
      z.int().min(1_000).max(3_600_000).default(TOKEN_DEFAULTS.cacheMs),
      'how long fetched keys are fresh, and a token that was verified is not verified again',
      { unit: 'ms' },
    ),
    nameClaim: setting(
      claim.default('sub'),
      'claim that says who it is, under which calls are counted and recorded',
    ),
    tenant: setting(plainName.optional(), 'the tenant of all these tokens'),
    tenantClaim: setting(
      claim.optional(),
      'in place of tenant: claim that names the tenant; a name, or a JSON pointer such as /org/id',
    ),
    teamClaim: setting(
      claim.optional(),
      'claim that names a team of the tenant; a token without it is of none, one with another name is refused',
    ),
    allowClaim: setting(
      claim.optional(),
      'claim that lists routes and models, or names one: the token may call those of them that its tenant and team may; one without the claim may call nothing',
    ),
  })
  .refine((it) => (it.tenant === undefined) !== (it.tenantClaim === undefined), {
    error: 'either tenant or tenantClaim',
  })
  .refine((it) => it.jwks === undefined || it.keys === undefined, { error: 'either jwks or keys' })

export const tokensSpec = z.record(plainName, tokenSpec)

export type TokensSpec = z.output<typeof tokensSpec>
export type TokenSpec = TokensSpec[string]
