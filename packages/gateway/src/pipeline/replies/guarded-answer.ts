/**
 * An answer on its way through the guards of its route: a stream that lets out what they have let go, and blocks what they
 * have not; and the whole of one at once.
 *
 * What is held back for longer than was said is asked for again: a provider that pauses in the middle of a word must
 * not keep the caller waiting for it.
 */
import type { Timer } from '@changeover/reload'
import type { Blocked, OutputRun, Passed } from '../../contract/guards.ts'
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { ReplyPort } from './reply.ts'

export interface GuardedHost {
  /** What may go out. */
  onPassed(deltas: readonly NeutralDelta[]): void
  /** Nothing more may. Called once, last. */
  onBlocked(blocked: Blocked): void
}

export class GuardedAnswer {
  readonly #run: OutputRun
  readonly #port: ReplyPort
  readonly #host: GuardedHost
  #timer: Timer | null = null
  #timerAt = 0
  #isOver = false

  constructor(run: OutputRun, port: ReplyPort, host: GuardedHost) {
    this.#run = run
    this.#port = port
    this.#host = host
  }

  take(deltas: readonly NeutralDelta[]): void {
    if (!this.#isOver) this.#pass(this.#run.take(deltas))
  }

  /** `done` is called when all has gone out, at once or later, and not when it was blocked. */
  end(done: () => void): void {
    if (this.#isOver) return
    const rest = this.#run.end()
    const last = (passed: Passed): void => {
      this.#pass(passed)
      if (this.#isOver) return
      this.close()
      done()
    }
    if (rest instanceof Promise) this.#port.later(rest, last)
    else last(rest)
  }

  close(): void {
    this.#isOver = true
    this.#timer?.cancel()
    this.#timer = null
  }

  #pass(passed: Passed): void {
    if ('blocked' in passed) {
      this.close()
      this.#host.onBlocked(passed)
      return
    }
    if (passed.length > 0) this.#host.onPassed(passed)
    this.#watch()
  }

  /** One timer at a time; where something was let go meanwhile it only finds a later instant to wait for. */
  #watch(): void {
    const at = this.#run.lapsesAt
    if (at === null || (this.#timer !== null && this.#timerAt <= at)) return
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = this.#port.at(at, () => {
      this.#timer = null
      const due = this.#run.lapsesAt
      if (this.#isOver || due === null) return
      if (due > this.#timerAt) this.#watch()
      else this.#pass(this.#run.lapse())
    })
  }
}

/** All of an answer that came as a whole. */
export function passWhole(run: OutputRun, deltas: readonly NeutralDelta[]): Passed | Promise<Passed> {
  const passed = run.take(deltas)
  if ('blocked' in passed) return passed
  const rest = run.end()
  return rest instanceof Promise ? rest.then((it) => join(passed, it)) : join(passed, rest)
}

function join(passed: readonly NeutralDelta[], rest: Passed): Passed {
  if ('blocked' in rest) return rest
  return rest.length === 0 ? passed : [...passed, ...rest]
}
