/**
 * One rollout as a state machine: which share the candidate has, when it moves on, and when nothing can be said.
 *
 *   scheduled → running (step by step) ⇄ paused, inconclusive → promoting → baking → complete
 *   and from anywhere: aborted, rolled_back, superseded
 *
 * It moves on by itself only when its time is over and the comparison says pass: no data, too little, or a broken
 * measure never promotes. It goes back as soon as the comparison says fail, also while somebody holds it.
 *
 * It knows a clock and what its host does for it, and nothing of versions, disks or requests; whatever it asks the host
 * to do is done when the call returns. Not here: the time at full traffic, which ends like that of any version
 * (`engine/observer.ts`).
 */
import type { Clock, Timer } from '../contract/clock.ts'
import type { Judgement, RolloutAsk, RolloutMove, RolloutState } from '../contract/rollout.ts'
import { ReloadError } from '../errors.ts'
import type { RolloutPlan } from './plan.ts'

export interface RolloutHost {
  /** Whether the sides are compared at all. */
  readonly isCompared: boolean
  /** `null` where nothing is compared. */
  judge(): Judgement | null
  /** For people: why the candidate is as good as dead; `null` while it is not. */
  dead(): string | null
  /** For people: how it spends its error budget too fast; `null` while it does not. */
  burning(): string | null
  /** Why the move may not be made now; `step` as in `FreezeQuestion`. */
  frozen(step: number | null): string | null
  /** Whether a newer version is being brought in: what has all of the traffic then would be overlooked by it. */
  isOvertaken(): boolean
  /** Gives the candidate this share of the units. */
  take(share: number): void
  /** Ends in `bakes`. */
  takeAll(by: string | null): void
  takeBack(failure: Failure): void
  /** Told after each change, once it is so. */
  moved(move: RolloutMove): void
}

/** Why a candidate went back by itself. */
export interface Failure {
  readonly code: 'rollout.failed' | 'rollout.guard' | 'rollout.burning'
  /** `analysis:error_rate`, `guard`, `burn_rate`: how it stands in quarantine. */
  readonly mark: string
  /** For people. */
  readonly reason: string
}

export type RolloutEnd = 'complete' | 'aborted' | 'rolled_back' | 'superseded'

const ENDS: ReadonlySet<RolloutState> = new Set<RolloutEnd>([
  'complete',
  'aborted',
  'rolled_back',
  'superseded',
])

/** Moves that are remembered. A rollout that flaps in and out of a freeze must not grow for ever. */
const MOST_MOVES = 200

export const OVERTAKEN = 'a newer version is coming in'
const UNLESS_CONFIRMED = 'it goes back by itself unless somebody confirms it'

export class Rollout {
  readonly id: string
  readonly plan: RolloutPlan
  state: RolloutState = 'scheduled'
  reason: string | null = null
  /** From 0; `null` before the first, after the last, and where there are none. */
  step: number | null = null
  share = 0
  /** Wall milliseconds. */
  since: number
  endsAt: number | null = null
  judgement: Judgement | null = null
  readonly history: RolloutMove[] = []
  private readonly host: RolloutHost
  private readonly clock: Clock
  private timer: Timer | null = null
  /** Monotonic: when the time of the step is over. */
  private overMs: number | null = null
  /** What is left of that time while it is paused. */
  private leftMs: number | null = null
  private extendedMs = 0

  constructor(id: string, plan: RolloutPlan, { host, clock }: { host: RolloutHost; clock: Clock }) {
    this.id = id
    this.plan = plan
    this.host = host
    this.clock = clock
    this.since = clock.now()
  }

  get isOver(): boolean {
    return ENDS.has(this.state)
  }

  /** Beside the version in force, and not in its place. */
  get isBeside(): boolean {
    return !this.isOver && this.state !== 'baking' && this.state !== 'scheduled'
  }

  /** Called when the candidate stands beside the version in force, with its first share if it has steps. */
  begin(): void {
    const first = this.plan.steps[0]
    this.step = first === undefined ? null : 0
    this.share = first?.share ?? 0
    this.starts(first === undefined ? this.plan.besideMs : first.forMs, null)
  }

  /** It has all of the traffic, until `endsAt`; where it waits for a word, without which it goes back then. */
  bakes(endsAt: number | null, by: string | null, waitsForWord = false): void {
    this.timer?.cancel()
    this.step = null
    this.share = 1
    this.overMs = null
    this.moves('baking', { by, endsAt, reason: waitsForWord ? UNLESS_CONFIRMED : null })
    this.later()
  }

  /** It waits for its time, holding nothing. */
  waits(startsAt: number): void {
    this.moves('scheduled', { endsAt: startsAt })
  }

  /** The one ending; later ones are not heard. */
  ends(state: RolloutEnd, reason: string | null, by: string | null = null): void {
    if (this.isOver) return
    this.timer?.cancel()
    if (state !== 'complete') this.share = 0
    this.moves(state, { reason, by })
  }

  /** Looks at once: something has happened that may decide. */
  look(): void {
    if (this.isOver || this.state === 'scheduled') return
    this.timer?.cancel()
    this.timer = this.clock.after(0, () => this.tick())
  }

  /** Throws `rollout.frozen` and `rollout.cannot`; what serves stays then. */
  promote(to: 'next' | 'full', { actor, manual }: Asked): void {
    if (!this.isBeside) throw this.cannot(`be promoted while it is ${this.state}`)
    const next = to === 'next' ? this.nextStep : null
    const frozen = manual === true ? null : this.host.frozen(next)
    if (frozen !== null) throw new ReloadError('rollout.frozen', { reason: frozen })
    if (next === null && this.host.isOvertaken()) throw this.cannot(`take all: ${OVERTAKEN}`)
    this.goTo(next, actor ?? null)
  }

  pause(reason: string, { actor }: Asked): void {
    if (!this.isBeside) throw this.cannot(`be paused while it is ${this.state}`)
    if (this.state !== 'paused') this.keepTime()
    this.moves('paused', { reason, by: actor ?? null })
    this.later()
  }

  resume({ actor }: Asked): void {
    if (this.state !== 'paused') throw this.cannot(`be resumed while it is ${this.state}`)
    const { leftMs } = this
    this.leftMs = null
    this.starts(leftMs, actor ?? null)
  }

  private get nextStep(): number | null {
    const next = (this.step ?? -1) + 1
    return next < this.plan.steps.length ? next : null
  }

  private starts(forMs: number | null, by: string | null): void {
    this.overMs = forMs === null ? null : this.clock.monotonic() + forMs
    this.moves('running', { by, endsAt: forMs === null ? null : this.clock.now() + forMs })
    this.later()
  }

  private goTo(step: number | null, by: string | null): void {
    this.leftMs = null
    const next = step === null ? undefined : this.plan.steps[step]
    if (next === undefined) return this.host.takeAll(by)
    this.host.take(next.share)
    this.step = step
    this.share = next.share
    this.starts(next.forMs, by)
  }

  private tick(): void {
    const { host } = this
    const dead = host.dead()
    if (dead !== null) return host.takeBack({ code: 'rollout.guard', mark: 'guard', reason: dead })
    const burning = host.burning()
    if (burning !== null)
      return host.takeBack({ code: 'rollout.burning', mark: 'burn_rate', reason: burning })
    // At full traffic nothing runs beside it that it could be compared with.
    if (!this.isBeside) return this.later()
    this.judgement = host.judge()
    const worst = this.judgement?.measures.find((it) => it.verdict === 'fail')
    if (this.judgement?.verdict === 'fail') {
      const mark = `analysis:${worst?.name ?? 'unknown'}`
      return host.takeBack({ code: 'rollout.failed', mark, reason: worst?.reason ?? 'it is worse' })
    }
    if (this.isTimeOver) this.goOn()
    this.later()
  }

  private get isTimeOver(): boolean {
    return this.state !== 'paused' && this.overMs !== null && this.clock.monotonic() >= this.overMs
  }

  /** Where nothing is compared by nature, time decides; elsewhere only a pass does. */
  private get hasPassed(): boolean {
    return this.plan.strategy === 'blueGreen' || this.judgement?.verdict === 'pass'
  }

  private goOn(): void {
    if (!this.hasPassed) return this.cannotTell()
    const next = this.nextStep
    const held = this.host.frozen(next) ?? (next === null && this.host.isOvertaken() ? OVERTAKEN : null)
    if (held === null) this.goTo(next, null)
    else if (this.state !== 'promoting' || this.reason !== held) this.moves('promoting', { reason: held })
  }

  private cannotTell(): void {
    const nowMs = this.clock.monotonic()
    const { onInconclusive, extendMs } = this.plan
    if (this.state !== 'inconclusive' && onInconclusive === 'extend') {
      this.extendedMs = nowMs + extendMs
      this.moves('inconclusive', { reason: this.whatLacks, endsAt: this.clock.now() + extendMs })
    } else if (onInconclusive === 'pause' || nowMs >= this.extendedMs) {
      this.keepTime()
      this.moves('paused', { reason: `inconclusive: ${this.whatLacks}` })
    }
  }

  private get whatLacks(): string {
    const measure = this.judgement?.measures.find((it) => it.verdict === 'inconclusive')
    return measure === undefined ? 'nothing is measured' : measure.reason
  }

  /** What is left of the step goes on when it is resumed. */
  private keepTime(): void {
    this.leftMs = this.overMs === null ? null : Math.max(0, this.overMs - this.clock.monotonic())
    this.overMs = null
  }

  private later(): void {
    this.timer?.cancel()
    const { everyMs, burnRate } = this.plan
    if (this.state === 'baking' && burnRate !== null)
      this.timer = this.clock.after(everyMs, () => this.tick())
    if (!this.isBeside) return
    const leftMs = this.overMs === null ? null : this.overMs - this.clock.monotonic()
    // Once its time is over it waits for something that only looking finds out.
    const isWaiting = this.host.isCompared || burnRate !== null || (leftMs !== null && leftMs <= 0)
    if (leftMs === null && !isWaiting) return
    const stepMs = leftMs === null || leftMs <= 0 ? everyMs : leftMs
    this.timer = this.clock.after(isWaiting ? Math.min(everyMs, stepMs) : stepMs, () => this.tick())
  }

  private moves(
    state: RolloutState,
    {
      reason = null,
      by = null,
      endsAt = null,
    }: { reason?: string | null; by?: string | null; endsAt?: number | null },
  ): void {
    this.state = state
    this.reason = reason
    this.since = this.clock.now()
    this.endsAt = endsAt
    const { since: at, step, share } = this
    const move = { at, state, step, share, reason, by }
    this.history.push(move)
    if (this.history.length > MOST_MOVES) this.history.shift()
    this.host.moved(move)
  }

  private cannot(what: string): ReloadError {
    return new ReloadError('rollout.cannot', { rollout: this.id, what })
  }
}

export type Asked = Pick<RolloutAsk, 'actor' | 'manual'>
