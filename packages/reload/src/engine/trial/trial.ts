/** A version that has been brought in, and the same while it is on trial. */
import type { Timer } from '../../contract/clock.ts'
import type { Span } from '../../contract/telemetry.ts'
import type { Attempt } from '../attempt.ts'
import type { Generation } from '../live/generation.ts'
import type { Candidate } from '../stages/candidate.ts'
import type { Conduct } from './conduct.ts'

export interface Brought {
  readonly attempt: Attempt
  readonly candidate: Candidate
  readonly generation: Generation
  readonly conduct: Conduct
  /** What served before it. */
  readonly before: Generation | null
}

export interface Trial extends Brought {
  readonly span: Span | null
  readonly closeStage: (how?: { note?: string; failed?: string }) => void
  /** Settles when the trial has ended, however it did. */
  readonly over: PromiseWithResolvers<void>
  timer: Timer | null
  isConfirming: boolean
}
