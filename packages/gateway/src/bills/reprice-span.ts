/** All calls of a span by other prices: what they cost, what they would cost, and the difference by model and tenant. */
import type { MoneyRow } from '../calls/money-rows.ts'
import type { RepricedCall } from '../calls/repricings.ts'
import type { RepriceAsk, Repriced, RepricedLine } from './bill-task.ts'
import type { PriceBook } from './price-book.ts'
import { reprice } from './reprice.ts'

/** `keep` is told of each call that has a new cost. */
export function repriceSpan(
  rows: Iterable<MoneyRow>,
  ask: RepriceAsk,
  { book, keep }: { readonly book: PriceBook; readonly keep: (it: RepricedCall) => void },
): Omit<Repriced, 'recordsFromMs'> {
  const [byModel, byTenant] = [new Sides(), new Sides()]
  let [calls, repriced, unpriced, beforeMicroUsd, afterMicroUsd] = [0, 0, 0, 0, 0]
  for (const row of rows) {
    const again = reprice(row, book)
    calls += 1
    beforeMicroUsd += again.before ?? 0
    afterMicroUsd += again.after ?? 0
    const isPriced = again.parts.every((it) => it.after !== null)
    if (!isPriced) unpriced += 1
    byTenant.add({ name: row.tenant, copies: row.copy }, { ...again, isPriced })
    for (const part of again.parts) {
      byModel.add({ name: part.target, copies: row.copy }, { ...part, isPriced: part.after !== null })
    }
    if (!again.isRepriced) continue
    repriced += 1
    const price = again.parts.map((it) => it.price ?? '-').join(' ')
    const costs = again.parts.map((it) => it.after)
    keep({ call: row.call, costMicroUsd: again.after ?? 0, price, costs })
  }
  const { prices, fromMs, toMs, write } = ask
  const sums = { calls, repriced, unpriced, beforeMicroUsd, afterMicroUsd }
  return {
    id: write?.id ?? null,
    prices,
    fromMs,
    toMs,
    ...sums,
    byModel: byModel.lines,
    byTenant: byTenant.lines,
  }
}

interface Costs {
  readonly before: number | null
  readonly after: number | null
  readonly isRepriced: boolean
  /** All of it. */
  readonly isPriced: boolean
}

interface Side extends Pick<RepricedLine, 'name' | 'copies'> {
  before: number
  after: number
  kept: number
  unpriced: number
}

class Sides {
  readonly #lines = new Map<string, Side>()

  add(of: Pick<RepricedLine, 'name' | 'copies'>, it: Costs): void {
    const key = JSON.stringify([of.copies, of.name])
    const found = this.#lines.get(key) ?? { ...of, before: 0, after: 0, kept: 0, unpriced: 0 }
    this.#lines.set(key, found)
    found.before += it.before ?? 0
    found.after += it.after ?? 0
    if (!it.isRepriced) found.kept += 1
    if (!it.isPriced) found.unpriced += 1
  }

  /** The largest difference first; equal ones by name. */
  get lines(): readonly RepricedLine[] {
    const moved = (it: RepricedLine) => Math.abs(it.afterMicroUsd - it.beforeMicroUsd)
    return [...this.#lines.values()]
      .map(({ before, after, ...of }) => ({ ...of, beforeMicroUsd: before, afterMicroUsd: after }))
      .sort((a, b) => moved(b) - moved(a) || ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
  }
}
