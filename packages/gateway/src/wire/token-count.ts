/**
 * Counts of tokens, and of calls of tools, as providers write them. What is no whole number from nothing up is no count: it
 * comes from elsewhere, becomes money, and is kept in columns of whole numbers, so that half a token would lose the
 * record of a call, and a negative one would give money back.
 */

/** More than any model takes in; at the dearest price that can be set it is still a safe number of micro-dollars. */
const MOST_TOKENS = 1_000_000_000
/** More than any answer makes; one may cost what a million tokens do. */
const MOST_CALLS = 10_000

export function tokenCount(value: unknown): number | undefined {
  return countUpTo(value, MOST_TOKENS)
}

export function callCount(value: unknown): number | undefined {
  return countUpTo(value, MOST_CALLS)
}

function countUpTo(value: unknown, most: number): number | undefined {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most ? Number(value) : undefined
}
