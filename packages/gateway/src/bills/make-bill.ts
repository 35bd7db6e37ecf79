/** A bill: the recorded costs of a span, by whom or what they are of, at the costs of a repricing where one is named. */
import type { MoneyRow } from '../calls/money-rows.ts'
import type { Bill, BillAsk } from './bill-task.ts'
import { type BillBy, type Charge, Counts, Tally } from './totals.ts'

/** `costOf`: what the repricing made of a call; `null` where it left it as it was, and without one. */
export function makeBill(
  rows: Iterable<MoneyRow>,
  ask: BillAsk,
  costOf: (call: string) => number | null,
): Bill {
  const total = new Counts()
  const tally = new Tally()
  for (const row of rows) {
    const again = costOf(row.call)
    for (const [name, charge] of chargesOf(row, again, ask.by)) {
      total.add(charge)
      tally.add(name, charge)
    }
  }
  return { ...ask, total: total.line(null), lines: tally.lines }
}

function chargesOf(
  row: MoneyRow,
  again: number | null,
  by: BillBy,
): readonly (readonly [string | null, Charge])[] {
  if (by !== 'model') return [[row[by], chargeOfCall(row, again)]]
  const last = row.parts.length - 1
  // A repricing keeps what a call costs, not what of that each attempt does: the difference is the last one's.
  const more = again === null ? 0 : again - (row.costMicroUsd ?? 0)
  return row.parts.map(({ target, tokens, costMicroUsd }, i) => [
    target,
    {
      calls: i === last ? 1 : 0,
      inputTokens: tokens.inputTokens,
      outputTokens: tokens.outputTokens,
      costMicroUsd: i === last && again !== null ? (costMicroUsd ?? 0) + more : costMicroUsd,
      estimated: row.estimated,
    },
  ])
}

function chargeOfCall(row: MoneyRow, again: number | null): Charge {
  return {
    calls: 1,
    inputTokens: row.parts.reduce((sum, it) => sum + it.tokens.inputTokens, 0),
    outputTokens: row.parts.reduce((sum, it) => sum + it.tokens.outputTokens, 0),
    costMicroUsd: again ?? row.costMicroUsd,
    estimated: row.estimated,
  }
}
