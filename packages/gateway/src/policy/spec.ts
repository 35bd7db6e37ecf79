/** What can be set about how much may be asked for, and what it may cost. Counted by key, team or tenant, whichever names the entry; counts outlive a change of the numbers. */
import { z } from 'zod'
import { LONGEST_MS, setting } from '../contract/setting.ts'

const MOST = 1_000_000_000
const MOST_TOKENS = 1_000_000_000_000
/** Exact in micro-dollars. */
const MOST_USD = 1_000_000_000

const tokens = (what: string) =>
  setting(
    z.int().min(1).max(MOST_TOKENS).optional(),
    `${what} that are taken in each period, estimated before a call and put right after it`,
    { unit: 'tokens' },
  )

export const limitSpec = z
  .strictObject({
    requests: setting(z.int().min(1).max(MOST).optional(), 'requests that are taken in each period', {
      unit: 'requests',
    }),
    perMs: setting(z.int().min(1).max(LONGEST_MS).optional(), 'length of the period; 60000 is a minute', {
      unit: 'ms',
    }),
    burst: setting(
      z.int().min(1).max(MOST).optional(),
      'how many requests may come at once after a quiet time; without it as many as in a whole period',
      { unit: 'requests' },
    ),
    inputTokens: tokens('tokens of requests'),
    outputTokens: tokens('tokens of replies'),
    tokens: tokens('tokens of requests and replies together'),
    concurrent: setting(z.int().min(1).max(MOST).optional(), 'calls that may be under way at the same time', {
      unit: 'calls',
    }),
    shared: setting(
      z.boolean().optional(),
      'whether it is counted together with the other processes that use the same counters; without it, where there are such counters',
    ),
  })
  .superRefine((it, context) => {
    const isRate = [it.requests, it.inputTokens, it.outputTokens, it.tokens].some(
      (rate) => rate !== undefined,
    )
    if (!isRate && it.concurrent === undefined) {
      context.addIssue({
        code: 'custom',
        path: [],
        message: 'at least one of "requests", "inputTokens", "outputTokens", "tokens" and "concurrent"',
      })
    }
    if (isRate && it.perMs === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['perMs'],
        message: 'the length of the period, in milliseconds',
      })
    }
    if (it.burst !== undefined && it.requests === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['burst'],
        message: '"requests" beside it, which it is the burst of',
      })
    }
  })

export type LimitSpec = z.output<typeof limitSpec>

export const PERIODS = ['hour', 'day', 'week', 'month', 'total'] as const
export type BudgetPeriod = (typeof PERIODS)[number]

export const budgetSpec = z
  .strictObject({
    usd: setting(
      z.number().positive().max(MOST_USD).optional(),
      'US dollars that calls may cost in each period, by the prices of the catalogue',
      { unit: 'USD' },
    ),
    calls: setting(z.int().min(1).max(MOST).optional(), 'calls that may go to a provider in each period', {
      unit: 'calls',
    }),
    tokens: setting(
      z.int().min(1).max(MOST_TOKENS).optional(),
      'tokens, of requests and replies together, in each period',
      { unit: 'tokens' },
    ),
    period: setting(
      z.enum(PERIODS),
      'how long it lasts until it begins anew, by the calendar; weeks begin on Monday; total: never',
    ),
    timeZone: setting(
      z.string().refine(isTimeZone, { error: 'a time zone such as Europe/Berlin' }).default('UTC'),
      'whose calendar',
    ),
    warnAt: setting(
      z.number().min(0).max(1).default(0.8),
      'share of it, used or held, at which a line is written to the log',
    ),
    shared: setting(
      z.boolean().optional(),
      'whether it is counted together with the other processes that use the same counters; without it, where there are such counters',
    ),
    onUnpriced: setting(
      z.enum(['refuse', 'allow']).default('refuse'),
      'what becomes of a call that a target without a known price may answer, where dollars are counted; allowed, such answers cost nothing',
    ),
  })
  .superRefine((it, context) => {
    if ([it.usd, it.calls, it.tokens].some((amount) => amount !== undefined)) return
    context.addIssue({ code: 'custom', path: [], message: 'at least one of "usd", "calls" and "tokens"' })
  })

export type BudgetSpec = z.output<typeof budgetSpec>

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
