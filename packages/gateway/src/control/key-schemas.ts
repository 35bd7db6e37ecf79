/** What the routes of `keys.ts` take and answer. */
import { z } from '@hono/zod-openapi'
import { PLAIN_NAME } from '../contract/setting.ts'
import { Receipt } from './schemas.ts'

const instant = z.iso.datetime({ offset: true })
const name = z.string().regex(PLAIN_NAME)

export const CreateKeyRequest = z
  .object({
    name: name.describe('under which the key stands in the settings and its calls are counted'),
    team: name.optional(),
    expires: instant.optional().describe('without it the key does not expire'),
  })
  .openapi('CreateKeyRequest')

export const RotateKeyRequest = z
  .object({
    overlapMs: z
      .int()
      .min(0)
      .max(366 * 86_400_000)
      .optional()
      .describe('how long the key that is replaced goes on working; without it a day'),
    expires: instant.optional().describe('of the new key; without it that of the old one'),
  })
  .openapi('RotateKeyRequest')

export const CreatedKey = z
  .object({
    key: z.string().describe('told here and never again; the settings hold its hash'),
    receipt: Receipt,
  })
  .openapi('CreatedKey')

export const ListedKey = z
  .object({
    tenant: z.string(),
    name: z.string(),
    team: z.string().nullable(),
    state: z
      .enum(['active', 'expired', 'disabled'])
      .describe('disabled: the key, its team or its tenant is switched off'),
    expires: instant.nullable(),
    previous: z
      .array(z.object({ expires: instant }))
      .readonly()
      .describe('keys that it has replaced'),
    lastUsedAt: instant.nullable().describe('begin of its last call among the records that are kept'),
  })
  .openapi('ListedKey')

export const KeyPage = z
  .object({ version: z.string(), keys: z.array(ListedKey).readonly() })
  .openapi('KeyPage')
