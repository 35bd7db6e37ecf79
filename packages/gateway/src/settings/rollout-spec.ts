/**
 * What can be set about how a version of the settings itself comes in: to whom first, for how long, judged by what.
 *
 * Which of two policies applies to a change of the policy: the one in force
 * (docs/decisions/2026-11-21-rollout-of-the-rollout.md). Not here: choosing it (`rollout-policy.ts`), following it
 * (the engine).
 */
import { z } from 'zod'
import { secretReferencesIn } from '../contract/secret.ts'
import {
  LONGEST_MS,
  PLAIN_NAME,
  PLAIN_NAME_EXPECTED,
  SECRET_EXPECTED,
  SECRET_PARAMS,
  setting,
} from '../contract/setting.ts'

const MINUTE_MS = 60_000
/** As many as the format takes. */
const MOST_EXTERNAL = 20

export const ROLLOUT_DEFAULTS = {
  // Long enough to see a wrong credential fail some calls, short enough that the next change need not wait.
  bakeMs: 5000,
  // Who has not said otherwise waits for nothing: a canary of a gateway nobody calls would never end.
  strategy: 'allAtOnce',
  unit: 'request',
  meanwhile: 'supersede',
  // Few callers first, for as long as rare faults take to show; then enough of them to see the load.
  steps: [
    { share: 0.05, forMs: 10 * MINUTE_MS },
    { share: 0.25, forMs: 10 * MINUTE_MS },
  ],
  everyMs: 1000,
  falseAlarms: 0.01,
  onInconclusive: 'extend',
  // As long again as both of the usual steps: a quiet hour does not end in a promotion.
  extendMs: 20 * MINUTE_MS,
  // As the engine has them: sources are scraped every some seconds, and say the same thing again when asked sooner.
  external: {
    everyMs: 10_000,
    timeoutMs: 5000,
    kind: 'amount',
    worse: 'higher',
    tolerance: 0.1,
    minSamples: 50,
  },
  // Two per cent of a month's budget within an hour, and a twelfth of that to see that it still goes on: the first of the SRE
  // workbook's alerts.
  burnRate: { factor: 14.4, longMs: 60 * MINUTE_MS, shortMs: 5 * MINUTE_MS, minSamples: 50 },
} as const

export const STRATEGIES = ['allAtOnce', 'canary', 'blueGreen', 'shadow'] as const
export const UNITS = ['request', 'session', 'tenant', 'key'] as const

const durationMs = z.int().min(0).max(LONGEST_MS)
const forMs = z.int().min(1).max(LONGEST_MS).nullable().default(null)
const share = z.number().gt(0).max(1)

export const observeSpec = z.strictObject({
  bakeMs: setting(
    durationMs.default(ROLLOUT_DEFAULTS.bakeMs),
    'how long a new version is observed before it becomes the one to fall back to',
    { unit: 'ms' },
  ),
})

const stepSpec = z.strictObject({
  share: setting(share, 'part of the units that get the new version, above 0 up to 1'),
  forMs: setting(forMs, 'how long the step lasts; null until somebody promotes', { unit: 'ms' }),
})

const stepsSpec = z
  .array(stepSpec)
  .min(1)
  .max(20)
  .superRefine((steps, context) => {
    for (const [i, it] of steps.entries()) {
      if (it.share > (steps[i - 1]?.share ?? 0)) continue
      context.addIssue({
        code: 'custom',
        path: [i, 'share'],
        message: 'a share above that of the step before',
      })
    }
  })

const says = {
  strategy:
    'allAtOnce for everybody; canary for a growing part of the units; blueGreen for everybody with the way back kept; shadow for nobody, only compared',
  unit: 'for a canary: what gets the new version as one, and keeps it: a request, session, tenant or key',
  steps: 'for a canary: the shares it grows by',
  forMs:
    'for blueGreen: how long the new version stands beside before it takes all; for shadow: how long it looks on before it waits for somebody to promote it; null until somebody promotes',
} as const

export const policySpec = z.strictObject({
  strategy: setting(z.enum(STRATEGIES).default(ROLLOUT_DEFAULTS.strategy), says.strategy),
  unit: setting(z.enum(UNITS).default(ROLLOUT_DEFAULTS.unit), says.unit),
  steps: setting(stepsSpec.optional(), `${says.steps}; without it 5 % and 25 % for ten minutes each`),
  forMs: setting(forMs, says.forMs, { unit: 'ms' }),
  meanwhile: setting(
    z.enum(['supersede', 'queue', 'refuse']).default(ROLLOUT_DEFAULTS.meanwhile),
    'what becomes of a further change while a rollout runs: it takes its place, waits for its end, or is refused',
  ),
  copies: setting(
    z.number().min(0).max(1).default(0),
    'for shadow: part of the calls of which a copy goes to the providers of the new version, at their price, so that latency, failures and cost are compared too; nobody is answered from it, and no limit counts it; of the version in force',
  ),
  confirmWithinMs: setting(
    z.int().min(1).max(LONGEST_MS).optional(),
    'a version goes back by itself unless somebody promotes it within this time; without it nobody need',
    { unit: 'ms' },
  ),
})

const measureSpec = z.strictObject({
  tolerance: setting(
    z.number().min(0).max(100).optional(),
    'how much worse the new version may be, relative: 0.1 is ten per cent',
  ),
  minSamples: setting(
    z.int().min(1).max(10_000_000).optional(),
    'calls of each version, or tenants where those are assigned as one, before anything is concluded',
    { unit: 'calls' },
  ),
  off: setting(z.boolean().default(false), 'whether this measure does not count'),
})

const query = z.string().regex(/\S/, { error: 'a query' }).max(4000)

/** Told in the words of the format (`docs/format/payload.md`), which it becomes a part of. */
const externalSpec = z
  .strictObject({
    source: setting(
      z.enum(['webhook', 'prometheus']),
      'who is asked: a webhook, which is told both versions and answers a number for each, or Prometheus',
    ),
    url: setting(
      z
        .string()
        .max(2000)
        .refine(isAddress, { error: 'an http or https URL without user, query and fragment' }),
      'where it is asked; of Prometheus without /api/v1/query',
    ),
    value: setting(
      query.optional(),
      'only for prometheus: the query for the number, with ${version} where the version stands',
    ),
    samples: setting(
      query.optional(),
      'only for prometheus: the query for how many samples the number was made from',
    ),
    authorization: setting(
      z
        .string()
        .max(2000)
        .refine((it) => secretReferencesIn(it).length > 0, {
          error: SECRET_EXPECTED,
          params: SECRET_PARAMS,
        })
        .optional(),
      'header of that name, with its secret as a reference, such as Bearer ${env:TOKEN}',
    ),
    everyMs: setting(
      z.int().min(100).max(LONGEST_MS).default(ROLLOUT_DEFAULTS.external.everyMs),
      'least time between two questions; a verdict takes three answers',
      { unit: 'ms' },
    ),
    timeoutMs: setting(
      z.int().min(1).max(LONGEST_MS).default(ROLLOUT_DEFAULTS.external.timeoutMs),
      'for one question, to the end of its answer; without one nothing is concluded',
      { unit: 'ms' },
    ),
    kind: setting(
      z.enum(['proportion', 'amount']).default(ROLLOUT_DEFAULTS.external.kind),
      'what the number is: a proportion from 0 to 1, or an amount from 0',
    ),
    worse: setting(
      z.enum(['higher', 'lower', 'either']).default(ROLLOUT_DEFAULTS.external.worse),
      'which way is worse',
    ),
    tolerance: setting(
      z.number().min(0).max(100).default(ROLLOUT_DEFAULTS.external.tolerance),
      'how much worse the new version may be, relative: 0.1 is ten per cent',
    ),
    minSamples: setting(
      z.int().min(1).max(10_000_000).default(ROLLOUT_DEFAULTS.external.minSamples),
      'samples of each version before anything is concluded, where the source says how many there were',
      { unit: 'samples' },
    ),
  })
  .superRefine(({ source, value, samples }, context) => {
    const issue = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (source === 'prometheus' && value === undefined) issue('value', 'a query')
    if (source === 'prometheus') return
    if (value !== undefined) issue('value', 'none for a webhook')
    if (samples !== undefined) issue('samples', 'none for a webhook')
  })

const burnRateSpec = z
  .strictObject({
    objective: setting(
      z.number().min(0.01).max(0.999_999),
      'the part of all calls that has to be answered well: 0.999 lets one in a thousand fail',
    ),
    factor: setting(
      z.number().min(1).max(1_000_000).default(ROLLOUT_DEFAULTS.burnRate.factor),
      'times as fast as the objective allows, in both windows, and a new version is taken back',
    ),
    longMs: setting(
      z.int().min(1).max(LONGEST_MS).default(ROLLOUT_DEFAULTS.burnRate.longMs),
      'the window that says that it matters; it begins with the version where that is younger',
      { unit: 'ms' },
    ),
    shortMs: setting(
      z.int().min(1).max(LONGEST_MS).default(ROLLOUT_DEFAULTS.burnRate.shortMs),
      'the window that says that it still goes on; between a hundredth and all of the long one',
      { unit: 'ms' },
    ),
    minSamples: setting(
      z.int().min(1).max(10_000_000).default(ROLLOUT_DEFAULTS.burnRate.minSamples),
      'calls of the new version in each window, before they say anything',
      { unit: 'calls' },
    ),
  })
  .superRefine(({ longMs, shortMs }, context) => {
    if (shortMs <= longMs && shortMs * MOST_WINDOWS >= longMs) return
    context.addIssue({
      code: 'custom',
      path: ['shortMs'],
      message: `a time between a ${MOST_WINDOWS}th and all of longMs, which is ${longMs}`,
    })
  })

/** As the format has it. */
const MOST_WINDOWS = 100

const measureName = z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED })

export const analysisSpec = z.strictObject({
  everyMs: setting(
    z.int().min(100).max(LONGEST_MS).default(ROLLOUT_DEFAULTS.everyMs),
    'how often the two versions are compared',
    { unit: 'ms' },
  ),
  falseAlarms: setting(
    z.number().gt(0).max(0.5).default(ROLLOUT_DEFAULTS.falseAlarms),
    'how many of a hundred rollouts of good changes may be taken back by mistake, as a part: 0.01 is one; over the whole rollout and all measures',
  ),
  pass: setting(
    z.enum(['noHarm', 'shown']).default('noHarm'),
    'what a new version has to show to go on: noHarm, that nothing speaks against it once enough was seen; shown, that it lies within the tolerance, which takes longer',
  ),
  onInconclusive: setting(
    z.enum(['extend', 'pause']).default(ROLLOUT_DEFAULTS.onInconclusive),
    'what happens at the end of a step of which nothing can be concluded: it lasts longer, or it waits for a person',
  ),
  extendMs: setting(
    durationMs.default(ROLLOUT_DEFAULTS.extendMs),
    'how much longer a step may last before it waits for a person',
    { unit: 'ms' },
  ),
  measures: setting(
    z.record(measureName, measureSpec).optional(),
    'what is compared, by name, where it is to differ from what the measure says itself: error_rate, latency_ms, …',
  ),
  external: setting(
    z
      .record(measureName, externalSpec)
      .refine((it) => Object.keys(it).length <= MOST_EXTERNAL, { error: `${MOST_EXTERNAL} at most` })
      .optional(),
    'what others measure and both versions are compared by as well, by a name of its own',
  ),
  burnRate: setting(
    burnRateSpec.optional(),
    'an error budget: a version that spends it too fast is taken back, while it is a candidate and, at full traffic, as long as it is observed',
  ),
})

/** As strict as the format: what it would refuse is refused before a change is made of it. */
function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s?#@]+$/.test(text) && URL.canParse(text)
}

/** What one kind of change says for itself; the rest is as the general policy says. */
const kindSpec = z.strictObject({
  strategy: setting(z.enum(STRATEGIES), says.strategy),
  unit: setting(z.enum(UNITS).optional(), says.unit),
  steps: setting(stepsSpec.optional(), says.steps),
  forMs: setting(forMs.unwrap().optional(), says.forMs, { unit: 'ms' }),
})

export const changesSpec = z.record(z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED }), kindSpec)

const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, { error: 'a time such as 18:00' })

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const windowSpec = z.strictObject({
  days: setting(z.array(z.enum(DAYS)).min(1).optional(), 'days on which it begins; without it all'),
  from: setting(clockTime.default('00:00'), 'when it begins'),
  to: setting(clockTime.default('24:00'), 'when it ends; before the beginning it is on the next day'),
  timeZone: setting(
    z.string().refine(isTimeZone, { error: 'a time zone such as Europe/Berlin or UTC' }).default('UTC'),
    'where the times are those of the clock on the wall',
  ),
  reason: setting(z.string().max(200).default(''), 'what whoever is refused is told'),
})

export const freezeSpec = z.strictObject({
  windows: setting(
    z.array(windowSpec).max(50).default([]),
    'times in which no change comes in; a rollback and a forced change do',
  ),
  changes: setting(
    z.enum(['refuse', 'wait']).default('refuse'),
    'what becomes of a change in such a time: it is refused, or begins when the time is over',
  ),
})

export type PolicySettings = z.output<typeof policySpec>
export type AnalysisSettings = z.output<typeof analysisSpec>
export type ChangesSettings = z.output<typeof changesSpec>
export type FreezeSettings = z.output<typeof freezeSpec>

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
