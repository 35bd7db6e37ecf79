/**
 * What can be set about who may change settings: people and their tokens, roles, identity providers, and whose
 * word a change needs. A token itself is never in the settings, only its hash or where it is to be found.
 *
 * Not here: who may call the data plane (`identity/spec.ts`), what the built-in roles may (`roles.ts`).
 */
import { z } from 'zod'
import { PERMISSIONS, SIGNATURE_ALGORITHMS } from '../contract/access.ts'
import { isSecretReference, REFERENCE_PATTERN } from '../contract/secret.ts'
import {
  LONGEST_MS,
  PLAIN_NAME,
  PLAIN_NAME_EXPECTED,
  SECRET_EXPECTED,
  SECRET_PARAMS,
  setting,
} from '../contract/setting.ts'
import { isIssuerUrl } from '../issuers/issuer-url.ts'
import { CHANGE_CLASSES } from './change-classes.ts'

export const ACCESS_DEFAULTS = {
  // The clocks of two machines that keep time differ by less.
  clockSkewMs: 30_000,
  // Over a night; who has not answered by then was not asked the right way.
  withinMs: 86_400_000,
} as const

const HASH = /^sha256:[0-9a-f]{64}$/
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
const plainName = z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED })
const changeClass = z.enum(CHANGE_CLASSES as [string, ...string[]])

const tokenSpec = z
  .strictObject({
    hash: setting(
      z
        .string()
        .refine((it) => HASH.test(it), {
          error: '"sha256:" and the 64 lower-case hex digits of the token\'s SHA-256',
          params: { hidden: true },
        })
        .optional(),
      'sha256: and the hex digits of the SHA-256 of the token; for a token in $TOKEN, printf %s "$TOKEN" | sha256sum prints the digits',
      { pattern: HASH.source },
    ),
    secret: setting(
      z.string().refine(isSecretReference, { error: SECRET_EXPECTED, params: SECRET_PARAMS }).optional(),
      'in place of hash: a reference to the token itself, of 16 or more printable characters; a new value acts without a reload',
      { pattern: REFERENCE_PATTERN },
    ),
    expires: setting(
      z
        .string()
        .refine((it) => INSTANT.test(it) && !Number.isNaN(Date.parse(it)), {
          error: 'an instant such as 2027-01-31T00:00:00Z',
        })
        .optional(),
      'when the token stops working; without it the token does not expire',
    ),
  })
  .refine((it) => (it.hash === undefined) !== (it.secret === undefined), {
    error: 'either hash or secret',
  })

export const peopleSpec = z.record(
  plainName,
  z.strictObject({
    roles: setting(
      z.array(z.string().min(1)),
      'what this person may: viewer, publisher, approver, operator, emergency, owner, or names of access.roles',
    ),
    tokens: setting(
      z.record(plainName, tokenSpec).optional(),
      'tokens of this person by name; two may be valid at once, so that one can be replaced',
    ),
    subjects: setting(
      z
        .array(
          z
            .string()
            .regex(/^[^/]+\/.+$/, { error: 'an entry of access.oidc, a slash, and who that is there' }),
        )
        .optional(),
      'who this person is at identity providers: entry of access.oidc, a slash, and the value of its nameClaim, such as corp/248289',
    ),
  }),
)

export const rolesSpec = z.record(
  plainName,
  z.strictObject({
    may: setting(
      z.array(z.enum(PERMISSIONS)),
      'what whoever holds the role may: read; plan; change: offer and patch; approve; operate: promote, pause, abort, roll back, release, force; emergency: change and roll back past approvals, freeze windows and the breaker, with a reason; access: change access itself and the root of trust',
    ),
    changes: setting(z.array(changeClass).optional(), 'classes of change it may make; without it, all'),
    tenants: setting(
      z.array(z.string().min(1)).optional(),
      'tenants whose entries it may change, and nothing outside of tenants; without it, all',
    ),
  }),
)

export const oidcSpec = z.record(
  plainName,
  z.strictObject({
    issuer: setting(
      z
        .string()
        .refine(isIssuerUrl, { error: 'an https URL without query; http on a loopback address only' }),
      'who signs the tokens, exactly as their iss says it; its keys are found by OpenID discovery',
    ),
    jwks: setting(
      z.string().refine(isIssuerUrl, { error: 'an https URL; http on a loopback address only' }).optional(),
      'where the keys are, in place of discovery',
    ),
    audience: setting(
      z.string().min(1),
      'what aud of a token must hold, so that tokens for other services are not taken',
    ),
    algorithms: setting(
      z.array(z.enum(SIGNATURE_ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
      'how tokens may be signed',
    ),
    clockSkewMs: setting(
      z.int().min(0).max(300_000).default(ACCESS_DEFAULTS.clockSkewMs),
      'by how much the clocks of the issuer and of this machine may differ',
      { unit: 'ms' },
    ),
    nameClaim: setting(
      z.string().min(1).default('sub'),
      'claim that says who it is; one that people cannot change themselves',
    ),
    rolesClaim: setting(
      z.string().min(1).default('groups'),
      'claim that holds groups or roles: a name, or a JSON pointer such as /realm_access/roles',
    ),
    roles: setting(
      z.record(z.string().min(1), z.array(z.string().min(1))).default({}),
      'values of rolesClaim and the roles they stand for; a token with none of them may nothing',
    ),
  }),
)

/** Class of change, or `*` for each class without an entry of its own. */
export const approvalsSpec = z.partialRecord(
  z.enum(['*', ...CHANGE_CLASSES] as [string, ...string[]]),
  z.strictObject({
    count: setting(
      z.int().min(1).max(20).default(1),
      'how many people have to agree; the author is never one of them',
    ),
    roles: setting(z.array(z.string().min(1)).default(['approver', 'owner']), 'roles whose word counts'),
    people: setting(z.array(z.string().min(1)).default([]), 'entries of access.people whose word counts too'),
    withinMs: setting(
      z.int().min(1_000).max(LONGEST_MS).default(ACCESS_DEFAULTS.withinMs),
      'how long a change waits before it expires',
      { unit: 'ms' },
    ),
  }),
)

export type PeopleSpec = z.output<typeof peopleSpec>
export type RolesSpec = z.output<typeof rolesSpec>
export type OidcSpec = z.output<typeof oidcSpec>
export type IssuerSpec = OidcSpec[string]
export type ApprovalsSpec = z.output<typeof approvalsSpec>
