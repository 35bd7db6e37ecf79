/**
 * One rollout, conducted: what the state machine decides is done to the pointers, the comparison and the books.
 *
 * Splits are made here, before the block that puts them in place. The candidate's side and the other's have one arm each
 * for the whole rollout; where nothing is compared, requests carry none.
 *
 * Not here: what follows when a version has all of the traffic, or none any more (`observer.ts`).
 */
import type { Judgement, LatelySeen, RolloutMove, RolloutStatus } from '../../contract/rollout.ts'
import type { Pin } from '../../contract/snapshot.ts'
import { POINTS, thresholdOf } from '../../rollout/cohort.ts'
import { isSplit, planOf, type RolloutPlan } from '../../rollout/plan.ts'
import { type Failure, Rollout, type RolloutHost } from '../../rollout/rollout.ts'
import { ExternalMeasures } from '../../rollout/sources/external.ts'
import type { Attempt } from '../attempt.ts'
import { moveSplit } from '../commit.ts'
import { type Core, say } from '../core.ts'
import type { Generation, Parts } from '../live/generation.ts'
import type { Candidate } from '../stages/candidate.ts'
import { asReloadError } from '../work.ts'
import { Comparing } from './comparing.ts'
import { MoveTelling } from './move-telling.ts'
import { Split, type Tally } from './split.ts'

/** What the observer does for it. */
export interface Acts {
  takeAll(conduct: Conduct, by: string | null): void
  takeBack(conduct: Conduct, failure: Failure): void
  isOvertaken(attempt: Attempt): boolean
}

export class Conduct implements RolloutHost {
  readonly rollout: Rollout
  readonly attempt: Attempt
  readonly candidate: Candidate
  private readonly core: Core
  private readonly acts: Acts
  private readonly telling: MoveTelling
  private readonly tally: Tally = { candidate: 0, baseline: 0 }
  private comparing: Comparing | null = null
  private external: ExternalMeasures | null = null
  private generation: Generation | null = null
  private startNow: () => void = () => {}

  constructor(attempt: Attempt, candidate: Candidate, acts: Acts) {
    const { core } = attempt
    this.core = core
    this.attempt = attempt
    this.candidate = candidate
    this.acts = acts
    this.rollout = new Rollout(candidate.digest, planFor(core, candidate), { host: this, clock: core.clock })
    this.telling = new MoveTelling(attempt, this.rollout)
  }

  get plan(): RolloutPlan {
    return this.rollout.plan
  }

  /** Whether its version begins beside the one in force. */
  get isSplit(): boolean {
    return isSplit(this.plan)
  }

  get isCompared(): boolean {
    return this.comparing !== null && this.rollout.isBeside && this.plan.strategy !== 'blueGreen'
  }

  /** The split to begin with, made before the commit; `null` where the version takes all and nobody looks. */
  opens(generation: Generation): Split | null {
    const { core, plan } = this
    this.generation = generation
    const beside = core.cell.baseline
    if (this.isSplit && beside !== null) this.external = this.asks(beside)
    const isJudged = plan.strategy !== 'blueGreen' || plan.burnRate !== null
    if ((core.measures.length > 0 || this.external !== null) && isJudged) {
      if (this.isSplit) this.comparing = this.compare(null)
      else if (core.lately !== null || plan.burnRate !== null)
        this.comparing = this.compare((it) => this.seenLately(it))
    }
    if (!this.isSplit) return this.full()
    return beside === null ? null : this.splitAt(plan.steps[0]?.share ?? 0, beside)
  }

  judge(): Judgement | null {
    return this.isCompared ? (this.comparing?.judge(this.external?.look()) ?? null) : null
  }

  dead(): string | null {
    return this.comparing?.dead ?? null
  }

  burning(): string | null {
    return this.comparing?.burning(this.core.clock.monotonic()) ?? null
  }

  frozen(step: number | null): string | null {
    const { core, attempt, candidate } = this
    const { origin } = attempt
    const { restores } = candidate.manifest
    // Saying that one restores something is not enough: it has to be a version that served here.
    const leadsBack = restores !== null && core.library.knows(restores)
    if (core.frozen === null || leadsBack || origin.manual === true || origin.emergency === true) return null
    const { version } = candidate
    const { strategy } = this.plan
    try {
      return core.frozen({ version, strategy, step, actor: attempt.actor, at: core.clock.now() })
    } catch (error) {
      say(core.telemetry, 'error', 'whether changes are frozen could not be found out', { error })
      return 'it is not known whether changes are frozen'
    }
  }

  isOvertaken(): boolean {
    return this.acts.isOvertaken(this.attempt)
  }

  take(share: number): void {
    const { current } = this.core.cell
    if (current !== null) moveSplit(this.core.cell, this.splitAt(share, current))
  }

  takeAll(by: string | null): void {
    this.comparing?.alone(this.core.clock.monotonic())
    this.acts.takeAll(this, by)
  }

  takeBack(failure: Failure): void {
    this.acts.takeBack(this, failure)
  }

  moved(move: RolloutMove): void {
    if (!this.rollout.isBeside) this.external?.stop()
    // What comes in at once has its one line and its one end, like any reload.
    if (this.isSplit || move.state === 'scheduled') this.telling.tell(move)
  }

  /** Pins the candidate for a copy of a request; `null` unless it is a shadow. */
  shadow(): Pin<Parts> | null {
    const { split } = this.core.cell
    const isShadow = this.plan.strategy === 'shadow' && this.rollout.isBeside
    return isShadow && split !== null ? split.pinCandidate(null) : null
  }

  /** The split at full traffic: only where a guard still watches. */
  full(): Split | null {
    const { generation, comparing, candidate } = this
    if (generation === null || comparing?.isWatching !== true) return null
    const arm = comparing.candidate
    const side = { role: 'current', rollout: candidate.digest, unit: null, arm } as const
    const sides = { candidate: { generation, side }, current: { generation, side }, tally: this.tally }
    return new Split({ rollout: candidate.digest, unit: null, threshold: POINTS }, sides)
  }

  /** Waits for its time; `startNow` is called when it is begun by hand before that. */
  schedule(startsAt: number, startNow: () => void): void {
    this.startNow = startNow
    this.rollout.waits(startsAt)
  }

  beginByHand(): void {
    this.startNow()
  }

  /** The attempt has failed before the version took any traffic. */
  gaveUp(error: unknown): void {
    if (this.rollout.history.length === 0) return
    const { code, message } = asReloadError(error)
    this.rollout.ends(code === 'rollout.aborted' ? 'aborted' : 'superseded', message)
  }

  status(): RolloutStatus {
    const { rollout, attempt, candidate, plan, tally } = this
    return {
      id: rollout.id,
      attempt: attempt.id,
      version: candidate.version,
      strategy: plan.strategy,
      unit: plan.unit,
      state: rollout.state,
      reason: rollout.reason,
      step: rollout.step,
      steps: plan.steps,
      share: rollout.share,
      since: rollout.since,
      endsAt: rollout.endsAt,
      judgement: rollout.judgement,
      requests: { ...tally },
      history: [...rollout.history],
    }
  }

  private splitAt(share: number, current: Generation): Split {
    const { candidate, comparing, generation, plan, tally } = this
    if (generation === null) throw new TypeError('a split is of a version that has been built')
    const rollout = candidate.digest
    const { unit } = plan
    const sides = {
      candidate: {
        generation,
        side: { role: 'candidate', rollout, unit, arm: comparing?.candidate ?? null },
      },
      current: {
        generation: current,
        side: { role: 'current', rollout, unit, arm: comparing?.baseline ?? null },
      },
      tally,
    } as const
    return new Split({ rollout, unit, threshold: thresholdOf(share) }, sides)
  }

  private asks(baseline: Generation): ExternalMeasures | null {
    const { core, candidate, plan } = this
    if (Object.keys(plan.analysis.external ?? {}).length === 0) return null
    const { version, digest } = candidate
    const compared = { rollout: digest, candidate: version, baseline: baseline.ref.version }
    const { clock, secrets } = core
    return new ExternalMeasures(plan.analysis, { clock, compared, secrets, everyMs: plan.everyMs })
  }

  private seenLately(measure: string): LatelySeen | null {
    try {
      return this.core.lately?.(measure) ?? null
    } catch (error) {
      say(this.core.telemetry, 'error', 'what requests came to lately could not be found out', { error })
      return null
    }
  }

  private compare(before: ((measure: string) => LatelySeen | null) | null): Comparing {
    const { core, plan } = this
    const onDead = (): void => this.rollout.look()
    const { analysis: policy, burnRate } = plan
    return new Comparing({ measures: core.measures, policy, burnRate, onDead }, before)
  }
}

/** Where nothing serves yet, or nothing could be gone back to, there is nothing to be compared with. */
export function planFor(core: Core, { manifest }: Candidate): RolloutPlan {
  const plan = planOf(manifest.rollout, core.limits.bakeMs)
  return core.cell.baseline === null ? nothingBeside(plan) : plan
}

function nothingBeside(plan: RolloutPlan): RolloutPlan {
  return { ...plan, strategy: 'allAtOnce', unit: null, steps: [], burnRate: null }
}
