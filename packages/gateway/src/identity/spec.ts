/**
 * What can be set about who may call: whether keys are asked for, tenants, their teams and their keys. A key itself is
 * never in the settings, only its hash.
 *
 * Tenant, team and key are the same rules three times: lists of what is allowed only ever narrow on the way down, what
 * counts (limits, budgets) counts at every level, and what is one value (limit, priority) is that of the nearest level
 * that says it.
 *
 * Not here: tokens of identity providers (`token-spec.ts`), whether what is named exists (`pipeline/`).
 */
import { z } from 'zod'
import {
  MODEL_NAME,
  MODEL_NAME_EXPECTED,
  PLAIN_NAME,
  PLAIN_NAME_EXPECTED,
  setting,
} from '../contract/setting.ts'

const HASH = /^sha256:[0-9a-f]{64}$/
const hidden = { hidden: true }
/** Old hashes beside the one in use: more than that is no overlap but a collection. */
const MOST_PREVIOUS = 4
const MOST_NAMED = 16

const plainName = z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED })
const priority = z.int().min(0).max(9)
const hash = z.string().refine((it) => HASH.test(it), {
  error: '"sha256:" and the 64 lower-case hex digits of the key\'s SHA-256',
  params: hidden,
})
const instant = z.string().refine(isInstant, { error: 'an instant such as 2027-01-31T00:00:00Z' })
const named = z.array(z.string().min(1)).max(MOST_NAMED)

/** What each level may say; `who` is the subject of the sentences. */
const rulesOf = (who: string, above: string) => ({
  enabled: setting(
    z.boolean().default(true),
    `whether ${who} may call at all; switched off, calls that run are cut as for a key that was withdrawn`,
  ),
  allow: setting(
    z.array(z.string().regex(MODEL_NAME, { error: MODEL_NAME_EXPECTED })).optional(),
    `routes and models ${who} may call; without it, all${above}`,
  ),
  regions: setting(
    z.array(plainName).min(1).optional(),
    `regions whose targets may answer ${who}; without it, all${above}`,
  ),
  limits: setting(
    named.default([]),
    `entries of limits that count the requests of ${who}, taken together and beside those of the other levels`,
  ),
  budgets: setting(
    named.default([]),
    `entries of budgets that count the cost of ${who}, taken together and beside those of the other levels`,
  ),
})

const previousSpec = z.strictObject({
  hash: setting(hash, 'hash of the key that was replaced', { pattern: HASH.source }),
  expires: setting(instant, 'when the key that was replaced stops working'),
})

const keySpec = z.strictObject({
  hash: setting(
    hash,
    'sha256: and the hex digits of the SHA-256 of the key that the caller sends as a bearer token; for a key in $KEY, printf %s "$KEY" | sha256sum prints the digits',
    { pattern: HASH.source },
  ),
  previous: setting(
    z.array(previousSpec).max(MOST_PREVIOUS).default([]),
    'keys that this one has replaced and that work until they expire, under the same name and counts',
  ),
  expires: setting(instant.optional(), 'when the key stops working; without it the key does not expire'),
  team: setting(plainName.optional(), 'the entry of teams of its tenant whose rules hold for the key too'),
  ...rulesOf('the key', ' that its team and its tenant may'),
  limit: setting(
    z.string().optional(),
    "the entry of limits that counts this key's requests; without it that of its team, else its tenant's own",
  ),
  priority: setting(
    priority.optional(),
    "who goes first where requests wait for a place, higher first; without it that of its team, else its tenant's own",
  ),
})

const teamSpec = z.strictObject({
  ...rulesOf('the team', ' that its tenant may'),
  limit: setting(
    z.string().optional(),
    'the entry of limits for each key of the team that names none itself',
  ),
  priority: setting(priority.optional(), 'priority of each key of the team that names none itself, 0 to 9'),
})

/** Whether a caller must be known. */
export const callersSpec = z.enum(['known', 'anyone'])

/** What becomes of calls that run when their key is withdrawn: milliseconds until they are cut, or `finish`. */
export const revokedWithinSpec = z.union([z.int().min(0).max(3_600_000), z.literal('finish')])
export const REVOKED_WITHIN_MS = 1_000

export const tenantSpec = z.strictObject({
  keys: setting(
    z.record(plainName, keySpec).default({}),
    'keys of this tenant by name; two may be valid at once, so that one can be replaced without an outage',
  ),
  teams: setting(z.record(plainName, teamSpec).default({}), 'teams of this tenant by name; keys name theirs'),
  ...rulesOf('this tenant', ''),
  guardrails: setting(
    z.array(z.string()).max(16).default([]),
    "entries of guardrails that look at this tenant's calls beside those of the route; a tenant can add to them and take none away",
  ),
  limit: setting(z.string().optional(), 'the entry of limits for each key that names none itself'),
  priority: setting(
    priority.optional(),
    'priority of each key that names none itself, 0 to 9; without it 5; a caller may ask for less in x-changeover-priority',
  ),
})

export type TenantSpec = z.output<typeof tenantSpec>
export type TeamSpec = z.output<typeof teamSpec>
export type KeySpec = z.output<typeof keySpec>
export type RevokedWithin = z.output<typeof revokedWithinSpec>

/** RFC 3339 with a zone: a local time would mean another instant on another machine. */
function isInstant(text: string): boolean {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
  return form.test(text) && !Number.isNaN(Date.parse(text))
}
