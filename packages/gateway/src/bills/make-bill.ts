/** A bill: the recorded costs of a span, by whom or what they are of, at the costs of a repricing where one is named. */
import type { BilledPart, MoneyRow } from '../calls/money-rows.ts'
import type { RepricedCost } from '../calls/repricings.ts'
import type { Bill, BillAsk } from './bill-task.ts'
import { type BillBy, type Charge, Counts, Tally } from './totals.ts'

/** `costOf`: what the repricing made of a call; `null` where it left it as it was, and without one. */
export function makeBill(
  rows: Iterable<MoneyRow>,
  ask: BillAsk,
  costOf: (call: string) => RepricedCost | null,
): Omit<Bill, 'recordsFromMs'> {
  const total = new Counts()
  const tally = new Tally()
  for (const row of rows) {
    for (const [name, charge] of chargesOf(rowBy(row, costOf(row.call)), ask.by)) {
      total.add(charge)
      tally.add(name, charge)
    }
  }
  return { ...ask, total: total.line(null), lines: tally.lines }
}

function chargesOf(row: MoneyRow, by: BillBy): readonly (readonly [string | null, Charge])[] {
  if (by !== 'model') return [[row[by], chargeOfCall(row)]]
  const last = row.parts.length - 1
  return row.parts.map((part, i) => [
    part.target,
    chargeOfPart(part, { calls: i === last ? 1 : 0, copy: row.copy }),
  ])
}

function chargeOfPart(
  { tokens, costMicroUsd, estimated }: BilledPart,
  of: Pick<Charge, 'calls' | 'copy'>,
): Charge {
  return {
    ...of,
    inputTokens: tokens.inputTokens,
    outputTokens: tokens.outputTokens,
    costMicroUsd,
    estimatedMicroUsd: estimated ? (costMicroUsd ?? 0) : 0,
    unpriced: costMicroUsd === null,
  }
}

function chargeOfCall({ parts, costMicroUsd, copy }: MoneyRow): Charge {
  const sum = (of: (it: BilledPart) => number): number => parts.reduce((all, it) => all + of(it), 0)
  return {
    calls: 1,
    inputTokens: sum((it) => it.tokens.inputTokens),
    outputTokens: sum((it) => it.tokens.outputTokens),
    costMicroUsd,
    estimatedMicroUsd: sum((it) => (it.estimated ? (it.costMicroUsd ?? 0) : 0)),
    unpriced: parts.some((it) => it.costMicroUsd === null),
    copy,
  }
}

/** As the repricing has it. */
function rowBy(row: MoneyRow, again: RepricedCost | null): MoneyRow {
  if (again === null) return row
  const { costMicroUsd } = again
  // A copy may have been billed for more since.
  const costs = again.costs?.length === row.parts.length ? again.costs : sharedOut(row.parts, again)
  return {
    ...row,
    costMicroUsd,
    parts: row.parts.map((it, i) => ({ ...it, costMicroUsd: costs[i] ?? null })),
  }
}

/** Where only the sum was kept: what changed of it is taken to be the last one's that has a price. */
function sharedOut(parts: readonly BilledPart[], again: RepricedCost): readonly (number | null)[] {
  const prices = again.price.split(' ')
  // A part that was left as it was has the price of its record.
  const costs = parts.map((it, i) => it.costMicroUsd ?? (prices[i] === (it.price ?? '-') ? null : 0))
  const more = again.costMicroUsd - costs.reduce<number>((sum, it) => sum + (it ?? 0), 0)
  const last = costs.findLastIndex((it) => it !== null)
  return costs.map((it, i) => (i === last ? (it ?? 0) + more : it))
}
