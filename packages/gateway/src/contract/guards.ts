/**
 * What is looked at in what callers ask and models answer: blocked, masked, or only noted.
 *
 * Compiled for each route. On the way in a guard sees the body of a request; on the way out the pieces of an answer in
 * the order in which they come, and holds back no more than its window.
 *
 * Not here: where bodies come from and answers go to (`pipeline/`).
 */
import type { Leaving } from './leaving.ts'
import type { NeutralDelta } from './neutral.ts'

/** What was found, for the record: the guard and what it did, never the text. */
export interface Finding {
  readonly guard: string
  /**
   * `shadowed`: found by one that only tries itself out. `unsure`: it could not look at everything within its bounds.
   * `unmasked`: what was masked on the way in was put back.
   */
  readonly did: 'blocked' | 'masked' | 'unmasked' | 'noted' | 'shadowed' | 'unsure'
  readonly count: number
}

export interface Blocked {
  /** The name of the guard. */
  readonly blocked: string
  /** For the caller, without what was found. */
  readonly message: string
  readonly findings: readonly Finding[]
}

type Fields = Readonly<Record<string, unknown>>

export interface InputLooked {
  /** The body as it goes on; `null`: as it came. */
  readonly body: Fields | null
  readonly findings: readonly Finding[]
  /** What stands for what, so that an answer of this call can be given back as it was meant; `null` for nothing. */
  readonly masked: ReadonlyMap<string, string> | null
  /** What guards found that only try themselves out, when they are done; `null` where there are none. Never rejects. */
  readonly later: Promise<readonly Finding[]> | null
}

/** One answer on its way out, whole or in pieces. Called in turn: the next piece only after the last was answered. */
export interface OutputRun {
  /** What may go out now: other pieces than came in, or none while a window is open. */
  take(deltas: readonly NeutralDelta[]): Passed
  /** What was still held back. */
  end(): Passed | Promise<Passed>
  /** Monotonic milliseconds at which `lapse` has to be called, unless something came before; `null`: never. */
  readonly lapsesAt: number | null
  /** The time is up for which something may be held back. */
  lapse(): Passed
  readonly findings: readonly Finding[]
  /** The most that was held back at once, and for how long. */
  readonly held: { readonly chars: number; readonly ms: number }
  /** As of requests; `null` before the end. */
  readonly later: Promise<readonly Finding[]> | null
}

export type Passed = readonly NeutralDelta[] | Blocked

export interface CompiledGuards {
  /** Changes when anything about them does: part of what answers are kept under. */
  readonly id: string
  /** `null`: nothing looks at requests. */
  readonly input:
    | ((body: Fields, leaving: Leaving) => InputLooked | Blocked | Promise<InputLooked | Blocked>)
    | null
  /** What becomes of a request of which nothing can be looked at, nor of its answer. */
  readonly unread: InputLooked | Blocked
  /** `null`: nothing looks at answers, which then go through as bytes. */
  readonly output: ((looked: InputLooked | null, leaving: Leaving) => OutputRun | null) | null
}

/** The guards of a version. */
export interface GuardIndex {
  /** Those of a route (`null`: of none, as for a model by its own name) and those that the tenant adds; `null` for none. */
  of(route: string, tenant: string | null): CompiledGuards | null
}
