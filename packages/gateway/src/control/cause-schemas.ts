/** Bodies of the admin API's answers about cause and effect. The rest: `schemas.ts`. */
import { z } from '@hono/zod-openapi'
import { Place } from './schemas.ts'

const json = z.unknown().describe('any JSON value')
/** Not `.nullable()`: on a schema with a name, the generator of the document would forget the null. */
const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()])
const pointer = z.string().describe('JSON pointer into the settings')

export const VersionStep = z
  .object({
    version: z.string(),
    at: z.string(),
    author: z.string(),
    reason: z.string().nullable().describe('what the author said; `null` where it is not kept any more'),
    attempt: z.string().nullable().describe('the reload that brought it in'),
    traceId: z.string().nullable().describe('trace of that reload'),
    trigger: z.string().nullable(),
    source: z.string().nullable(),
    status: z.string().nullable().describe('what became of that reload'),
    restores: z.string().nullable().describe('the older version that it went back to'),
    isOverride: z.boolean().describe('it was there for a time only'),
    approvedBy: z.array(z.string()).readonly(),
    commit: z.string().nullable().describe('from the lineage of a payload that names it'),
  })
  .describe('a version, and how it came in')
  .openapi('VersionStep')

const origin = {
  pointer,
  kind: z
    .enum(['file', 'pulled', 'api', 'override', 'sealed', 'starter', 'default', 'unknown'])
    .describe(
      "`file`: the operator's own; `pulled`: a source written elsewhere; `api`: asked for through this API; `override`: for a time only; `sealed`: came sealed; `starter`: the first settings, as the gateway wrote them; `default`: written nowhere; `unknown`: older than what is kept",
    ),
  place: orNull(Place).describe('where it stands in what was read'),
  change: orNull(VersionStep).describe('the version that last made it what it is'),
  heldSince: z
    .string()
    .nullable()
    .describe('the oldest version kept, which held it already, when it is older than all that is kept'),
}

export const ValueOrigin = z
  .object({
    ...origin,
    restored: orNull(z.object({ ...origin })).describe(
      'where it stood before, when that version was a way back',
    ),
  })
  .openapi('ValueOrigin')

export const SettingValue = z.object({ pointer, value: json, origin: ValueOrigin }).openapi('SettingValue')

export const SettingsOrigin = z
  .object({
    version: z.string(),
    pointer,
    values: z.array(SettingValue).readonly(),
    left: z.number().int().describe('values that are not listed, beyond `limit`'),
  })
  .openapi('SettingsOrigin')
