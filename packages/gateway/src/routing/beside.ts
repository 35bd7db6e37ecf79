/**
 * What goes out beside a call's first attempt: a copy to a mirror, and a second attempt when the first one is slow. One
 * for a call, made only where the route wants either.
 *
 * Not here: which of two attempts is answered from in the end (`attempts.ts` adopts), and what a copy does when it
 * is on its way (`mirror-lane.ts`).
 */
import type { Timer } from '@changeover/reload'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { AttemptHost, AttemptRules, AttemptTools } from './attempt-host.ts'
import { HedgeLane, type LaneOwner } from './hedge-lane.ts'
import { MirrorLane } from './mirror-lane.ts'
import { isAllowed } from './target-needs.ts'

/** What decides whether, and where, a second attempt goes. */
export interface HedgeAsker extends LaneOwner {
  /** Where a second attempt may go now; `null` when it is too late for one, or nobody is there. */
  hedgeTarget(nowMs: number): CompiledTarget | null
  /** It went out: it counts among the route's attempts. */
  onHedged(target: CompiledTarget): void
}

export class Beside {
  readonly #asker: HedgeAsker
  readonly #host: AttemptHost
  readonly #rules: AttemptRules
  readonly #tools: AttemptTools
  #timer: Timer | null = null
  #lane: HedgeLane | null = null

  constructor(
    asker: HedgeAsker,
    host: AttemptHost,
    it: { readonly rules: AttemptRules; readonly tools: AttemptTools },
  ) {
    this.#asker = asker
    this.#host = host
    this.#rules = it.rules
    this.#tools = it.tools
  }

  /** The first attempt is on its way. */
  begin(target: CompiledTarget, nowMs: number): void {
    const { hedge, mirror } = this.#rules.route.plan
    if (mirror !== null && this.#tools.random() < mirror.share) this.#mirror(nowMs)
    const delayMs = hedge === null ? null : hedge.delayMs(target, this.#rules.stream)
    if (delayMs !== null) this.#timer = this.#tools.clock.after(delayMs, () => this.#hedge())
  }

  /** The second attempt under way, which from here on is the caller's to look after. */
  takeLane(): HedgeLane | null {
    const lane = this.#lane
    this.#lane = null
    return lane
  }

  /** Nothing goes beside any more; `code` is what the second attempt ended with. */
  end(code: string): void {
    this.#timer?.cancel()
    const lane = this.takeLane()
    if (lane === null) return
    lane.cancel(code)
    this.giveBack(lane)
  }

  /** The place that a second attempt held. */
  giveBack(lane: HedgeLane): void {
    const { target } = lane.aside
    target.live.pending -= 1
    target.gate?.leave(lane.startedAt, this.#tools.clock.monotonic())
  }

  #mirror(nowMs: number): void {
    const { plan, totalMs } = this.#rules.route
    const { mirror, needs } = plan
    if (mirror === null || !isAllowed(mirror.target, needs, this.#rules.wishes)) return
    if (!mirror.target.breaker.isReady(nowMs) || !mirror.take()) return
    const aside = mirror.target.breaker.allows(nowMs) ? this.#host.openAside(mirror.target, 'mirror') : null
    if (aside === null) mirror.giveBack()
    else new MirrorLane(aside, mirror, { tools: this.#tools, dueAt: nowMs + totalMs }).send()
  }

  #hedge(): void {
    const now = this.#tools.clock.monotonic()
    const target = this.#asker.hedgeTarget(now)
    if (target === null || this.#rules.route.plan.hedge?.take() !== true) return
    if (target.gate !== null && !target.gate.enter()) return
    const credential = target.credentials?.current(now) ?? 0
    const aside = this.#host.openAside(target, 'hedge')
    if (aside === null) {
      target.gate?.leave(now, now)
      return
    }
    target.live.pending += 1
    this.#asker.onHedged(target)
    this.#lane = new HedgeLane(aside, this.#asker, { startedAt: now, credential })
    this.#lane.send()
  }
}
