/**
 * A count of tokens as providers write it. What is no whole number from nothing up is no count: it comes from elsewhere,
 * becomes money, and is kept in columns of whole numbers, so that half a token would lose the record of a call, and a
 * negative one would give money back.
 */

/** More than any model takes in; times the dearest price it is still an exact amount. */
const MOST_TOKENS = 1_000_000_000

export function tokenCount(value: unknown): number | undefined {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_TOKENS
    ? Number(value)
    : undefined
}
