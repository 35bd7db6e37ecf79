/** A bill: the recorded costs of a span, by whom or what they are of, at the costs of a repricing where one is named. */
import type { MoneyRow } from '../calls/money-rows.ts'
import type { Bill, BillAsk } from './bill-task.ts'
import { type BillBy, type Charge, Counts, Tally } from './totals.ts'

/** `costOf`: what the repricing made of a call; `null` where it left it as it was, and without one. */
export function makeBill(
  rows: Iterable<MoneyRow>,
  ask: BillAsk,
  costOf: (call: string) => number | null,
): Omit<Bill, 'recordsFromMs'> {
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
  return row.parts.map((part, i) => {
    const cost = i === last && again !== null ? (part.costMicroUsd ?? 0) + more : part.costMicroUsd
    return [
      part.target,
      {
        calls: i === last ? 1 : 0,
        inputTokens: part.tokens.inputTokens,
        outputTokens: part.tokens.outputTokens,
        costMicroUsd: cost,
        estimatedMicroUsd: part.estimated ? (cost ?? 0) : 0,
        unpriced: cost === null,
        copy: row.copy,
      },
    ]
  })
}

function chargeOfCall(row: MoneyRow, again: number | null): Charge {
  return {
    calls: 1,
    inputTokens: row.parts.reduce((sum, it) => sum + it.tokens.inputTokens, 0),
    outputTokens: row.parts.reduce((sum, it) => sum + it.tokens.outputTokens, 0),
    costMicroUsd: again ?? row.costMicroUsd,
    estimatedMicroUsd: estimatedOf(row, again),
    unpriced: again === null && row.parts.some((it) => it.costMicroUsd === null),
    copy: row.copy,
  }
}

/** A repricing keeps one number a call: of that, as large a share is estimated as was before. */
function estimatedOf({ parts, costMicroUsd }: MoneyRow, again: number | null): number {
  if (parts.every((it) => it.estimated)) return again ?? costMicroUsd ?? 0
  const estimated = parts.reduce((sum, it) => sum + (it.estimated ? (it.costMicroUsd ?? 0) : 0), 0)
  if (again === null || estimated === 0) return estimated
  return Math.round((estimated / (costMicroUsd ?? 1)) * again)
}
