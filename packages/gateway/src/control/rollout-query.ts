/**
 * How one change is to come in, as its asker says it beside the body: `?strategy=canary&steps=1%:5m,5%:10m&by=tenant`.
 *
 * Short forms, because people type them: shares with a per cent sign, times with their unit. What is not said is as
 * the settings in force have it.
 */
import type { RolloutStep } from '@changeover/reload'
import { z } from '@hono/zod-openapi'
import { GatewayError } from '../errors.ts'
import type { AskedRollout } from '../settings/rollout-policy.ts'
import { STRATEGIES, UNITS } from '../settings/rollout-spec.ts'

export const rolloutQuery = z.object({
  strategy: z
    .enum(STRATEGIES)
    .optional()
    .describe('how this change comes in, in place of what the settings in force say'),
  by: z.enum(UNITS).optional().describe('for a canary: what gets the new version as one'),
  steps: z
    .string()
    .optional()
    .describe(
      'for a canary: shares and how long each lasts, such as `1%:5m,5%:10m,25%`; without a time until promoted',
    ),
  hold: z
    .string()
    .optional()
    .describe('for blueGreen and shadow: how long before it takes all, such as `10m`'),
  bake: z.string().optional().describe('how long it is observed at full traffic, such as `1m`'),
  startAt: z.string().optional().describe('not before this instant (RFC 3339)'),
  confirmWithin: z
    .string()
    .optional()
    .describe('it goes back by itself unless it is promoted within this time, such as `10m`'),
})

/** What is asked for; empty where nothing is. Throws `control.bad_request`. */
export function readRollout(query: Readonly<Record<string, string>>): AskedRollout {
  const read = rolloutQuery.safeParse(query)
  if (!read.success) {
    const [issue] = read.error.issues
    const field = String(issue?.path[0] ?? 'query')
    throw bad(field, query[field] ?? '', issue?.message ?? 'what the API document says')
  }
  const { strategy, by, steps, hold, bake, startAt, confirmWithin } = read.data
  const asksForCanary = strategy === undefined && (steps !== undefined || by !== undefined)
  return {
    ...(strategy === undefined ? {} : { strategy }),
    ...(asksForCanary ? { strategy: 'canary' as const } : {}),
    ...(by === undefined ? {} : { unit: by }),
    ...(steps === undefined ? {} : { steps: readSteps(steps) }),
    ...(hold === undefined ? {} : { forMs: readTime('hold', hold) }),
    ...(bake === undefined ? {} : { bakeMs: readTime('bake', bake) }),
    ...(startAt === undefined ? {} : { startAt: readInstant(startAt) }),
    ...(confirmWithin === undefined ? {} : { confirmWithinMs: readTime('confirmWithin', confirmWithin) }),
  }
}

/** Throws `control.bad_request`. */
export function readSteps(text: string): readonly RolloutStep[] {
  const steps = text.split(',').map((it): RolloutStep => {
    const [share = '', time] = it.trim().split(':')
    return { share: readShare(share), forMs: time === undefined ? null : readTime('steps', time) }
  })
  const grow = steps.every((it, i) => it.share > (steps[i - 1]?.share ?? 0))
  if (grow && steps.length <= 20) return steps
  throw bad('steps', text, 'up to twenty shares, each above the one before')
}

function readShare(text: string): number {
  const [, number, percent] = /^(\d{1,3}(?:\.\d{1,4})?|\.\d{1,4})(%?)$/.exec(text) ?? []
  const share = percent === '%' ? Number(number) / 100 : Number(number)
  if (share > 0 && share <= 1) return share
  throw bad('steps', text, 'a share such as 5% or 0.05, up to 100%')
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const LONGEST_MS = 24 * 86_400_000

function readTime(field: string, text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? []
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN)
  if (ms <= LONGEST_MS) return ms
  throw bad(field, text, 'a time such as 500ms, 90s, 15m, 2h or 1d, up to 24d')
}

function readInstant(text: string): string {
  const ms = Date.parse(text)
  if (/^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(ms))
    return new Date(ms).toISOString()
  throw bad('startAt', text, 'an instant such as 2026-12-01T06:00:00Z')
}

function bad(field: string, text: string, expected: string): GatewayError<'control.bad_request'> {
  return new GatewayError('control.bad_request', { field, found: `"${text.slice(0, 40)}"`, expected })
}
