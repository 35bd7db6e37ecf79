/**
 * A request that is led to a route and through what stands before it, from its last byte to its first attempt. `take` is
 * the journey: the order of the rooms is the order of the stations, and each of them may end the call with a refusal
 * or an answer.
 *
 * Stations answer at once where they can, so that a call which waits for nothing is on its way upstream before the
 * next request is read; where one has to ask somebody (a shared counter, a kept answer), the rest of the way waits.
 *
 * Not here: what requests for a model's reply do beside (`generate-call.ts`), what comes after (`attempted-call.ts`).
 */
import { nearest } from '@changeover/reload'
import type { Hold, HoldAsk, HoldRefused, MostCost } from '../contract/allowance.ts'
import type { Caller, CompiledContext, CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import { type ErrorCode, GatewayError, rules } from '../errors.ts'
import { readWishes, USUAL_PRIORITY } from '../routing/caller-wishes.ts'
import { isThereFor, mayCall } from '../routing/may-call.ts'
import { resolveRoute } from '../routing/resolve-route.ts'
import { bodyShapes } from '../wire/body-shapes.ts'
import { RequestBody } from '../wire/request-body.ts'
import { isTooDeep } from '../wire/too-deep.ts'
import { routeFor } from './asked-route.ts'
import { AttemptedCall } from './attempted-call.ts'
import { boundOutput, dearest, estimateInput } from './call-estimates.ts'
import { changedBytes, type Looked, lookAtBody } from './guard-station.ts'
import { holdRefusal } from './hold-refusal.ts'
import { inputBlocked } from './inspection.ts'
import { type Answer, openReply } from './replies/open-reply.ts'
import type { Reply } from './replies/reply.ts'
import { type BodyFor, type UpstreamBody, writeUpstreamBody } from './upstream-body.ts'

/** True: go on. False: the call has been answered. */
export type Passed = boolean | Promise<boolean>

export class RoutedCall extends AttemptedCall implements HoldAsk {
  take(bytes: Buffer): void {
    if (this.isClosed || this.ended) return
    try {
      this.came = this.body = withShortModel(this.readBody(bytes))
      this.#goFrom(0)
    } catch (thrown) {
      this.refuseThrown(thrown)
    }
  }

  /** What is nested so deeply that it cannot be written anew is no fault of ours. */
  protected override refuseThrown(thrown: unknown): false {
    if (!isTooDeep(thrown)) return super.refuseThrown(thrown)
    return this.refuse('request.not_json', { reason: 'it is nested too deeply to be read' })
  }

  // What requests for something else do otherwise.

  protected readBody(bytes: Buffer): RequestBody {
    return new RequestBody(bytes, bodyShapes[this.head.wire.name], this.head.path)
  }

  /** The route by the name that the caller gave. */
  protected lookUp(name: string): CompiledRoute | undefined {
    return this.gateway?.routes.get(name)
  }

  /** Whether the caller's allow-list has it. */
  protected mayAsk(model: string, route: CompiledRoute): boolean {
    return mayCall(this.caller, model, route)
  }

  /** In place of that of the route. */
  protected get ownContext(): CompiledContext | null {
    return null
  }

  /** What the request itself is looked at for, before anybody is asked. */
  protected inspect(route: CompiledRoute): Passed {
    const guards = this.gateway?.guards?.of(route.name, this.caller?.tenant ?? null) ?? null
    if (guards === null || this.body === null) return true
    this.inspection.guards = guards
    const looked = lookAtBody(guards, this.body, this)
    if (looked === null) return true
    if (looked instanceof Promise) return looked.then((it) => this.#takeLooked(it, route))
    return this.#takeLooked(looked, route)
  }

  /** In place of `inspect` where no guard could look into the request, nor into its answer. */
  protected inspectUnread(route: CompiledRoute): Passed {
    const guards = this.gateway?.guards?.of(route.name, this.caller?.tenant ?? null) ?? null
    if (guards === null) return true
    this.inspection.guards = guards
    return this.#takeLooked(guards.unread, route)
  }

  /** Whether the answer is there already. */
  protected answerFromCache(_route: CompiledRoute): Passed {
    return true
  }

  protected writeUpstream(it: BodyFor, target: CompiledTarget): UpstreamBody {
    return writeUpstreamBody(it, target)
  }

  protected openReplyFor(answer: Answer): Reply | null {
    return openReply(this, answer)
  }

  // What limits and budgets ask (HoldAsk).

  get routeName(): string {
    return this.route?.name ?? ''
  }

  inputTokens(): number {
    return this.body === null ? 0 : estimateInput(this.body, this.prompt, () => this.routeAsk())
  }

  outputTokens(): number | null {
    return this.route === null ? null : boundOutput(this.route, this.routeAsk())
  }

  mostCost(inputTokens: number, outputTokens: number): MostCost {
    const { route, body } = this
    if (route === null || body === null) return UNKNOWN_COST
    const serviceTier = this.routeAsk().serviceTier?.() ?? null
    return dearest(route, { inputTokens, outputTokens, serviceTier, body: body.bytes }, this.startedAt)
  }

  // The journey, room by room.

  #goFrom(first: number): void {
    for (let at = first; at < STATIONS; at += 1) {
      const passed = this.#pass(at)
      if (passed === false) return
      if (passed !== true) {
        void this.#wait(passed, at + 1)
        return
      }
    }
  }

  /** Whoever left meanwhile is not led on. */
  async #wait(passed: Promise<boolean>, next: number): Promise<void> {
    try {
      if ((await passed) && !this.isClosed && !this.ended) this.#goFrom(next)
    } catch (thrown) {
      this.refuseThrown(thrown)
    }
  }

  #pass(station: number): Passed {
    const { route, body } = this
    if (station === 0) return this.#findRoute()
    if (route === null || body === null) throw new TypeError('a call without a route was led on')
    if (station === 1) return this.#fillContext(route, body)
    if (station === 2) return this.takeAllowance()
    if (station === 3) return this.inspect(route)
    if (station === 4) return this.answerFromCache(route)
    // Read again: looking at the request may have changed it.
    this.startAttempts(route, this.body ?? body)
    this.came?.forget()
    this.body?.forget()
    this.asked?.forget()
    return true
  }

  #findRoute(): Passed {
    const model = this.body?.model ?? ''
    const route = this.lookUp(model)
    const { caller, ownContext } = this
    if (route === undefined || (ownContext === null && !isThereFor(caller, route)))
      return this.#refuseModel(model)
    if (!this.mayAsk(model, route)) return this.refuse('identity.not_allowed', { model })
    const { priority = USUAL_PRIORITY, regions = null } = this.caller ?? NOBODY
    this.wishes = readWishes(this.head.headers, priority, regions)
    const led = route.plan.rules.length === 0 ? route : resolveRoute(route, this.routeAsk(), this)
    const mine = routeFor(caller?.tenant ?? null, led, ownContext)
    if (mine === null) return this.#refuseModel(model)
    this.route = mine
    this.callSpan()
    return true
  }

  /** What is there for others alone is no hint either. */
  #refuseModel(model: string): false {
    const { caller } = this
    const routes = this.gateway?.routes ?? new Map<string, CompiledRoute>()
    const known = [...(caller?.allow ?? routes.keys())].filter((name) => {
      const route = routes.get(name)
      return route === undefined || isThereFor(caller, route)
    })
    return this.refuse('routing.no_such_model', { model, nearest: nearest(model, known) })
  }

  #takeLooked(looked: Looked, route: CompiledRoute): Passed {
    if ('blocked' in looked) {
      this.inspection.blocked = looked
      return this.answerError(inputBlocked(looked))
    }
    this.inspection.looked = looked
    const { body } = this
    if (looked.body === null || body === null) return true
    this.body = body.withBytes(changedBytes(body.bytes, looked.body))
    // Variables of the prompt may be among what was masked.
    return this.#fillContext(route, this.body)
  }

  #fillContext(route: CompiledRoute, body: RequestBody): boolean {
    if (route.context === null) return true
    const filled = route.context.fill(body.variables)
    if (filled.ok) {
      this.prompt = filled.prompt
      return true
    }
    const status = Object.hasOwn(rules, filled.code) ? rules[filled.code as ErrorCode].status : 400
    return this.answerError({
      status,
      code: filled.code,
      message: filled.message,
      param: 'changeover.variables',
    })
  }

  /** What the caller may take, taken. */
  protected takeAllowance(): Passed {
    const allowance = this.caller?.allowance ?? null
    if (allowance === null) return true
    const held = allowance.hold(this)
    return held instanceof Promise ? held.then((it) => this.#takeHold(it)) : this.#takeHold(held)
  }

  #takeHold(it: Hold | HoldRefused): boolean {
    if (!('refused' in it)) return this.keepHold(it)
    const { code, details, headers } = holdRefusal(it)
    this.tools.telemetry.meter.add('changeover.limit.refusals', 1, { 'changeover.limit': it.limit })
    return this.refuse(code, details, headers)
  }
}

/** It is compared with other names, told back and kept in the record of the call: nobody's names are that long. */
function withShortModel(body: RequestBody): RequestBody {
  const { length } = body.model
  if (length <= LONGEST_MODEL) return body
  const [found, expected] = [`${length} characters`, `at most ${LONGEST_MODEL}`]
  throw new GatewayError('request.field', { field: 'model', found, expected })
}

const LONGEST_MODEL = 1024

/** Whom no key was asked of. */
const NOBODY: Pick<Caller, 'priority' | 'regions'> = Object.freeze({})

const UNKNOWN_COST: MostCost = Object.freeze({ microUsd: 0, isKnown: false })

/** Route, context, limits, guards, cache, attempts. */
const STATIONS = 6
