/**
 * Whoever may leave before what was asked for is there. The signal is made when it is asked for, and only those ask who
 * really wait: to make one costs more than most looks take.
 */
export interface Leaving {
  /** The call is over, whichever way. */
  readonly hasLeft: boolean
  /** Aborted when the call is over; from the beginning when it is. */
  readonly signal: AbortSignal
}
