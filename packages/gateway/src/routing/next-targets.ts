/**
 * Where a call can still go: the targets of its route that it has not tried, the fallbacks that it has not passed,
 * the list for a kind of failure, and the other keys of a target. Only the ways are here; which of
 * them a call takes is `again.ts`.
 */
import type { AttemptReason, SkippedTarget } from '../contract/call.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import { FAILURE_CLASSES, type FailureClass } from '../contract/routing.ts'
import type { AttemptHost, AttemptRules, AttemptTools, FailureCode, Refusal } from './attempt-host.ts'
import { chooseTarget } from './choose.ts'
import { classOf } from './failure-class.ts'
import { Selection } from './selection.ts'
import { skipReason } from './skip-reason.ts'

/** A key that the provider does not take stays that way for a while; a limit is over sooner. */
const REFUSED_KEY_MS = 300_000
const LIMITED_KEY_MS = 30_000

export interface Refused {
  readonly code: FailureCode
  readonly status: number | null
  readonly refusal: Refusal | null
}

const KIND_REASONS = Object.fromEntries(FAILURE_CLASSES.map((it) => [it, `fallback:${it}`])) as Readonly<
  Record<FailureClass, AttemptReason>
>

/** Of a call's record; who has passed by more than these has said enough. */
const MOST_SKIPPED = 8

export class NextTargets {
  /** Why the target that was given out last is the one; `null` for the first choice. */
  reason: AttemptReason | null = null
  /** Targets passed by so far; `null` for none. */
  skipped: SkippedTarget[] | null = null
  readonly #rules: Pick<AttemptRules, 'route' | 'wishes'>
  readonly #random: () => number
  /** `null` for a route that only draws by weight. */
  readonly #selection: Selection | null
  /** The fallbacks in use, and how many of them have been passed. */
  #fallback: readonly CompiledTarget[]
  #passed = 0
  #rotations = 0

  constructor(
    host: Pick<AttemptHost, 'routeAsk'>,
    rules: Pick<AttemptRules, 'route' | 'wishes'>,
    tools: Pick<AttemptTools, 'clock' | 'random'>,
  ) {
    const { route, wishes } = rules
    this.#rules = rules
    this.#random = tools.random
    this.#fallback = route.fallback
    const narrowed = wishes.sensitive || wishes.region !== null || wishes.regions !== null
    const chooses = route.plan.chooses || narrowed
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
    const chosen = selection === null ? chooseTarget(route, this.#random, nowMs) : selection.choose(nowMs)
    for (const { target } of route.targets) if (target !== chosen) this.#noteSkipped(target, nowMs)
    return chosen
  }

  /** Another target of the route, where it chooses among several. */
  other(nowMs: number): CompiledTarget | null {
    const chosen = this.#selection?.choose(nowMs) ?? null
    if (chosen !== null) this.reason = 'other'
    return chosen
  }

  /** The same target once more. */
  again(target: CompiledTarget): CompiledTarget {
    this.reason = 'retry'
    return target
  }

  tried(target: CompiledTarget): void {
    this.#selection?.tried(target)
  }

  fallback(nowMs: number): CompiledTarget | null {
    while (this.#passed < this.#fallback.length) {
      const target = this.#fallback[this.#passed]
      this.#passed += 1
      if (target === undefined) continue
      if (this.#selection?.mayAsk(target, nowMs) !== false && target.breaker.allows(nowMs)) {
        this.reason = 'fallback'
        return target
      }
      this.#noteSkipped(target, nowMs)
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
    const target = this.fallback(nowMs)
    if (target !== null && kind !== null) this.reason = KIND_REASONS[kind]
    return target
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
    this.reason = 'key'
    return true
  }

  /** Looks only, and keeps nothing for one that could have been chosen as well. */
  #noteSkipped(target: CompiledTarget, nowMs: number): void {
    const reason = skipReason(target, this.#rules, nowMs)
    if (reason === null) return
    const skipped = (this.skipped ??= [])
    if (skipped.length < MOST_SKIPPED) skipped.push({ target: target.name, reason })
  }
}
