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
    const ignore = onAbort(signal, abort)
    work.then(
      (it) => {
        ignore()
        if (signal.aborted) late?.(it)
        else resolve(it)
      },
      (error: unknown) => {
        ignore()
        reject(error)
      },
    )
  })
}

/**
 * Who is to be told of a signal's abort, in turn. An attempt waits for a dozen things under one signal, and a listener of
 * Node's is dear to add and to take away again: each signal gets one, for good.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/** Calls `act` once when the signal aborts, or at once when it has; the function that is returned prevents that. */
function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) {
    act()
    return () => {}
  }
  const known = waiting.get(signal)
  const all = known ?? new Set<() => void>()
  if (known === undefined) {
    waiting.set(signal, all)
    signal.addEventListener('abort', () => tellAll(all), { once: true })
  }
  all.add(act)
  return () => void all.delete(act)
}

function tellAll(all: Set<() => void>): void {
  for (const act of all) act()
  all.clear()
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
  const ignore = onAbort(parent, onParent)
  const done = (): void => {
    timer.cancel()
    ignore()
  }
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
