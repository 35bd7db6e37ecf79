/**
 * The door: makes an attempt of every offer, finds out whether it is to be worked on, and sees to it that each
 * has its answer and its end, however it goes.
 */
import type { Origin } from '../contract/origin.ts'
import type { Receipt, Unchanged } from '../contract/receipt.ts'
import { type ErrorCode, ReloadError, rules } from '../errors.ts'
import { publishersNeeded } from '../format/trust.ts'
import { Attempt } from './attempt.ts'
import { bringIn } from './bring-in.ts'
import { type Core, say } from './core.ts'
import { LineOfWork } from './line-of-work.ts'
import type { Observer } from './observer.ts'
import { orAborted } from './race.ts'
import { comesAgain, giveUpScheduled, originOf, readScheduled, type Scheduled } from './records/scheduled.ts'
import { settledAlready, verify, verifyMatch } from './stages/admit.ts'
import { type Candidate, isAutomatic, type Offered } from './stages/candidate.ts'
import { authorOf, openSealed, sealOffered } from './stages/open.ts'
import { whatQueues } from './stages/permit.ts'
import { secure } from './stages/secure.ts'
import { isSignedForEmergency } from './stages/signed.ts'
import { Postponed } from './storms/postponed.ts'
import type { Trial } from './trial/trial.ts'
import { asReloadError, isPassing } from './work.ts'

/** Where an offer stands that is tried again: its place in the order of arrival stays. */
interface Before {
  readonly order: number
  readonly tries: number
}

export class Intake {
  readonly line: LineOfWork
  /** The newest attempt that was more than a repetition. */
  last: Attempt | null = null
  private readonly core: Core
  private readonly observer: Observer
  private readonly postponed: Postponed
  private readonly taking = new Set<Attempt>()
  private order = 0

  constructor(core: Core, observer: Observer) {
    this.core = core
    this.observer = observer
    this.line = new LineOfWork(core, (attempt) => this.bring(attempt))
    this.postponed = new Postponed(core.clock, (attempt) => this.again(attempt))
  }

  /** An offer is being looked at or worked on. */
  get isBusy(): boolean {
    return this.taking.size > 0 || this.line.isWorking
  }

  /** Takes an offer. The receipt always comes. */
  offer(offered: Offered, asked: Origin, before?: Before): Promise<Receipt> {
    const { clock } = this.core
    const [atMs, sinceMs] = [clock.now(), clock.monotonic()]
    const { order, tries } = before ?? { order: ++this.order, tries: 0 }
    // Opened before the attempt begins, because its span links to the author's trace inside.
    const opening = offered.form === 'sealed' ? this.open(offered.bytes) : null
    const author = opening?.candidate == null ? null : authorOf(opening.candidate.manifest)
    const origin = this.byItsKeys(asked, opening?.candidate ?? null)
    const attempt = new Attempt(this.core, { origin, offered, order, tries, atMs, sinceMs, author })
    void this.take(attempt, opening)
    return attempt.receipt
  }

  /**
   * Takes up what waited for its time when an earlier process ended; `null` where nothing did, or where it comes out of a
   * source that will offer it again by itself. The receipt always comes.
   */
  takeUp(): Promise<Receipt> | null {
    const { clock, recorder } = this.core
    const { scheduled } = recorder
    if (scheduled === null || this.line.isWorking) return null
    if (comesAgain(scheduled)) {
      recorder.note('scheduled', null)
      return null
    }
    const beginning = {
      origin: originOf(scheduled),
      offered: null,
      order: ++this.order,
      tries: 0,
      author: null,
    }
    const attempt = new Attempt(this.core, { ...beginning, atMs: clock.now(), sinceMs: clock.monotonic() })
    void this.take(attempt, null, scheduled)
    return attempt.receipt
  }

  /** Refuses an offer without looking into it, in the way in which every offer is refused. */
  refuse(origin: Origin, error: ReloadError): Promise<Receipt> {
    const { clock } = this.core
    const beginning = { origin, offered: null, order: ++this.order, tries: 0, author: null }
    const attempt = new Attempt(this.core, { ...beginning, atMs: clock.now(), sinceMs: clock.monotonic() })
    attempt.refuse(error)
    return attempt.receipt
  }

  /** A rollback while a version is tried beside the one in force: that one goes, and no new version is needed. */
  takeBack(origin: Origin, trial: Trial): Promise<Receipt> {
    const { clock } = this.core
    const beginning = { origin, offered: null, order: ++this.order, tries: 0, author: null }
    const attempt = new Attempt(this.core, { ...beginning, atMs: clock.now(), sinceMs: clock.monotonic() })
    attempt.identify(trial.candidate)
    this.observer.abort(trial, origin.reason ?? 'a rollback was asked for', attempt.actor)
    attempt.skip('taken_back')
    return attempt.receipt
  }

  /** Refuses what waits, lets what cannot be stopped come to its end, and resolves then. */
  async close(): Promise<void> {
    this.postponed.drop()
    const reason = new ReloadError('reload.closed', { scope: this.core.scope })
    for (const it of this.taking) it.abort(reason)
    await this.line.close()
  }

  /** What keys for emergencies have signed is one, whoever brings it. */
  private byItsKeys(origin: Origin, candidate: Candidate | null): Origin {
    if (candidate === null || !isSignedForEmergency(this.core, candidate)) return origin
    return { ...origin, emergency: true, reason: origin.reason ?? candidate.manifest.reason }
  }

  private open(bytes: Uint8Array): { candidate: Candidate | null; error: unknown } {
    try {
      return { candidate: openSealed(this.core, bytes), error: null }
    } catch (error) {
      return { candidate: null, error }
    }
  }

  private async take(
    attempt: Attempt,
    opening: ReturnType<Intake['open']> | null,
    scheduled: Scheduled | null = null,
  ): Promise<void> {
    this.taking.add(attempt)
    try {
      if (scheduled !== null) await this.read(attempt, scheduled)
      const reason = scheduled === null ? await this.look(attempt, opening) : null
      if (reason !== null) return this.skip(attempt, reason)
      this.postponed.drop()
      const { proposal } = attempt
      if (proposal !== null && !proposal.isSealedHere) await secure(this.core, attempt, proposal)
      this.line.admit(attempt)
    } catch (error) {
      this.fail(attempt, error)
    } finally {
      this.taking.delete(attempt)
    }
  }

  /** Opens or reads it, and verifies it. Returns why there is nothing to do, or `null`. */
  private async look(
    attempt: Attempt,
    opening: ReturnType<Intake['open']> | null,
  ): Promise<Unchanged['reason'] | null> {
    const { core } = this
    const { origin, beginning, signal } = attempt
    return await attempt.stage('verify', async (span) => {
      try {
        if (opening !== null && opening.candidate === null) throw opening.error
        const candidate = opening?.candidate ?? (await orAborted(this.seal(attempt), signal))
        span.set({
          'reload.signature.keyids': candidate.keyids,
          'reload.signature.threshold': core.trust === null ? undefined : publishersNeeded(core.trust),
          'reload.root.version': core.trust?.digest == null ? undefined : core.trust.version,
        })
        attempt.proposal = candidate
        // A word about another scope says nothing of this one, and could be had from elsewhere.
        if (candidate.manifest.scope === core.scope) core.freshness.heard(candidate.manifest.issuedAt)
        if (!candidate.isSealedHere) attempt.identify(candidate)
        const reason = settledAlready(core, candidate, origin)
        if (reason !== null) return reason
        if (this.line.joins(attempt, candidate)) return 'in_progress'
        verify(core, candidate, beginning.atMs)
        verifyMatch(core, origin, whatQueues(this.observer)?.ref)
        return null
      } catch (error) {
        span.set({ 'reload.verify.reason': asReloadError(error).code })
        throw error
      }
    })
  }

  private async read(attempt: Attempt, scheduled: Scheduled): Promise<void> {
    await attempt.stage('verify', async (span) => {
      try {
        attempt.identify(await readScheduled(this.core, scheduled))
      } catch (error) {
        span.set({ 'reload.verify.reason': asReloadError(error).code })
        this.core.recorder.note('scheduled', null)
        throw error
      }
    })
  }

  private seal(attempt: Attempt): Promise<Candidate> {
    const { origin, beginning, span } = attempt
    const { offered, atMs } = beginning
    if (offered === null || offered.form === 'sealed') throw new TypeError('only what is not sealed can be')
    return sealOffered(this.core, offered, { origin, atMs, trace: origin.trace ?? span.context })
  }

  private skip(attempt: Attempt, reason: Unchanged['reason']): void {
    // Somebody asks for what runs: what is on its way to something else is out of date, or has to be followed.
    const isBack = reason === 'already_applied' && attempt.proposal?.isSealedHere === true
    if (isBack && !this.line.standStill(attempt)) this.line.admit(attempt)
    else {
      if (isBack) this.observer.withdraw()
      attempt.skip(reason)
    }
    if (isBack) this.postponed.drop()
  }

  private async bring(attempt: Attempt): Promise<void> {
    const { library, breaker } = this.core
    try {
      this.last = attempt
      await bringIn(attempt, this.observer)
      giveUpScheduled(attempt, null)
      const isApplied = attempt.state !== 'skipped'
      library.doneWith(attempt.id, isApplied)
      if (!isApplied) breaker.undecided(attempt.id)
    } catch (error) {
      this.fail(attempt, error)
    }
  }

  /** Every refusal comes through here. */
  private fail(attempt: Attempt, error: unknown): void {
    const known = asReloadError(error)
    const { core } = this
    giveUpScheduled(attempt, known.code)
    if (isCounted(attempt, known.code)) core.breaker.failed(attempt.id)
    else core.breaker.undecided(attempt.id)
    this.lockAway(attempt, known.code)
    if (known.code === 'reload.failed') {
      say(core.telemetry, 'error', 'a reload failed in a way that it should not', { error })
    }
    core.library.doneWith(attempt.id, false)
    if (core.recorder.intent?.attempt === attempt.id) core.recorder.clearIntent(core.recorder.intent.digest)
    if (!isPassing(known.code)) this.last = attempt
    attempt.refuse(known)
    if (isAutomatic(attempt.origin)) this.postponed.consider(attempt, known)
  }

  /** What can never come right by itself is not tried again by itself. */
  private lockAway({ candidate }: Attempt, code: ErrorCode): void {
    const { core } = this
    if (candidate === null || !isForGood(code) || candidate.digest === core.cell.baseline?.ref.digest) return
    const { version, digest } = candidate
    // The same settings may come again with other words about them.
    const tree = ABOUT_ITSELF.has(code) ? null : candidate.tree
    core.quarantine.add({ ref: { version, digest }, tree, reason: code, lasting: false })
  }

  private again({ beginning, origin }: Attempt): void {
    const { offered, order, tries } = beginning
    if (offered !== null) void this.offer(offered, origin, { order, tries: tries + 1 })
  }
}

const BUILT: ReadonlySet<string> = new Set(['fetching', 'loading', 'warming', 'ready'])
/** Trouble of this machine, not of the version. */
const NOT_ITS_FAULT: ReadonlySet<ErrorCode> = new Set([
  'store.failed',
  'reload.generations',
  'verify.conflict',
  'trust.withdrawn',
  'rollout.aborted',
  'rollout.frozen',
  'rollout.in_progress',
])

/** What a manifest says about itself, not what it holds. */
const ABOUT_ITSELF: ReadonlySet<ErrorCode> = new Set([
  'validate.shrink',
  'validate.unnamed_removal',
  'validate.changed_parameters',
  'validate.requires',
])

function isCounted(attempt: Attempt, code: ErrorCode): boolean {
  return BUILT.has(attempt.state) && !isPassing(code) && !NOT_ITS_FAULT.has(code)
}

/** The same bytes will always be refused here, whoever sends them. */
function isForGood(code: ErrorCode): boolean {
  if (rules[code].retry) return false
  return /^(?:validate|payload)\./.test(code) || code === 'verify.digest' || code === 'fetch.missing'
}
