/**
 * Where a call can still go: the targets of its route that it has not tried, the fallbacks that it has not passed,
 * the list for a kind of failure, and the other keys of a target. Only the going is here; whether to go is
 * `attempts.ts`.
 */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { AttemptHost, AttemptRules, AttemptTools, FailureCode, Refusal } from './attempt-host.ts'
import { chooseTarget } from './choose.ts'
import { classOf } from './failure-class.ts'
import { Selection } from './selection.ts'

/** A key that the provider does not take stays that way for a while; a limit is over sooner. */
const REFUSED_KEY_MS = 300_000
const LIMITED_KEY_MS = 30_000

export interface Refused {
  readonly code: FailureCode
  readonly status: number | null
  readonly refusal: Refusal | null
}

export class NextTargets {
  readonly #rules: AttemptRules
  readonly #random: () => number
  /** `null` for a route that only draws by weight. */
  readonly #selection: Selection | null
  /** The fallbacks in use, and how many of them have been passed. */
  #fallback: readonly CompiledTarget[]
  #passed = 0
  #rotations = 0

  constructor(host: AttemptHost, rules: AttemptRules, tools: AttemptTools) {
    const { route, wishes } = rules
    this.#rules = rules
    this.#random = tools.random
    this.#fallback = route.fallback
    const chooses = route.plan.chooses || wishes.sensitive || wishes.region !== null
    this.#selection = chooses ? new Selection({ route, wishes }, host, tools) : null
  }

  /** Whether the route has any target that may be sent this call. */
  get hasAllowed(): boolean {
    return this.#selection === null || this.#selection.hasAllowed()
  }

  /** Fallbacks still to come. */
  get fallbacksLeft(): number {
    return this.#fallback.length - this.#passed
  }

  first(nowMs: number): CompiledTarget | null {
    const { route } = this.#rules
    const selection = this.#selection
    return selection === null ? chooseTarget(route, this.#random, nowMs) : selection.choose(nowMs)
  }

  /** Another target of the route, where it chooses among several. */
  other(nowMs: number): CompiledTarget | null {
    return this.#selection?.choose(nowMs) ?? null
  }

  tried(target: CompiledTarget): void {
    this.#selection?.tried(target)
  }

  fallback(nowMs: number): CompiledTarget | null {
    while (this.#passed < this.#fallback.length) {
      const target = this.#fallback[this.#passed]
      this.#passed += 1
      if (target === undefined || this.#selection?.mayAsk(target, nowMs) === false) continue
      if (target.breaker.allows(nowMs)) return target
    }
    return null
  }

  /** The next of the list for this kind of failure, where the route has one: from here on there are no others. */
  ofKind(refused: Refused, nowMs: number): CompiledTarget | null {
    const lists = this.#rules.route.plan.fallbackFor
    if (lists === null) return null
    const kind = classOf(refused.code, refused.status, refused.refusal)
    const list = kind === null ? undefined : lists.get(kind)
    if (list === undefined) return null
    if (list !== this.#fallback) {
      this.#fallback = list
      this.#passed = 0
    }
    return this.fallback(nowMs)
  }

  /** Lets the key rest that the provider refused; true when the target has another one that this call has not used. */
  rotate(target: CompiledTarget, credential: number, refused: Refused, nowMs: number): boolean {
    const ring = target.credentials
    const { code, status, refusal } = refused
    if (ring === null || code !== 'upstream.failed') return false
    if (status !== 401 && status !== 403 && status !== 429) return false
    const restMs = status === 429 ? (refusal?.retryAfterMs ?? LIMITED_KEY_MS) : REFUSED_KEY_MS
    const hasOther = ring.rest(credential, restMs, nowMs)
    if (!hasOther || this.#rotations >= ring.count - 1) return false
    this.#rotations += 1
    return true
  }
}
