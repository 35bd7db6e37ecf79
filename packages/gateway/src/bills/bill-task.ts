/** What the bill worker is told, and what it answers. Only types: both sides of the thread read them. */
import type { SettingsTree } from '@changeover/reload'
import type { MoneySpan } from '../calls/money-rows.ts'
import type { Repricing } from '../calls/repricings.ts'
import type { BillBy, BillLine } from './totals.ts'

export interface BillAsk extends MoneySpan {
  readonly by: BillBy
  /** At the costs of this repricing, where it has any; `null` at those of the records. */
  readonly repricing: string | null
}

/** What sums are made of. */
export interface Kept {
  /** Wall milliseconds at which the oldest record began that is still kept: what was before is in no sum. `null` for none. */
  readonly recordsFromMs: number | null
}

export interface Bill extends BillAsk, Kept {
  readonly total: BillLine
  readonly lines: readonly BillLine[]
}

export interface RepriceAsk extends MoneySpan {
  /** What the prices are called. */
  readonly prices: string
  /** Settings whose catalogue has the prices. */
  readonly settings: SettingsTree
  /** Whether the list that ships stands behind them. */
  readonly withShipped: boolean
  /** Kept under this id, for this person; `null` for a look. */
  readonly write: { readonly id: string; readonly by: string; readonly at: number } | null
}

export interface RepricedLine {
  readonly name: string | null
  /** As of a bill's line. */
  readonly copies: boolean
  readonly beforeMicroUsd: number
  readonly afterMicroUsd: number
  /** Calls, of a model their attempts, that the prices name nothing for: they are as they were. */
  readonly kept: number
  /** Those with something that has no price by these either: what that cost is in no sum. */
  readonly unpriced: number
}

export interface Repriced extends MoneySpan, Kept {
  /** `null` for a look. */
  readonly id: string | null
  readonly prices: string
  /** Calls that anything was counted of. */
  readonly calls: number
  /** Of those, the ones with a new cost; all others are taken as they were. */
  readonly repriced: number
  /** As of its lines. */
  readonly unpriced: number
  readonly beforeMicroUsd: number
  readonly afterMicroUsd: number
  readonly byModel: readonly RepricedLine[]
  readonly byTenant: readonly RepricedLine[]
}

export type BillTask =
  | { readonly kind: 'bill'; readonly calls: string; readonly repricings: string; readonly ask: BillAsk }
  | {
      readonly kind: 'reprice'
      readonly calls: string
      readonly repricings: string
      readonly ask: RepriceAsk
    }
  | { readonly kind: 'list'; readonly repricings: string }

export type BillAnswer = Bill | Repriced | readonly Repricing[] | null

export type FromBillWorker =
  | { readonly kind: 'done'; readonly answer: BillAnswer }
  | { readonly kind: 'failed'; readonly message: string }
