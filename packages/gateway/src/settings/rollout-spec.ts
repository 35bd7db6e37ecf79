/**
 * What can be set about how a version of the settings itself comes in: to whom first, for how long, judged by what.
 *
 * Which of two policies applies to a change of the policy: the one in force
 * (docs/decisions/2026-11-21-rollout-of-the-rollout.md). Not here: choosing it (`rollout-policy.ts`), following it
 * (the engine).
 */
import { z } from 'zod'
import { LONGEST_MS, PLAIN_NAME, PLAIN_NAME_EXPECTED, setting } from '../contract/setting.ts'

const MINUTE_MS = 60_000

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
    'for blueGreen and shadow: how long the new version stands beside before it takes all; null until somebody promotes',
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
})

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
