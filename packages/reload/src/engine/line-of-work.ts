/**
 * Whose turn it is: one attempt is being worked on, one waits, and the newest wins.
 *
 * An offer that has been verified takes the place of an older one that has not yet reached its swap, whether
 * that waits or is being worked on. Past that point nothing stops an attempt: it commits, and the newer one
 * comes after it. An offer that was refused before it was verified takes nobody's place.
 */
import { ReloadError } from '../errors.ts'
import type { Attempt } from './attempt.ts'
import type { Core } from './core.ts'
import { type Candidate, isAutomatic } from './stages/candidate.ts'
import { Gate } from './storms/gate.ts'

export class LineOfWork {
  /** The one being worked on. */
  working: Attempt | null = null
  private pending: Attempt | null = null
  private newest: Attempt | null = null
  private isClosed = false
  private readonly gate: Gate
  private readonly core: Core
  private readonly bringIn: (attempt: Attempt) => Promise<void>
  private idle: (() => void)[] = []

  constructor(core: Core, bringIn: (attempt: Attempt) => Promise<void>) {
    this.core = core
    this.bringIn = bringIn
    this.gate = new Gate(core.clock, core.limits, (attempt) => this.enqueue(attempt))
  }

  get isWorking(): boolean {
    return this.working !== null || this.pending !== null
  }

  /** Something else is on its way to the swap, and not only waiting for people or for its time. */
  isBuildingBeside(it: Attempt): boolean {
    return this.working !== null && this.working !== it && !PATIENT.has(this.working.state)
  }

  /** An offer that was verified: it waits at the gate, or is next. */
  admit(attempt: Attempt): void {
    if (this.isClosed) return attempt.refuse(this.closed())
    const { newest } = this
    if (newest !== null && attempt.beginning.order < newest.beginning.order) {
      return attempt.refuse(supersededBy(newest))
    }
    this.newest = attempt
    this.gate.take()?.refuse(supersededBy(attempt))
    // Where nothing serves yet, there is nothing that a storm could disturb.
    if (isAutomatic(attempt.origin) && this.core.cell.current !== null) this.gate.hold(attempt)
    else this.enqueue(attempt)
  }

  /** Whether the same is being worked on, or waits; what would come after it is then out of date. */
  joins(attempt: Attempt, candidate: Candidate): boolean {
    if (isSame(this.working, candidate)) this.dropPending(attempt)
    else if (!isSame(this.pending, candidate)) {
      // A person does not wait at the gate, not even behind the same thing.
      return isAutomatic(attempt.origin) && isSame(this.gate.held, candidate)
    }
    this.gate.take()?.refuse(supersededBy(attempt))
    return true
  }

  /**
   * The newest offer asks for what runs already: everything on its way to something else is out of date.
   * False when one of those can no longer be stopped, so that the offer has to wait its turn.
   */
  standStill(attempt: Attempt): boolean {
    if (this.working?.isCommitting === true) return false
    const { newest } = this
    if (newest !== null && attempt.beginning.order < newest.beginning.order) return true
    this.newest = attempt
    this.gate.take()?.refuse(supersededBy(attempt))
    this.dropPending(attempt)
    this.working?.abort(supersededBy(attempt))
    return true
  }

  /** Refuses everything that waits or can be stopped, and resolves when nothing is in work. */
  async close(): Promise<void> {
    this.isClosed = true
    const reason = this.closed()
    this.gate.take()?.refuse(reason)
    this.pending?.refuse(reason)
    this.pending = null
    this.working?.abort(reason)
    if (this.working !== null) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  private enqueue(attempt: Attempt): void {
    this.dropPending(attempt)
    this.pending = attempt
    this.working?.abort(supersededBy(attempt))
    void this.work()
  }

  private dropPending(by: Attempt): void {
    this.pending?.refuse(supersededBy(by))
    this.pending = null
  }

  private async work(): Promise<void> {
    if (this.working !== null) return
    for (let next = this.pending; next !== null; next = this.pending) {
      this.pending = null
      this.working = next
      await this.bringIn(next)
      this.working = null
    }
    for (const wake of this.idle.splice(0)) wake()
  }

  private closed(): ReloadError {
    return new ReloadError('reload.closed', { scope: this.core.scope })
  }
}

/** States in which an attempt may be for days, holding nothing. */
const PATIENT: ReadonlySet<string> = new Set(['queued', 'scheduled', 'awaiting_approval'])

/** Whether an attempt that will go on is about the same. */
function isSame(it: Attempt | null, candidate: Candidate): boolean {
  const other = it?.proposal ?? null
  if (it === null || other === null || it.isEnded || it.signal.aborted) return false
  return candidate.isSealedHere ? other.tree === candidate.tree : other.digest === candidate.digest
}

function supersededBy({ candidate, id }: Attempt): ReloadError {
  return new ReloadError('reload.superseded', { by: candidate?.version ?? id })
}
