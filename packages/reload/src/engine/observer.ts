/**
 * What becomes of a version after the swap: it is observed, and then confirmed, or taken back, or superseded. One that
 * began beside the version in force is tried on a share of the traffic first (`trial/conduct.ts`).
 *
 * Taking back needs nothing but memory: the baseline is there, one synchronous block puts it in service, and
 * everything that is written down about it comes after. Confirming is the other way round: the baseline is
 * written down first, and only then does the version count as confirmed.
 *
 * The first version of a line has nothing to go back to, so there is nothing to decide: it is confirmed at
 * once. A version that is to serve for a time only never becomes the baseline.
 *
 * Not here: what makes a version bad. Whoever watches says `regress`.
 */
import type { Timer } from '../contract/clock.ts'
import type { SpanContext } from '../contract/telemetry.ts'
import type { Failure } from '../rollout/rollout.ts'
import type { Attempt } from './attempt.ts'
import { commit, confirm, promote, rollBack } from './commit.ts'
import { type Core, say } from './core.ts'
import type { Generation, VersionFacts } from './live/generation.ts'
import type { DrainPolicy } from './live/generations.ts'
import { Retrying } from './records/retrying.ts'
import { sweep } from './records/sweep.ts'
import type { Candidate } from './stages/candidate.ts'
import { type Acts, Conduct } from './trial/conduct.ts'
import type { Brought, Trial } from './trial/trial.ts'
import {
  aborted,
  type Back,
  type BackCode,
  errorOf,
  expired,
  failed,
  isNoFailure,
  lockAway,
  regressed,
  sayTakenBack,
  unconfirmed,
} from './trial/way-back.ts'

interface Surroundings {
  readonly makeTtlAttempt: (candidate: Candidate) => Attempt
  /** Whether something newer than this is being brought in. */
  readonly isOvertaken: (attempt: Attempt) => boolean
}

export class Observer {
  /** The newest version that survived its trial here. */
  confirmed: Generation | null = null
  /** The store does not take the baseline: a restart would bring an older one back. */
  isBehind = false
  private readonly core: Core
  private readonly again: Retrying
  /** A version that waits for its time. */
  scheduled: Conduct | null = null
  /** The newest rollout that has begun. */
  last: Conduct | null = null
  /** The version that is being observed. */
  trial: Trial | null = null
  private ttl: Timer | null = null
  private readonly around: Surroundings
  private readonly acts: Acts

  constructor(core: Core, around: Surroundings) {
    this.core = core
    this.around = around
    this.acts = {
      takeAll: (conduct, by) => this.takeAll(conduct, by),
      takeBack: (conduct, failure) => this.failed(conduct, failure),
      isOvertaken: around.isOvertaken,
    }
    this.again = new Retrying(core.clock, () => {
      if (this.trial !== null) void this.confirmTrial(this.trial)
    })
  }

  /** The attempt whose version is under observation. */
  get observed(): Attempt | null {
    return this.trial?.attempt ?? null
  }

  /** The rollout that a version would have. */
  conducts(attempt: Attempt, candidate: Candidate): Conduct {
    return new Conduct(attempt, candidate, this.acts)
  }

  /** Called right after the commit, in the same synchronous go. */
  begin(brought: Brought): void {
    const { attempt, candidate, conduct, before } = brought
    const { core } = this
    const displaced = [before, this.trial?.generation ?? null]
    this.superseded('before_confirm')
    this.ttl?.cancel()
    core.library.append(candidate, conduct.isSplit)
    if (core.cell.current !== null) core.recorder.note('applied', core.cell.current.ref)
    core.recorder.note('line', core.library.line)
    if (core.quarantine.free(candidate.digest)) core.recorder.note('quarantine', core.quarantine.lasting)
    for (const it of displaced) {
      if (it !== null) core.generations.retire(it, drainOf(core, candidate), attempt.span.context)
    }
    this.observe(brought)
  }

  /** The baseline of an earlier process, put back at boot: nothing to observe. */
  resume(generation: Generation): void {
    confirm(this.core.cell, false)
    this.confirmed = generation
  }

  /** The same version, built again, takes the place of the generation that had drifted. Nothing is on trial. */
  replace(before: Generation, next: Generation, trace: SpanContext): void {
    const { core } = this
    const isBaseline = core.cell.baseline === before
    commit(core.cell, next, null)
    confirm(core.cell, !isBaseline)
    if (this.confirmed === before) this.confirmed = next
    core.generations.retire(before, drainOf(core, before.facts), trace)
  }

  /** Ends the observation well. Resolves to whether that version is confirmed now. */
  async confirm(version: string): Promise<boolean> {
    const { trial } = this
    if (trial === null || trial.generation.ref.version !== version) return this.isConfirmed(version)
    // It has survived nothing yet that the others have not been spared.
    if (trial.conduct.rollout.isBeside) return false
    await this.confirmTrial(trial)
    return this.isConfirmed(version)
  }

  /** Takes the version under observation out of service, now. False when there is none, or no way back. */
  regress(reason: string, trigger: string): boolean {
    const { trial } = this
    if (trial === null) return false
    return this.takeBack(trial, regressed(trial.generation.ref.version, { reason, trigger }))
  }

  /** Takes a rollout's version out of service because somebody said so. False when there is no way back. */
  abort({ conduct, generation }: Trial, reason: string, by: string | null): boolean {
    if (this.trial?.conduct !== conduct) return false
    return this.takeBack(this.trial, aborted(generation.ref.version, reason, by))
  }

  /** What is in force is asked for again while another is tried beside it: that one is out of date. */
  withdraw(): void {
    const { trial, core } = this
    if (trial?.conduct.rollout.isBeside !== true) return
    rollBack(core.cell)
    this.superseded('before_confirm')
    core.recorder.clearIntent(trial.generation.ref.digest)
    core.generations.retire(trial.generation, drainOf(core, trial.candidate), trial.attempt.span.context)
  }

  /** At the end of everything: what is observed stays unconfirmed, and is no crash at the next start. */
  close(): void {
    this.again.stop()
    this.ttl?.cancel()
    const { trial } = this
    this.superseded('closed')
    if (trial !== null) this.core.recorder.clearIntent(trial.generation.ref.digest)
  }

  private observe(brought: Brought): void {
    const { attempt, candidate, conduct } = brought
    const isFirst = this.core.cell.baseline === null
    const { serveTtlMs } = candidate.manifest
    const bakeMs = isFirst ? 0 : (conduct.plan.bakeMs ?? undefined)
    const closeStage = attempt.stages.begin('observe')
    const span = attempt.enter('observe', { 'reload.bake_ms': bakeMs })
    const over = Promise.withResolvers<void>()
    const trial: Trial = { ...brought, span, closeStage, over, timer: null, isConfirming: false }
    this.trial = trial
    this.last = conduct
    if (serveTtlMs !== null && !isFirst) this.startTtl(brought, serveTtlMs)
    if (conduct.isSplit) conduct.rollout.begin()
    else this.bake(trial, null)
  }

  /** At full traffic: until its time is over, or until somebody says so. */
  private bake(trial: Trial, by: string | null): void {
    const { core } = this
    const { candidate, conduct } = trial
    const { confirm: wanted } = candidate.manifest.apply
    const isFirst = core.cell.baseline === null
    const bakeMs = isFirst ? 0 : conduct.plan.bakeMs
    const waitsForWord = wanted?.mode === 'commitConfirmed' && !isFirst
    const endsMs = waitsForWord ? wanted.timeoutMs : bakeMs
    conduct.rollout.bakes(endsMs === null ? null : core.clock.now() + endsMs, by, waitsForWord)
    if (endsMs === null) return
    if (waitsForWord) trial.timer = core.clock.after(endsMs, () => this.unconfirmed(trial, endsMs))
    else if (endsMs > 0) trial.timer = core.clock.after(endsMs, () => void this.confirmTrial(trial))
    else void this.confirmTrial(trial)
  }

  private takeAll(conduct: Conduct, by: string | null): void {
    const { core, trial } = this
    if (trial?.conduct !== conduct) return
    const { candidate, generation } = trial
    promote(core.cell, conduct.full())
    // First of all, so that whoever is told below finds it told.
    this.bake(trial, by)
    generation.committed()
    core.library.append(candidate, false)
    core.recorder.note('applied', generation.ref)
    core.recorder.note('line', core.library.line)
    say(core.telemetry, 'info', `version ${generation.ref.version} is in force`, {
      span: trial.attempt.span.context,
    })
  }

  private failed(conduct: Conduct, failure: Failure): void {
    const { trial } = this
    if (trial?.conduct === conduct) this.takeBack(trial, failed(trial.generation.ref.version, failure))
  }

  private async confirmTrial(trial: Trial): Promise<void> {
    if (this.trial !== trial || trial.isConfirming || trial.conduct.rollout.isBeside) return
    trial.isConfirming = true
    trial.timer?.cancel()
    const { core } = this
    const { ref } = trial.generation
    const isPassing = this.isPassing(trial)
    try {
      if (!isPassing) await core.recorder.writeBaseline(trial.generation.record)
    } catch (error) {
      trial.isConfirming = false
      this.isBehind = true
      say(core.telemetry, 'error', `version ${ref.version} serves but could not be confirmed`, { error })
      this.again.later()
      return
    }
    // Taken back or superseded while it was being written: what is true has been wished for since.
    if (this.trial !== trial) return this.correctBaseline()
    const before = confirm(core.cell, isPassing)
    this.confirmed = trial.generation
    this.isBehind = false
    this.again.stop()
    this.endTrial(trial, { verdict: 'confirmed' })
    trial.conduct.rollout.ends('complete', null)
    core.recorder.clearIntent(ref.digest)
    trial.attempt.end({ status: 'success', reason: '' })
    core.breaker.succeeded()
    if (before !== null && before !== trial.generation) {
      core.generations.retire(before, drainOf(core, trial.candidate), trial.attempt.span.context)
    }
    void sweep(core)
  }

  private takeBack(trial: Trial, why: Back): boolean {
    const { core } = this
    const { baseline } = core.cell
    const { attempt, candidate, conduct, generation } = trial
    if (baseline === null || baseline === generation) return false
    const before = rollBack(core.cell)
    this.endTrial(trial, { verdict: why.code, failed: why.code })
    const ended = why.code === 'rollout.aborted' ? 'aborted' : 'rolled_back'
    const error = errorOf(why)
    conduct.rollout.ends(ended, error.message, why.by ?? null)
    // Beside the baseline it has never taken anything from it.
    if (before === generation) baseline.committed()
    this.ttl?.cancel()
    sayTakenBack(attempt, baseline, why.trigger)
    if (trial.isConfirming) this.correctBaseline()
    lockAway(core, candidate, why.reason)
    attempt.end({ status: 'rolled_back', reason: why.code, error })
    if (isNoFailure(why)) core.breaker.undecided(attempt.id)
    else core.breaker.failed(attempt.id)
    core.generations.retire(generation, drainOf(core, candidate), attempt.span.context)
    return true
  }

  private unconfirmed(trial: Trial, waitedMs: number): void {
    if (this.trial === trial) this.takeBack(trial, unconfirmed(trial.generation.ref.version, waitedMs))
  }

  private startTtl(brought: Brought, ttlMs: number): void {
    this.ttl = this.core.clock.after(ttlMs, () => this.expire(brought, ttlMs))
  }

  /** Its time is over: under observation it is taken back like any other, later by an attempt of its own. */
  private expire({ candidate, generation }: Brought, ttlMs: number): void {
    const { core, trial } = this
    const why = expired(generation.ref.version, ttlMs)
    if (trial?.generation === generation) {
      this.takeBack(trial, why)
      return
    }
    const { baseline, current } = core.cell
    // It may have been built again since: then another generation is that version.
    if (current?.ref.digest !== generation.ref.digest || baseline === null || baseline === current) return
    const attempt = this.around.makeTtlAttempt(candidate)
    rollBack(core.cell)
    this.confirmed = baseline
    baseline.committed()
    sayTakenBack(attempt, baseline, 'ttl')
    lockAway(core, candidate, 'ttl')
    attempt.end({ status: 'rolled_back', reason: why.code })
    core.generations.retire(current, drainOf(core, candidate), attempt.span.context)
  }

  private superseded(reason: 'before_confirm' | 'closed'): void {
    const { trial } = this
    if (trial === null) return
    this.endTrial(trial, { verdict: reason })
    trial.conduct.rollout.ends('superseded', reason)
    if (trial.isConfirming) this.correctBaseline()
    trial.attempt.end({ status: 'superseded', reason })
    this.core.breaker.undecided(trial.attempt.id)
  }

  private endTrial(trial: Trial, { verdict, failed }: { verdict: string; failed?: BackCode }): void {
    this.trial = null
    trial.timer?.cancel()
    trial.span?.set({ 'reload.verdict': verdict })
    if (failed !== undefined) trial.span?.fail(failed)
    trial.span?.end()
    trial.closeStage(failed === undefined ? { note: verdict } : { failed })
    trial.over.resolve()
  }

  /** A baseline that was being written has been overtaken: the one in memory is the true one. */
  private correctBaseline(): void {
    const { baseline } = this.core.cell
    if (baseline !== null) this.core.recorder.note('baseline', baseline.record)
  }

  /** To serve for a time only, with a version to go back to. */
  private isPassing({ candidate }: Brought): boolean {
    return candidate.manifest.serveTtlMs !== null && this.core.cell.baseline !== null
  }

  private isConfirmed(version: string): boolean {
    return this.confirmed?.ref.version === version && this.core.cell.current === this.confirmed
  }
}

function drainOf(core: Core, { manifest }: VersionFacts): DrainPolicy {
  return manifest.apply.drain ?? { mode: 'finish', timeoutMs: core.limits.drainMs }
}
