/**
 * How much of the budgets of tenants is used, as of the last call that was counted by each: for a gauge, so that nobody
 * has to ask a store for it. And of which budgets somebody has been warned, whatever versions came since.
 *
 * Only tenants, and no more than a fixed number: teams and keys are as many as people make.
 */
export interface BudgetShare {
  readonly budget: string
  readonly tenant: string
  /** Used or held, of the whole; above 1 where it was overdrawn. */
  share: number
  /** Wall milliseconds; `null`: never. */
  endsMs: number | null
}

const MOST = 500
/** Beyond it the memory starts anew, and some are warned of twice. */
const MOST_WARNED = 10_000

export class BudgetShares {
  readonly #shares = new Map<string, BudgetShare>()
  /** The period in which a warning was given, by count. */
  readonly #warned = new Map<string, string>()

  /** `key`: of the count, whatever its period. */
  note(key: string, it: BudgetShare): void {
    const known = this.#shares.get(key)
    if (known === undefined && this.#shares.size >= MOST) return
    this.#shares.set(key, it)
  }

  /** Whether nobody has been warned of it in this period; asking is warning. */
  isFirst(key: string, period: string): boolean {
    if (this.#warned.get(key) === period) return false
    if (this.#warned.size >= MOST_WARNED) this.#warned.clear()
    this.#warned.set(key, period)
    return true
  }

  /** Those whose period still runs. */
  list(nowMs: number): readonly BudgetShare[] {
    return [...this.#shares.values()].filter(({ endsMs }) => endsMs === null || endsMs > nowMs)
  }
}
