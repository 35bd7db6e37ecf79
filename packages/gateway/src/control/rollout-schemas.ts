/** What the admin API says of rollouts. */
import { z } from '@hono/zod-openapi'
import { STRATEGIES, UNITS } from '../settings/rollout-spec.ts'

const instant = z.string().describe('RFC 3339')
const verdict = z.enum(['pass', 'fail', 'inconclusive'])
const share = z.number().describe('part of the units, 0 to 1')

/** As in the engine's contract; a test holds the two together. */
const states = [
  'scheduled',
  'running',
  'paused',
  'inconclusive',
  'promoting',
  'baking',
  'complete',
  'aborted',
  'rolled_back',
  'superseded',
] as const

const Step = z
  .object({ share, forMs: z.number().int().nullable().describe('null: until somebody promotes it') })
  .openapi('RolloutStep')

const Arm = z
  .object({ samples: z.number().int(), value: z.number().nullable().describe('rate or typical amount') })
  .openapi('MeasureSide')

export const Measure = z
  .object({
    name: z.string(),
    verdict,
    candidate: Arm,
    baseline: Arm,
    change: z.number().nullable().describe('relative: 0.2 is 20 % more than the baseline'),
    low: z.number().nullable().describe('the change lies above this, whenever one looks'),
    high: z.number().nullable().describe('and below this'),
    reason: z.string(),
  })
  .openapi('Measure')

const Move = z
  .object({
    at: instant,
    state: z.enum(states),
    step: z.number().int().nullable(),
    share,
    reason: z.string().nullable(),
    by: z.string().nullable(),
  })
  .openapi('RolloutMove')

export const Rollout = z
  .object({
    id: z.string(),
    attempt: z.string().describe('`rl_…`, for promote, pause, resume and abort'),
    version: z.string(),
    baseline: z.string().nullable().describe('version that it is compared with, and goes back to'),
    traceId: z.string().nullable().describe('of the reload that brought it'),
    strategy: z.enum(STRATEGIES),
    unit: z.enum(UNITS).nullable(),
    state: z.enum(states),
    reason: z.string().nullable(),
    words: z.string().describe('how it stands, in a sentence'),
    step: z.number().int().nullable().describe('from 0'),
    steps: z.array(Step).readonly(),
    share: share.describe('of the units that the new version answers now'),
    since: instant,
    endsAt: instant.nullable().describe('when this state ends by itself'),
    verdict: verdict.nullable().describe('null where nothing has been compared'),
    measures: z.array(Measure).readonly(),
    requests: z
      .object({ candidate: z.number().int(), baseline: z.number().int() })
      .describe('given to each side since it began'),
    shadow: z
      .object({
        calls: z.number().int(),
        refused: z.number().int(),
        elsewhere: z.number().int(),
        sent: z.number().int(),
        costMicroUsd: z.number(),
      })
      .nullable()
      .describe(
        'of a shadow: calls looked at, those it would have refused, those it would have sent elsewhere; copies that went to its providers, and what they cost',
      ),
    history: z.array(Move).readonly(),
  })
  .openapi('Rollout')

export const RolloutPage = z
  .object({
    rollout: z
      .union([Rollout, z.null()])
      .describe('the one that goes on or waits for its time; else the last that ended in this process'),
    policy: z
      .object({
        strategy: z.enum(STRATEGIES),
        unit: z.enum(UNITS),
        steps: z.array(Step).readonly(),
        forMs: z.number().int().nullable(),
        bakeMs: z.number().int(),
        meanwhile: z.enum(['supersede', 'queue', 'refuse']),
        copies: z.number().describe('beside a shadow, the part of the calls of which a copy goes out'),
        confirmWithinMs: z.number().int().nullable(),
        changes: z
          .record(
            z.string(),
            z.object({
              strategy: z.enum(STRATEGIES),
              unit: z.enum(UNITS).nullable(),
              steps: z.array(Step).readonly().nullable(),
              forMs: z.number().int().nullable(),
            }),
          )
          .describe('by section, what it says for itself'),
        analysis: z.object({
          everyMs: z.number().int(),
          falseAlarms: z.number(),
          pass: z.enum(['noHarm', 'shown']),
          onInconclusive: z.enum(['extend', 'pause']),
          extendMs: z.number().int(),
          measures: z.record(
            z.string(),
            z.object({
              tolerance: z.number().nullable(),
              minSamples: z.number().int().nullable(),
              off: z.boolean(),
            }),
          ),
          external: z
            .record(
              z.string(),
              z.object({
                source: z.enum(['webhook', 'prometheus']),
                url: z.string(),
                value: z.string().nullable(),
                samples: z.string().nullable(),
                authorization: z.string().nullable().describe('as it is written: with its references'),
                everyMs: z.number().int(),
                timeoutMs: z.number().int(),
                kind: z.enum(['proportion', 'amount']),
                worse: z.enum(['higher', 'lower', 'either']),
                tolerance: z.number(),
                minSamples: z.number().int(),
              }),
            )
            .describe('what others measure'),
          burnRate: z
            .union([
              z.object({
                objective: z.number(),
                factor: z.number(),
                longMs: z.number().int(),
                shortMs: z.number().int(),
                minSamples: z.number().int(),
              }),
              z.null(),
            ])
            .describe('how fast a version may spend its error budget'),
        }),
      })
      .describe('how the next change comes in, where nothing else is asked for'),
    frozen: z
      .union([
        z.object({ until: instant, reason: z.string(), changes: z.enum(['refuse', 'wait']) }),
        z.null(),
      ])
      .describe('the freeze window that is open now'),
    probes: z
      .record(
        z.string(),
        z.object({
          url: z.string(),
          expectStatus: z.number().int(),
          everyMs: z.number().int(),
          timeoutMs: z.number().int(),
          failures: z.number().int(),
        }),
      )
      .describe('what has to go on answering while the next version is on trial, by name'),
  })
  .openapi('RolloutPage')

export const PromoteRequest = z
  .object({
    to: z
      .enum(['next', 'full', 'confirmed'])
      .optional()
      .describe('the next step, all traffic, or past its observation as well; default next'),
    reason: z.string().max(500).optional(),
  })
  .openapi('PromoteRequest')
