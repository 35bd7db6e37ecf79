/**
 * Waiting that can be given up. What others do for us (a participant's `prepare`, an approval, a fetch) may
 * never end; the engine stops waiting when its signal aborts, whether or not they listen to it.
 */
import type { Clock } from '../contract/clock.ts'

/**
 * The work's result, or the signal's reason as soon as it aborts. A result that comes too late goes to
 * `late`; a failure that comes too late is dropped, for its cause is the abort.
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal, late?: (it: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    work.then(
      (it) => {
        signal.removeEventListener('abort', abort)
        if (signal.aborted) late?.(it)
        else resolve(it)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort)
        reject(error)
      },
    )
  })
}

export interface Deadline {
  /** Aborts with the parent's reason, or at the deadline with the error of `late`. */
  readonly signal: AbortSignal
  /** Stops the clock. The signal stays as it is. */
  done(): void
  /** Aborts before its time, so that others who wait on the same signal stop too. */
  giveUp(reason: unknown): void
}

/** A signal that ends with its parent, or after `ms`. */
export function deadline(clock: Clock, parent: AbortSignal, limit: { ms: number; late(): Error }): Deadline {
  const controller = new AbortController()
  const giveUp = (reason: unknown): void => {
    controller.abort(reason)
  }
  const onParent = (): void => {
    giveUp(parent.reason)
  }
  const timer = clock.after(limit.ms, () => giveUp(limit.late()))
  const done = (): void => {
    timer.cancel()
    parent.removeEventListener('abort', onParent)
  }
  if (parent.aborted) onParent()
  else parent.addEventListener('abort', onParent, { once: true })
  return { signal: controller.signal, done, giveUp }
}

/** Resolves after `ms`, or rejects with the signal's reason when it aborts first. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let timer: { cancel(): void } | null = null
  const over = new Promise<void>((resolve) => {
    timer = clock.after(ms, resolve)
  })
  try {
    await orAborted(over, signal)
  } finally {
    ;(timer as { cancel(): void } | null)?.cancel()
  }
}

/** Runs `work` to its end or for at most `ms`; says which. Rejects when the work does. */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: { cancel(): void } | null = null
  const over = new Promise<false>((resolve) => {
    timer = clock.after(ms, () => resolve(false))
  })
  try {
    return await Promise.race([work.then(() => true as const), over])
  } finally {
    ;(timer as { cancel(): void } | null)?.cancel()
  }
}
