/**
 * When a second attempt goes out beside a slow first one, and how often at most.
 *
 * The delay is a number, or the time to the first token that a share of the target's last answers kept; a quantile
 * follows the provider through its day, a number does not. Too few answers known: no hedge, unless a number is
 * there too.
 *
 * A budget keeps hedging from doubling the load of providers that are all slow: each call earns a part of one
 * hedge, each hedge costs a whole. What is earned is carried over reloads.
 */
import type { HedgePlan } from '../contract/routing.ts'

export interface HedgeNumbers {
  readonly afterMs?: number | undefined
  readonly quantile?: number | undefined
  readonly maxShare: number
}

/** A quiet route may hedge a few calls in a row. */
const MOST_SAVED = 10

export class HedgeBudget {
  saved = 1
}

export function createHedgePlan(budget: HedgeBudget, numbers: HedgeNumbers): HedgePlan {
  return {
    delayMs: (target, stream) => {
      const measured =
        numbers.quantile === undefined ? null : target.live.quantileMs(numbers.quantile, stream)
      return measured ?? numbers.afterMs ?? null
    },
    take: () => {
      if (budget.saved < 1) return false
      budget.saved -= 1
      return true
    },
    earn: () => {
      budget.saved = Math.min(MOST_SAVED, budget.saved + numbers.maxShare)
    },
  }
}
