/**
 * A call's attempts, one after another, until one of them has begun to answer or none is left.
 *
 * The promise: until the host says `commit` nothing has reached the caller, so a failed attempt is made again
 * as if it had not been: with another key, on another target, or on the same one after a wait. After `commit` there
 * is no way back, and a failure is the host's to tell.
 *
 * The attempts of a route are counted in all. Where a call goes when one has failed: `again.ts`.
 *
 * All time limits of a call are one number here, `dueAt`. What an attempt takes (a place at a gate, its mark on the
 * target) it gives back in `#release`, once. Not here: what an answer means (`pipeline/replies`).
 */
import type { Timer } from '@changeover/reload'
import type { AttemptReason, SkippedTarget } from '../contract/call.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { Gate, GateWaiter } from '../contract/routing.ts'
import type { UpstreamExchange, UpstreamFailure, UpstreamHeaders } from '../contract/upstream.ts'
import { chooseAgain } from './again.ts'
import type { AttemptHost, AttemptRules, AttemptTools, FailureCode } from './attempt-host.ts'
import { Beside, type HedgeAsker } from './beside.ts'
import { CallTime } from './call-time.ts'
import { CollectedRefusal } from './collected-refusal.ts'
import type { Watched } from './deadlines.ts'
import { isTargetsFault } from './failure-class.ts'
import type { HedgeLane } from './hedge-lane.ts'
import { NextTargets } from './next-targets.ts'

/** What a failure counts as at least in a target's latency: failing fast is not being fast. */
const FAILURE_MS = 1000
/** What an end is called that may be up to how little time the caller gave. */
const LATE: ReadonlySet<FailureCode> = new Set(['upstream.timeout', 'routing.queue_timeout'])

type Phase =
  | 'idle'
  | 'queued'
  | 'connecting'
  | 'asked'
  | 'refused'
  | 'flowing'
  | 'stalled'
  | 'waiting'
  | 'over'

export class Attempts implements HedgeAsker, Watched, GateWaiter {
  dueAt = Number.POSITIVE_INFINITY
  place = -1
  /** Why the attempt under way, or made last, was made; `null` for the first. */
  reason: AttemptReason | null = null
  readonly priority: number
  readonly time: CallTime
  readonly #host: AttemptHost
  readonly #rules: AttemptRules
  readonly #tools: AttemptTools
  readonly #next: NextTargets
  readonly #beside: Beside | null
  #phase: Phase = 'idle'
  #target: CompiledTarget | null = null
  #exchange: UpstreamExchange | null = null
  #made = 0
  #startedAt = 0
  #status: number | null = null
  #isSent = false
  #committed = false
  /** Why this side broke the attempt off, when it did. */
  #broken: FailureCode | null = null
  /** What is heard of an exchange that was given up for another. */
  #isMuted = false
  #limitMs = 0
  #wait: Timer | null = null
  #refusal: CollectedRefusal | null = null
  /** Holds a place and is counted at its target. */
  #isRunning = false
  #routePlaceAt: number | null = null
  #waitsAt: Gate | null = null
  #credential = 0

  constructor(host: AttemptHost, rules: AttemptRules, tools: AttemptTools) {
    this.#host = host
    this.#rules = rules
    this.#tools = tools
    const { route, wishes } = rules
    this.priority = wishes.priority
    this.time = new CallTime(rules)
    this.#next = new NextTargets(host, rules, tools)
    const { hedge, mirror } = route.plan
    this.#beside = hedge === null && mirror === null ? null : new Beside(this, host, { rules, tools })
  }

  /** Targets that were passed by so far; `null` for none. */
  get skipped(): readonly SkippedTarget[] | null {
    return this.#next.skipped
  }

  /** The request of the attempt under way, or made last, went out whole and was not refused. */
  get isAsked(): boolean {
    return this.#status === null ? this.#isSent : this.#status >= 200 && this.#status < 300
  }

  start(): void {
    const { route, startedAt } = this.#rules
    this.#tools.deadlines.watch(this)
    route.plan.hedge?.earn()
    if (!this.#next.hasAllowed) this.#giveUp('routing.none_allowed', null, null)
    else if (route.plan.gate === null || this.#enter(route.plan.gate, startedAt)) this.#first(startedAt)
  }

  /** The answer is good and about to go out: no attempt after this one. */
  commit(): void {
    if (this.#committed) return
    this.#committed = true
    this.#beside?.end('upstream.outrun')
    this.#phase = 'flowing'
    const { route, stream } = this.#rules
    this.time.begin()
    this.#touch()
    const target = this.#target
    if (target === null) return
    const now = this.#tools.clock.monotonic()
    target.breaker.succeeded()
    target.live.answered(now - this.#startedAt, now, stream)
    route.plan.ejector?.record(target, true, now)
  }

  /** The host cannot use the answer: breaks the attempt off and, before `commit`, goes on to the next. */
  fault(code: FailureCode, status?: number, said?: Buffer): void {
    if (this.#phase === 'over') return
    if (said !== undefined) this.#refusal = CollectedRefusal.of(said)
    if (status !== undefined) this.#status = status
    this.#breakOff(code)
  }

  /** The call is over for another reason: nothing more is reported but the end of the attempt. */
  cancel(code: string): void {
    if (this.#phase === 'over') return
    const wasRunning = this.#isRunning
    this.#beside?.end(code)
    this.#close()
    this.#exchange?.abort()
    if (wasRunning && this.#target !== null) {
      this.#host.onAttemptOver(this.#target, this.#status, code, undefined)
    }
  }

  pause(): void {
    if (this.#phase !== 'flowing') return
    this.#phase = 'stalled'
    this.dueAt = Math.min(this.time.endsAt, this.#tools.deadlines.coarseNow + this.#rules.stallMs)
    this.#exchange?.pause()
  }

  resume(): void {
    if (this.#phase !== 'stalled') return
    this.#phase = 'flowing'
    this.#touch()
    this.#exchange?.resume()
  }

  onSent(): void {
    this.#isSent = true
    if (this.#phase !== 'connecting') return
    this.#phase = 'asked'
    this.dueAt = Math.min(this.time.endsAt, this.#tools.deadlines.coarseNow + this.#rules.route.firstTokenMs)
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    this.#status = status
    if (this.#rules.route.plan.readsLimits) this.#readLimits(headers)
    if (status >= 200 && status < 300) {
      this.#host.onHead(status, headers)
      return
    }
    this.#phase = 'refused'
    this.#touch()
    this.#host.onRefused?.(headers)
    this.#refusal = new CollectedRefusal(headers, this.#tools.clock.now())
  }

  onData(chunk: Buffer): void {
    if (this.#refusal !== null) {
      this.#refusal.add(chunk)
      return
    }
    if (this.#phase === 'flowing') this.#touch()
    this.#host.onData(chunk)
  }

  onEnd(): void {
    if (this.#phase === 'over') return
    this.#exchange = null
    if (this.#refusal === null) this.#host.onEnd()
    else this.#settle('upstream.failed', undefined)
  }

  /** The host has taken the whole answer. `told`: of what failure it told; empty for none. */
  finish(told: FailureCode | ''): void {
    const target = this.#target
    if (this.#phase === 'over' || target === null) return
    if (told !== '' && isTargetsFault(told, null)) this.#countFault(target, this.#startedAt)
    this.#close()
    this.#host.onAttemptOver(target, this.#status, told, undefined)
  }

  onError(error: UpstreamFailure): void {
    if (this.#phase === 'over' || this.#isMuted) return
    const code = this.#broken ?? (error.code === 'upstream.aborted' ? 'upstream.reset' : error.code)
    this.#broken = null
    // A refusal that broke off is still a refusal: its status is what counts.
    const settled = this.#refusal !== null && code === 'upstream.reset' ? 'upstream.failed' : code
    this.#settle(settled, error.cause)
  }

  onDue(nowMs: number): void {
    const { route, stallMs } = this.#rules
    if (this.#phase === 'stalled' && nowMs < this.time.endsAt) {
      this.#limitMs = stallMs
      this.#host.onStalled()
      return
    }
    if (this.#phase === 'queued') {
      this.#giveUp('routing.queue_timeout', null, undefined, this.#waitsAt)
      return
    }
    const total = nowMs >= this.time.endsAt
    this.#limitMs = total ? this.time.limitMs : this.#phase === 'flowing' ? route.idleMs : route.firstTokenMs
    if (this.#phase === 'waiting') {
      this.#giveUp('upstream.timeout', this.#status, undefined)
      return
    }
    this.#breakOff(this.#phase === 'connecting' && !total ? 'upstream.connect' : 'upstream.timeout')
  }

  /** A place at the gate is this call's now. */
  admitted(): void {
    const now = this.#tools.clock.monotonic()
    const gate = this.#waitsAt
    this.#waitsAt = null
    const target = this.#target
    if (gate === this.#rules.route.plan.gate && this.#routePlaceAt === null) {
      this.#routePlaceAt = now
      this.#first(now)
    } else if (target !== null) this.#send(target, now)
  }

  // What goes beside the first attempt asks and tells (HedgeAsker).

  hedgeTarget(nowMs: number): CompiledTarget | null {
    const isSlow = this.#phase === 'connecting' || this.#phase === 'asked'
    if (!isSlow || this.#made !== 1 || this.#rules.route.attempts < 2) return null
    return this.#next.other(nowMs) ?? this.#next.fallback(nowMs) ?? this.#target
  }

  onHedged(target: CompiledTarget): void {
    this.#made += 1
    this.#next.tried(target)
  }

  onLaneWon(lane: HedgeLane): void {
    const target = this.#target
    if (target === null || this.#committed) return
    this.#beside?.takeLane()
    this.#isMuted = true
    this.#exchange?.abort()
    this.#isMuted = false
    this.#release()
    this.#host.onAttemptOver(target, this.#status, 'upstream.outrun', undefined)
    this.#adopt(lane)
  }

  onLaneOver(lane: HedgeLane, code: FailureCode): void {
    this.#beside?.takeLane()
    this.#beside?.giveBack(lane)
    if (!isTargetsFault(code, lane.status)) return
    this.#countFault(lane.aside.target, lane.startedAt, this.#tools.clock.monotonic())
  }

  // Where a call begins.

  #first(nowMs: number): void {
    const target = this.#next.first(nowMs) ?? this.#next.fallback(nowMs)
    if (target === null) this.#giveUp('upstream.open_breakers', null, null)
    else this.#attempt(target, nowMs)
  }

  /** At the route's gate. False when it waits, or has been refused. */
  #enter(gate: Gate, nowMs: number): boolean {
    if (gate.enter()) {
      this.#routePlaceAt = nowMs
      return true
    }
    if (!this.#queue(gate, nowMs)) this.#giveUp('routing.queue_full', null, null, gate)
    return false
  }

  #queue(gate: Gate, nowMs: number): boolean {
    if (!gate.wait(this)) return false
    this.#phase = 'queued'
    this.#waitsAt = gate
    this.dueAt = Math.min(this.time.endsAt, nowMs + gate.waitMs)
    return true
  }

  #attempt(target: CompiledTarget, nowMs: number): void {
    this.#target = target
    const { gate } = target
    if (gate === null || gate.enter()) {
      this.#send(target, nowMs)
      return
    }
    if (this.#queue(gate, nowMs)) return
    const next = this.#next.fallback(nowMs)
    if (next === null) this.#giveUp('routing.queue_full', null, null, gate)
    else this.#attempt(next, nowMs)
  }

  #send(target: CompiledTarget, nowMs: number): void {
    this.#status = null
    this.#isSent = false
    this.#refusal = null
    this.#made += 1
    this.#isRunning = true
    this.#startedAt = nowMs
    this.#phase = 'connecting'
    this.#next.tried(target)
    this.reason = this.#next.reason
    target.live.pending += 1
    if (target.credentials !== null) this.#credential = target.credentials.current(nowMs)
    this.dueAt = Math.min(this.time.endsAt, nowMs + this.#rules.route.connectMs)
    const request = this.#host.onAttempt(target)
    if (request === null) {
      this.#close()
      return
    }
    this.#exchange = target.upstream.send(request, this)
    if (this.#made === 1) this.#beside?.begin(target, nowMs)
  }

  /** From now on the second attempt is the one. The first one is over. */
  #adopt(lane: HedgeLane): void {
    this.#target = lane.aside.target
    this.#exchange = lane.exchange
    this.#status = lane.status
    this.#isSent = lane.isSent
    this.#refusal = null
    this.#isRunning = true
    this.#startedAt = lane.startedAt
    this.#credential = lane.credential
    this.#phase = 'asked'
    this.dueAt = Math.min(this.time.endsAt, lane.startedAt + this.#rules.route.firstTokenMs)
    this.#host.adopt(lane.aside)
    lane.adopt()
  }

  // What becomes of a failure.

  #breakOff(code: FailureCode): void {
    const exchange = this.#exchange
    if (exchange === null) {
      this.#settle(code, undefined)
      return
    }
    this.#broken = code
    exchange.abort()
  }

  /** An attempt failed: tries again where that is allowed. */
  #settle(code: FailureCode, cause: unknown): void {
    const target = this.#target
    if (target === null) return
    const now = this.#tools.clock.monotonic()
    // Otherwise one in a hurry would close it to all.
    const isHaste = code === 'upstream.timeout' && this.time.isHaste(target, this.#startedAt, now)
    const isFault = isTargetsFault(code, this.#status) && !isHaste
    if (isFault) this.#countFault(target, this.#startedAt, now)
    this.#release()
    this.#host.onAttemptOver(target, this.#status, code, cause)
    if (this.#phase === 'over') return
    const lane = this.#committed || now >= this.time.endsAt ? null : (this.#beside?.takeLane() ?? null)
    if (lane !== null) {
      this.#adopt(lane)
      return
    }
    if (this.#committed || now >= this.time.endsAt || !this.#tryAgain(target, code, now)) {
      this.#giveUp(code, this.#status, cause)
    }
  }

  #tryAgain(target: CompiledTarget, code: FailureCode, nowMs: number): boolean {
    const status = this.#status
    const failed = {
      target,
      credential: this.#credential,
      refused: { code, status, refusal: this.#refusal?.fold(status ?? 0) ?? null },
      made: this.#made,
      nowMs,
      endsAt: this.time.endsAt,
    }
    const again = chooseAgain(failed, this.#next, this.#rules, this.#tools)
    if (again === null) return false
    if ('waitMs' in again) this.#retryAfter(target, again.waitMs, code)
    else {
      if (again.isExtra) this.#made -= 1
      this.#attempt(again.target, nowMs)
    }
    return true
  }

  #retryAfter(target: CompiledTarget, waitMs: number, code: FailureCode): void {
    this.#phase = 'waiting'
    this.dueAt = this.time.endsAt
    this.#wait = this.#tools.clock.after(waitMs, () => {
      if (this.#phase !== 'waiting') return
      const now = this.#tools.clock.monotonic()
      const next = target.breaker.allows(now) ? this.#next.again(target) : this.#next.fallback(now)
      if (next === null) this.#giveUp(code, this.#status, undefined)
      else this.#attempt(next, now)
    })
  }

  #giveUp(why: FailureCode, status: number | null, cause: unknown, gate: Gate | null = null): void {
    const code = this.#isHaste(why) ? 'call.out_of_time' : why
    this.#beside?.end('call.cancelled')
    this.#close()
    const refusal = status === null ? null : (this.#refusal?.fold(status) ?? null)
    const retryAfterMs = gate === null ? null : gate.retryAfterMs()
    const target = this.#target
    const limitMs = code === 'call.out_of_time' ? this.time.limitMs : this.#limitMs
    this.#host.onFailure({ code, target, status, limitMs, refusal, retryAfterMs, cause })
  }

  // What is counted, held and given back.

  #countFault(target: CompiledTarget, startedAt: number, nowMs = this.#tools.clock.monotonic()): void {
    target.breaker.failed(nowMs)
    this.#rules.route.plan.ejector?.record(target, false, nowMs)
    const { stream } = this.#rules
    const ms = Math.max(nowMs - startedAt, target.live.latencyMs(nowMs, stream) * 2, FAILURE_MS)
    target.live.failed(ms, nowMs, stream)
  }

  /** Of the whole call. One that waits to ask again has failed, and by somebody else. */
  #isHaste(code: FailureCode): boolean {
    if (!LATE.has(code) || this.#phase === 'waiting') return false
    return this.time.isHaste(this.#target, this.#rules.startedAt, this.#tools.clock.monotonic())
  }

  #readLimits(headers: UpstreamHeaders): void {
    const { clock } = this.#tools
    this.#target?.live.limitsSeen(headers, clock.monotonic(), clock.now())
  }

  /** The attempt under way is over for its target. */
  #release(): void {
    const target = this.#target
    if (!this.#isRunning || target === null) return
    this.#isRunning = false
    target.live.pending -= 1
    target.gate?.leave(this.#startedAt, this.#tools.clock.monotonic())
  }

  #touch(): void {
    this.dueAt = Math.min(this.time.endsAt, this.#tools.deadlines.coarseNow + this.#rules.route.idleMs)
  }

  #close(): void {
    this.#phase = 'over'
    this.#wait?.cancel()
    this.#tools.deadlines.unwatch(this)
    this.#waitsAt?.forget(this)
    this.#waitsAt = null
    this.#release()
    const { gate } = this.#rules.route.plan
    if (gate === null || this.#routePlaceAt === null) return
    const enteredAt = this.#routePlaceAt
    this.#routePlaceAt = null
    gate.leave(enteredAt, this.#tools.clock.monotonic())
  }
}
