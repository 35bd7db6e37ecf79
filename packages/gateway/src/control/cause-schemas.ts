/** Bodies of the admin API's answers about cause and effect. The rest: `schemas.ts`. */
import { z } from '@hono/zod-openapi'
import { Call } from './call-schemas.ts'
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
    emergency: z.string().nullable().describe('why it passed approvals and freezes'),
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

const Differing = z.object({
  says: z.string().describe('the difference in words'),
  pointers: z.array(pointer).readonly(),
  origin: orNull(ValueOrigin).describe('of the first of them, under the version in force'),
})

export const Why = z
  .object({
    call: Call,
    version: z.object({
      version: z.string(),
      says: z.string().describe('why this version answered, and no other'),
      role: z.enum(['candidate', 'current']).nullable(),
      share: z
        .number()
        .nullable()
        .describe('of the units that the candidate answered at that time; `null` where one version served'),
      kept: z.boolean().describe('whether its settings are kept: without them no values are named'),
      step: orNull(VersionStep).describe('how it came in'),
    }),
    steps: z
      .array(
        z.object({
          about: z.enum([
            'caller',
            'route',
            'prompt',
            'limit',
            'cache',
            'choice',
            'target',
            'attempts',
            'price',
          ]),
          says: z.string(),
          values: z.array(SettingValue).readonly(),
        }),
      )
      .readonly()
      .describe('what decided, in the order of the journey'),
    now: orNull(
      z.object({
        version: z.string(),
        says: z.string(),
        changes: z.array(Differing).readonly(),
      }),
    ).describe('what of it is different under the version in force'),
  })
  .openapi('Why')

const BlameEntry = z
  .object({
    version: z.string(),
    at: z.string().describe('when it took its first call'),
    guilty: z.boolean(),
    evidence: z
      .enum(['canary', 'step'])
      .describe('`canary`: candidate and baseline at the same time; `step`: before and after'),
    probability: z
      .number()
      .nullable()
      .describe('that the metric jumped for good with it; null beside the comparison of a candidate'),
    change: z.number().nullable().describe('relative: 0.3 is 30 % more since this reload'),
    low: z.number().nullable().describe('between this and `high` with a probability of 95 %'),
    high: z.number().nullable(),
    before: z.number().nullable(),
    after: z.number().nullable(),
    samples: z.number().int().describe('calls that it was seen from'),
    strength: z.number().describe('standard errors that the change is away from none'),
    reason: z.string(),
    changed: z.array(pointer).readonly(),
    words: z.array(z.string()).readonly().describe('what it changed, in sentences, where that is kept'),
    step: orNull(VersionStep).describe('how it came in: author, reload, trace'),
  })
  .openapi('BlameEntry')

export const Blame = z
  .object({
    metric: z.string(),
    from: z.string(),
    to: z.string(),
    calls: z.number().int().describe('that were looked at'),
    cut: z.boolean().describe('there were more; the newest were looked at'),
    concluded: z.boolean().describe('false: nothing can be concluded, and nobody is guilty'),
    summary: z.string(),
    ranking: z.array(BlameEntry).readonly().describe('the most suspicious first'),
  })
  .openapi('Blame')
