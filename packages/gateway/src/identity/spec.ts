/** What can be set about who may call: whether keys are asked for, tenants and their keys. A key itself is never in the settings, only its hash. */
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
const priority = z.int().min(0).max(9)

const keySpec = z.strictObject({
  hash: setting(
    z.string().refine((it) => HASH.test(it), {
      error: '"sha256:" and the 64 lower-case hex digits of the key\'s SHA-256',
      params: hidden,
    }),
    'sha256: and the hex digits of the SHA-256 of the key that the caller sends as a bearer token; for a key in $KEY, printf %s "$KEY" | sha256sum prints the digits',
    { pattern: HASH.source },
  ),
  expires: setting(
    z.string().refine(isInstant, { error: 'an instant such as 2027-01-31T00:00:00Z' }).optional(),
    'when the key stops working; without it the key does not expire',
  ),
  limit: setting(
    z.string().optional(),
    "the entry of limits that counts this key's requests; without it the tenant's own",
  ),
  priority: setting(
    priority.optional(),
    "who goes first where requests wait for a place, higher first; without it the tenant's own",
  ),
})

/** Whether a caller must be known. */
export const callersSpec = z.enum(['known', 'anyone'])

export const tenantSpec = z.strictObject({
  keys: setting(
    z.record(z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED }), keySpec),
    'keys of this tenant by name; two may be valid at once, so that one can be replaced without an outage',
  ),
  allow: setting(
    z.array(z.string().regex(MODEL_NAME, { error: MODEL_NAME_EXPECTED })).optional(),
    'routes and models this tenant may call; without it, all',
  ),
  limit: setting(z.string().optional(), 'the entry of limits for each key that names none itself'),
  priority: setting(
    priority.optional(),
    'priority of each key that names none itself, 0 to 9; without it 5; a caller may ask for less in x-changeover-priority',
  ),
})

export type TenantSpec = z.output<typeof tenantSpec>

/** RFC 3339 with a zone: a local time would mean another instant on another machine. */
function isInstant(text: string): boolean {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
  return form.test(text) && !Number.isNaN(Date.parse(text))
}
