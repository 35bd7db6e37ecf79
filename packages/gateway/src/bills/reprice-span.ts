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
): Repriced {
  const [byModel, byTenant] = [new Sides(), new Sides()]
  let [calls, repriced, beforeMicroUsd, afterMicroUsd] = [0, 0, 0, 0]
  for (const row of rows) {
    const again = reprice(row, book)
    calls += 1
    beforeMicroUsd += again.before ?? 0
    afterMicroUsd += again.after ?? 0
    byTenant.add(row.tenant, again.before, again.after)
    for (const part of again.parts) byModel.add(part.target, part.before, part.after)
    if (!again.isRepriced) continue
    repriced += 1
    const price = again.parts.map((it) => it.price ?? '-').join(' ')
    keep({ call: row.call, costMicroUsd: again.after ?? 0, price })
  }
  const { prices, fromMs, toMs, write } = ask
  const sums = { calls, repriced, beforeMicroUsd, afterMicroUsd }
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

class Sides {
  readonly #lines = new Map<string | null, { before: number; after: number }>()

  add(name: string | null, before: number | null, after: number | null): void {
    const found = this.#lines.get(name) ?? { before: 0, after: 0 }
    this.#lines.set(name, found)
    found.before += before ?? 0
    found.after += after ?? 0
  }

  /** The largest difference first; equal ones by name. */
  get lines(): readonly RepricedLine[] {
    const moved = (it: RepricedLine) => Math.abs(it.afterMicroUsd - it.beforeMicroUsd)
    return [...this.#lines]
      .map(([name, { before, after }]) => ({ name, beforeMicroUsd: before, afterMicroUsd: after }))
      .sort((a, b) => moved(b) - moved(a) || ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
  }
}
