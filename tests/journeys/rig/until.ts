/** Waiting for a condition, by asking again and again: for what a process tells only when it is asked. */
export interface UntilOptions {
  readonly what: string
  readonly timeoutMs?: number
  readonly everyMs?: number
}

/** The first answer that is neither `null` nor `false`. Rejects when the time is over. */
export async function until<T>(
  ask: () => T | null | false | Promise<T | null | false>,
  { what, timeoutMs = 20_000, everyMs = 20 }: UntilOptions,
): Promise<T> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== false) return answer
    if (performance.now() > endMs) throw new Error(`${timeoutMs} ms went by without ${what}`)
    await pause(everyMs)
  }
}

/** For what goes by the clock itself: the next step of a schedule. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, Math.max(0, ms)))
}
