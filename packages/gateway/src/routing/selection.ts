/**
 * A call's choices among the targets of its route, for routes that do more than draw by weight. One for a call, made
 * only then; a plain route draws by `choose.ts`.
 *
 * A breaker is asked only about the target that was chosen, because asking a half-open one takes its probe; while
 * looking around, `isReady` takes nothing.
 */
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { RouteAsk } from '../contract/route-ask.ts'
import type { Strategy, Turn } from '../contract/routing.ts'
import type { AttemptHost, AttemptTools } from './attempt-host.ts'
import type { CallerWishes } from './caller-wishes.ts'
import { drawByWeight, type Member } from './strategies/members.ts'
import { isAllowed } from './target-needs.ts'

export class Selection implements Turn {
  nowMs = 0
  readonly #route: CompiledRoute
  readonly #wishes: CallerWishes
  readonly #host: Pick<AttemptHost, 'routeAsk'>
  readonly #tools: Pick<AttemptTools, 'clock' | 'random'>
  readonly #strategy: Strategy
  /** Tried by this call already: asked again only by the rules of trying again. */
  readonly #tried: CompiledTarget[] = []
  #passed: CompiledTarget[] = []
  #needsRoom = true

  constructor(
    it: { readonly route: CompiledRoute; readonly wishes: CallerWishes },
    host: Pick<AttemptHost, 'routeAsk'>,
    tools: Pick<AttemptTools, 'clock' | 'random'>,
  ) {
    this.#route = it.route
    this.#wishes = it.wishes
    this.#host = host
    this.#tools = tools
    this.#strategy = it.route.plan.strategy ?? byWeight(it.route)
  }

  get ask(): RouteAsk {
    return this.#host.routeAsk()
  }

  get wallMs(): number {
    return this.#tools.clock.now()
  }

  random(): number {
    return this.#tools.random()
  }

  /** One that this call has not tried, with room if there is one with room; `null` when there is none. */
  choose(nowMs: number): CompiledTarget | null {
    this.nowMs = nowMs
    for (const needsRoom of [true, false]) {
      this.#needsRoom = needsRoom
      this.#passed = []
      for (;;) {
        const target = this.#strategy.choose(this)
        if (target === null) break
        if (target.breaker.allows(nowMs)) return target
        this.#passed.push(target)
      }
    }
    return null
  }

  tried(target: CompiledTarget): void {
    if (!this.#tried.includes(target)) this.#tried.push(target)
  }

  isUp(target: CompiledTarget): boolean {
    if (this.#tried.includes(target) || this.#passed.includes(target)) return false
    if (!target.breaker.isReady(this.nowMs) || !this.mayAsk(target, this.nowMs)) return false
    return !this.#needsRoom || target.gate === null || target.gate.hasRoom
  }

  /** Allowed to take this call, and not resting for doing worse than its peers. */
  mayAsk(target: CompiledTarget, nowMs: number): boolean {
    const { needs, ejector } = this.#route.plan
    return isAllowed(target, needs, this.#wishes) && ejector?.isOut(target, nowMs) !== true
  }

  /** Whether the route has any target that may take this call, up or not. */
  hasAllowed(): boolean {
    const { targets, fallback, plan } = this.#route
    const all = [...targets.map((it) => it.target), ...fallback]
    return all.some((it) => isAllowed(it, plan.needs, this.#wishes))
  }
}

const known = new WeakMap<CompiledRoute, Strategy>()

function byWeight(route: CompiledRoute): Strategy {
  let strategy = known.get(route)
  if (strategy === undefined) {
    let before = 0
    const members = route.targets.map(({ target, until }): Member => {
      const weight = until - before
      before = until
      return { target, weight, priority: 0 }
    })
    strategy = { name: 'weighted', choose: (turn) => drawByWeight(members, turn) }
    known.set(route, strategy)
  }
  return strategy
}
