/**
 * A call that has been read: its body and the route that it leads to, what may be asked of it, its span, and what it
 * holds of its caller's limits from the moment that is granted until the call is over.
 *
 * Invariant: a hold is settled once, whatever happens.
 *
 * Not here: the way to the route (`routed-call.ts`), what providers are asked (`attempted-call.ts`).
 */
import type { Span } from '@changeover/reload'
import type { Hold } from '../contract/allowance.ts'
import type { CompiledRoute } from '../contract/compiled.ts'
import type { Leaving } from '../contract/leaving.ts'
import type { RouteAsk } from '../contract/route-ask.ts'
import { type CallerWishes, NO_WISHES } from '../routing/caller-wishes.ts'
import type { RequestBody } from '../wire/request-body.ts'
import { Call } from './call.ts'
import type { CallFacts } from './call-facts.ts'
import type { CallInstruments } from './call-instruments.ts'
import { startCallSpan } from './call-spans.ts'
import { unused, usedBy, warnOf } from './held-call.ts'
import { RequestFacts } from './request-facts.ts'

export abstract class AskingCall extends Call implements Leaving {
  /** As it goes on; as it came. */
  protected body: RequestBody | null = null
  protected came: RequestBody | null = null
  protected route: CompiledRoute | null = null
  protected prompt: string | null = null
  protected wishes: CallerWishes = NO_WISHES
  /** What has been asked of the request so far. */
  protected asked: RequestFacts | null = null
  #span: Span | null = null
  #leaving: AbortController | null = null
  #hold: Hold | null = null

  routeAsk(): RouteAsk {
    const { head, caller } = this
    const body = this.body
    if (body === null) throw new TypeError('routing asked of a request before its body was there')
    const [tenant, key] = [caller?.tenant ?? null, caller?.key ?? null]
    this.asked ??= new RequestFacts({ head, body, wishes: this.wishes, tenant, key })
    return this.asked
  }

  // For what is waited for on the way (Leaving).

  get hasLeft(): boolean {
    return this.isClosed
  }

  get signal(): AbortSignal {
    if (this.#leaving === null) {
      this.#leaving = new AbortController()
      if (this.isClosed) this.#leaving.abort()
    }
    return this.#leaving.signal
  }

  /** Whoever was answered waits for nothing, and to abort costs more than to look up an answer. */
  protected stopWaiting(): void {
    if (!this.ended) this.#leaving?.abort()
  }

  /** Begun when the route is known, so that it has its name; at the answer, when that never was. */
  protected callSpan(): Span {
    const { head, snapshot, startedAt } = this
    this.#span ??= startCallSpan(this.tools, { head, snapshot, startedAt, route: this.route })
    return this.#span
  }

  /** Keeps what the call holds of its caller's limits. False when the call is over: then it is given back at once. */
  protected keepHold(hold: Hold): boolean {
    this.#hold = hold
    if (this.isClosed) {
      this.settleHold(null)
      return false
    }
    if (hold.tokens > 0) this.instruments?.heldTokens(hold.tokens)
    warnOf(hold, this.tools.telemetry.logger)
    return true
  }

  /** By what the call came to; `null`: nobody was asked, or nobody knows. */
  protected settleHold(facts: CallFacts | null): void {
    const hold = this.#hold
    if (hold === null || !hold.settles) return
    this.#hold = null
    const { clock } = this.tools
    const now = { nowMs: clock.now(), monoMs: clock.monotonic() }
    const used = facts === null ? unused(now) : usedBy(facts, now)
    hold.settle(used)
    if (hold.tokens > 0) this.instruments?.usedTokens(used.inputTokens + used.outputTokens)
  }

  /** `null` before a version was pinned. */
  protected get instruments(): CallInstruments | null {
    return this.snapshot === null ? null : this.tools.versions.of(this.snapshot).instruments
  }

  /** What is left of the caller's limits. */
  protected addLimitHeaders(headers: string[]): void {
    if (this.#hold !== null) for (const it of this.#hold.headers) headers.push(it)
  }
}
