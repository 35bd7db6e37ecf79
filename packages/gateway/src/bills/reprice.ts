/**
 * A call's cost by other prices: each part that was billed at the price that the book names for it, at the time of the
 * call. What the book has no price for stays as it was, and so does a call of which that is all.
 */
import type { MoneyRow } from '../calls/money-rows.ts'
import type { PriceBook } from './price-book.ts'

export interface RepricedPart {
  readonly target: string | null
  /** Entry and digest, or what it was. */
  readonly price: string | null
  readonly before: number | null
  readonly after: number | null
  readonly isRepriced: boolean
}

export interface RepricedRow {
  /** In the order of the row's. */
  readonly parts: readonly RepricedPart[]
  /** Whether the book had a price for any of them. */
  readonly isRepriced: boolean
  readonly before: number | null
  readonly after: number | null
}

export function reprice(row: MoneyRow, book: PriceBook): RepricedRow {
  let isRepriced = false
  const parts = row.parts.map((part): RepricedPart => {
    const { target, costMicroUsd: before } = part
    const found = book.find(part)
    const after = found?.price.costMicroUsd(part.tokens, row.startedAt) ?? null
    if (found === null || after === null)
      return { target, price: part.price, before, after: before, isRepriced: false }
    isRepriced = true
    return { target, price: `${found.name}@${found.price.digest}`, before, after, isRepriced }
  })
  return { parts, isRepriced, before: sumOf(parts, 'before'), after: sumOf(parts, 'after') }
}

/** `null` where none of them is known. */
function sumOf(parts: readonly RepricedPart[], side: 'before' | 'after'): number | null {
  const known = parts.flatMap((it) => it[side] ?? [])
  return known.length === 0 ? null : known.reduce((sum, it) => sum + it, 0)
}
