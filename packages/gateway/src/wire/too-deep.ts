/**
 * Whether something failed because JSON is nested too deeply: the parser takes any depth, and whatever walks it
 * afterwards runs out of stack at some ten thousand levels, the writer of the engine first.
 *
 * Not a bound that is looked for beforehand: that would be one more walk over each request and answer, for what nobody
 * sends but to see what happens. The error is thrown before anything has changed, and caught where the sender is told.
 */
export function isTooDeep(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message === wordsOfOverflow()
}

let words: string | null = null

/** What this engine says when its stack is used up, which nothing but the text tells from its other errors of range: asked once. */
function wordsOfOverflow(): string {
  words ??= overflow()
  return words
}

function overflow(): string {
  const fall = (): number => 1 + fall()
  try {
    return String(fall())
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * Whether anything lies below so many levels, few enough to walk them. For what has to be known beforehand: what a caller
 * says and the answer repeats would fail when that is written, and look like a fault of the provider's.
 */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((it) => isDeeper(it, levels - 1))
}
