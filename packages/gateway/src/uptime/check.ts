/** One thing that has to go on answering while a version is on trial, and how it is asked in bounded time. */
import type { Clock } from '@changeover/reload'

export interface Check {
  /** As spans and log lines name it. */
  readonly name: string
  /** What is asked, in words: two checks that say the same ask the same. */
  readonly asks: string
  /** Why a version is taken back that it fails under: `probe:NAME`, `admin_unreachable`, `store_unreachable`. */
  readonly reason: string
  readonly everyMs: number
  readonly timeoutMs: number
  /** How many in a row are one too many. */
  readonly failures: number
  /** `null` when all is well, else what is not, for people. What it throws counts as that. */
  ask(signal: AbortSignal): Promise<string | null>
}

export interface Within {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Never rejects, and always settles: a check that hangs is one that is not well. */
export async function askWithin(
  check: Pick<Check, 'ask'>,
  { clock, timeoutMs, signal }: Within,
): Promise<string | null> {
  const gaveUp = Promise.withResolvers<string>()
  const asking = new AbortController()
  const giveUp = (why: string): void => {
    gaveUp.resolve(why)
    asking.abort()
  }
  const stop = (): void => {
    timer.cancel()
    giveUp('given up')
  }
  const timer = clock.after(timeoutMs, () => giveUp(`no answer within ${timeoutMs} ms`))
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (signal.aborted) return 'given up'
    return await Promise.race([answerOf(check, asking.signal), gaveUp.promise])
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', stop)
  }
}

async function answerOf(check: Pick<Check, 'ask'>, signal: AbortSignal): Promise<string | null> {
  try {
    return await check.ask(signal)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
