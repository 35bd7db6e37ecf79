/** How limits of tokens and places, and budgets, are seen to change under load. One entry a setting. */
import type { Tree } from '../settings-text.ts'
import type { Seen, SettingChange } from './world.ts'

const HOUR_MS = 3_600_000
const status = async (seen: Seen) => (await seen.ask()).status

/** The stream that goes on has taken all there was. */
function limit(field: string, effect: string, most: number): SettingChange {
  const rate = field === 'concurrent' ? {} : { perMs: HOUR_MS }
  return {
    setting: `/limits/*/${field}`,
    effect,
    from: { tenant: { limit: 'l' }, limit: { ...rate, [field]: 1 } },
    to: { limit: { [field]: most } },
    see: status,
    was: 429,
    becomes: 200,
  }
}

const spent = { was: 402, becomes: 200 }

interface BudgetChange extends Pick<SettingChange, 'effect' | 'was' | 'becomes'> {
  readonly field: string
  readonly from: Tree
  readonly to: Tree
  readonly price?: true
  readonly see?: SettingChange['see']
  readonly streams?: false
}

function budget({ field, from, to, price, see = status, ...rest }: BudgetChange): SettingChange {
  const name = `budget-${field}`
  const model = `test/${name}`
  const prices = { catalogue: { [model]: { prices: [{ input: 100, output: 100 }] } } }
  const priced = price === true ? { a: { catalogue: model } } : {}
  return {
    setting: `/budgets/*/${field}`,
    see,
    ...rest,
    from: {
      ...priced,
      tenant: { budgets: [name] },
      more: { ...(price === true ? prices : {}), budgets: { [name]: { period: 'total', ...from } } },
    },
    to: { more: { budgets: { [name]: to } } },
  }
}

/** Whether the log has a line of it by now. */
async function isWarned(seen: Seen): Promise<boolean> {
  await seen.ask()
  const { lines } = seen.world.gateway.process
  return (
    (await seen.soon(() => lines.find((it) => it.includes('budget-warnAt') && it.includes(' %')) ?? null)) !==
    null
  )
}

export const budgetChanges: readonly SettingChange[] = [
  limit('inputTokens', 'the next requests have as many as is said now; tokens taken before count', 1_000_000),
  limit('outputTokens', 'the next replies have as many as is said now; tokens taken before count', 1_000_000),
  limit('tokens', 'the next calls have as many as is said now; tokens taken before count', 1_000_000),
  limit('concurrent', 'as many may be under way as is said now, those that are among them', 100),
  budget({
    field: 'calls',
    effect: 'the next calls have as many as is said now; those made before count',
    from: { calls: 1 },
    to: { calls: 1000 },
    ...spent,
  }),
  budget({
    field: 'tokens',
    effect: 'the next calls have as many as is said now; those used before count',
    from: { tokens: 10 },
    to: { tokens: 1_000_000 },
    ...spent,
    streams: false,
  }),
  budget({
    field: 'usd',
    effect: 'the next calls may cost as much as is said now; what was spent before counts',
    price: true,
    from: { usd: 0.01 },
    to: { usd: 1000 },
    ...spent,
    streams: false,
  }),
  budget({
    field: 'period',
    effect: 'the next calls are counted in the new period, from its beginning; the old count stays',
    from: { calls: 1 },
    to: { period: 'month' },
    ...spent,
  }),
  budget({
    field: 'timeZone',
    effect: 'the next calls are counted by the other calendar, from the beginning; the old count stays',
    from: { calls: 1, period: 'month' },
    to: { timeZone: 'Pacific/Auckland' },
    ...spent,
  }),
  budget({
    field: 'warnAt',
    effect: 'the next call that takes it that far has a line in the log',
    from: { calls: 1000, warnAt: 1 },
    to: { warnAt: 0.001 },
    see: isWarned,
    was: false,
    becomes: true,
  }),
  budget({
    field: 'onUnpriced',
    effect: 'the next calls without a known price are let through, or no more',
    from: { usd: 1000 },
    to: { onUnpriced: 'allow' },
    was: 403,
    becomes: 200,
    streams: false,
  }),
]

/** Nobody answers there, so what is counted there is refused. */
const counters = { store: { redis: { url: 'redis://127.0.0.1:9' } }, timeoutMs: 20 }

/** In a gateway whose counts are shared with others. */
export const sharedChanges: readonly SettingChange[] = [
  {
    setting: '/limits/*/shared',
    effect:
      'the next requests are counted by this process alone, or with the others, each from its own count',
    from: {
      tenant: { limit: 'l' },
      limit: { requests: 9, perMs: HOUR_MS, shared: true },
      more: { counters },
    },
    to: { limit: { shared: false } },
    see: status,
    was: 503,
    becomes: 200,
    streams: false,
  },
  {
    setting: '/budgets/*/shared',
    effect: 'the next calls are counted by this process alone, or with the others, each from its own count',
    from: {
      tenant: { budgets: ['budget-shared'] },
      more: { counters, budgets: { 'budget-shared': { calls: 9, period: 'total', shared: true } } },
    },
    to: { more: { budgets: { 'budget-shared': { shared: false } } } },
    see: status,
    was: 503,
    becomes: 200,
    streams: false,
  },
]
