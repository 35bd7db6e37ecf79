/** A guard of a guardrail, compiled: what it looks for and what it does then. */
import type { Finder } from './scan.ts'
import type { WholeJudge } from './whole-judge.ts'

export type GuardAction = 'block' | 'mask' | 'log' | 'shadow'

export interface CompiledGuard {
  /** `no-pii/email`: the guardrail and the place or kind of the guard in it. */
  readonly name: string
  readonly action: GuardAction
  readonly onInput: boolean
  readonly onOutput: boolean
  /** What is masked on the way in is put back in the answer. */
  readonly unmask: boolean
  /** For the caller, when it blocks. */
  readonly message: string
  /** What becomes of a text that could not be looked at within its bounds. */
  readonly failure: 'open' | 'closed'
  /** For those that read a text as it comes. */
  readonly finder: Finder | null
  /** A bound on the characters of a request or an answer. */
  readonly size: { readonly mostChars: number } | null
  /** For those that need the whole of it. */
  readonly judge: WholeJudge | null
  /** The longest that anything of an answer may be held back; `null`: as long as it takes. */
  readonly maxHoldMs: number | null
}
