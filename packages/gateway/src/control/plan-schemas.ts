/** Bodies of the admin API's answers about plans. The rest: `schemas.ts`. */
import { z } from '@hono/zod-openapi'
import { NOT_REPLAYED } from '../plan/look.ts'
import { Change, MissingApproval, PlanWarning, Problem, Sentence } from './schemas.ts'

/** Not `.nullable()`: on a schema with a name, the generator of the document would forget the null. */
const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()])
const instant = z.string().describe('RFC 3339')
const version = z.string().describe('`epoch.seq`, such as `1.42`')
const calls = z.number().int().describe('calls')
const microUsd = z.number().int().describe('micro-dollars')
const examples = z.array(z.string()).readonly().describe('ids of calls')

const RouteTarget = z.object({ route: z.string(), target: z.string() })

const Move = z.object({ from: RouteTarget, to: RouteTarget, calls, examples }).openapi('PlanMove')

const Refusal = z
  .object({
    code: z.string().describe('what callers are told'),
    tenant: z.string().nullable(),
    key: z.string().nullable(),
    model: z.string().describe('what was asked for'),
    calls,
    lastAt: instant,
    examples,
  })
  .openapi('PlanRefusal')

const refusals = z.object({ calls, by: z.array(Refusal).readonly() })

const CostPart = z
  .object({ name: z.string(), calls, before: microUsd, after: microUsd })
  .openapi('PlanCostPart')

const Cost = z
  .object({
    calls: z.number().int().describe('with a cost under both versions'),
    before: microUsd,
    after: microUsd,
    refused: z.number().int().describe('micro-dollars of calls that would be refused; not in the sums'),
    unpriced: z.number().int().describe('calls with tokens of which one of the versions knows no price'),
    byTenant: z.array(CostPart).readonly(),
    byRoute: z.array(CostPart).readonly(),
    examples: z.array(z.object({ call: z.string(), before: microUsd, after: microUsd })).readonly(),
  })
  .openapi('PlanCost')

export const Replay = z
  .object({
    calls: z.number().int().describe('records looked at'),
    from: instant.nullable(),
    to: instant.nullable(),
    replayed: z.number().int().describe('of them, under both versions'),
    tookMs: z.number(),
    notReplayed: z.array(z.object({ reason: z.enum(NOT_REPLAYED), text: z.string(), calls })).readonly(),
    notes: z.array(z.string()).readonly().describe('what the figures do not hold'),
    rerouted: z.object({ calls, moves: z.array(Move).readonly() }),
    refused: refusals.describe('taken by the running version, not by this one'),
    admitted: refusals.describe('refused by the running version, taken by this one'),
    splits: z
      .array(
        z.object({
          route: z.string(),
          targets: z
            .array(z.object({ target: z.string(), before: z.number().int(), after: z.number().int() }))
            .readonly(),
        }),
      )
      .readonly()
      .describe('calls by target, of routes whose split changes'),
    cost: Cost,
  })
  .describe('recorded calls, once through the running version and once through this one')
  .openapi('Replay')

export const Plan = z
  .object({
    id: z.string().describe('`pl_…`: kept for a while, for an approval or to be applied'),
    at: instant,
    ok: z.boolean(),
    from: version
      .nullable()
      .describe(
        'what it was worked out against: the version in force, or the one on trial where it would wait for that',
      ),
    digest: z.string().describe('of the settings that would be in force; empty when it would be refused'),
    changes: z.array(Change).readonly(),
    removed: z.array(z.string()).readonly(),
    words: z.array(z.string()).readonly().describe('each change, place by place'),
    sentences: z.array(Sentence).readonly().describe('the changes, for people'),
    warnings: z.array(PlanWarning).readonly(),
    approvals: z.array(MissingApproval).readonly().describe('whose word it would wait for'),
    replay: orNull(Replay).describe('`null` when it was not asked for, or could not be had'),
    replayTrouble: z.string().describe('why it could not be had; else empty'),
    problem: orNull(Problem).describe('why it would be refused'),
    applied: z.string().nullable().describe('the reload that offered it, when it was applied by its id'),
  })
  .openapi('Plan')

export const PlanPage = z.object({ plans: z.array(Plan).readonly() }).openapi('PlanPage')
