/**
 * Counts calls and attempts. Each combination of attributes is bound to its instruments once and found again by its
 * words, one after the other: to write them into one text, and hash it, costs a call more than to count it. What hangs
 * on a version goes with it.
 */
import type { Attributes, BoundInstrument, Meter } from '@changeover/reload'
import type { CacheOutcome } from '../contract/answer-cache.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { Usage } from '../contract/neutral.ts'
import { providerNameOf } from './provider-name.ts'

interface CallCounters extends Pick<CountedCall, 'path' | 'status' | 'role'> {
  readonly requests: BoundInstrument
  readonly duration: BoundInstrument
}

interface AttemptCounters {
  readonly attempts: BoundInstrument
  readonly duration: BoundInstrument
}

interface TokenCounters {
  readonly input: BoundInstrument
  readonly output: BoundInstrument
  readonly firstToken: BoundInstrument
  readonly cost: BoundInstrument
}

interface GuardCounters {
  readonly held: BoundInstrument
  readonly duration: BoundInstrument
}

const TOKENS = 'changeover.limit.tokens'

export interface CountedCall {
  readonly method: string
  readonly path: string
  readonly route: string
  readonly status: number
  /** Empty when it ended well. */
  readonly error: string
  readonly durationMs: number
  /** `null` while nothing is compared. */
  readonly role: 'candidate' | 'current' | null
}

export class CallInstruments {
  readonly #version: string
  readonly #meter: Meter
  /** By route and error: those of each are few. */
  readonly #calls = new Map<string, Map<string, CallCounters[]>>()
  /** By target and error. */
  readonly #attempts = new Map<string, Map<string, AttemptCounters>>()
  readonly #tokens = new Map<string, TokenCounters>()
  /** By cache and outcome. */
  readonly #lookups = new Map<string, Map<string, BoundInstrument>>()
  readonly #guards = new Map<string, GuardCounters>()
  #held: BoundInstrument | null = null
  #used: BoundInstrument | null = null

  constructor(version: string, meter: Meter) {
    this.#version = version
    this.#meter = meter
  }

  call(it: CountedCall): void {
    const counters = this.#countersOf(it)
    counters.requests.add(1)
    counters.duration.record(it.durationMs / 1000)
  }

  attempt(target: CompiledTarget, error: string, durationMs: number): void {
    const ofTarget = below(this.#attempts, target.name)
    let counters = ofTarget.get(error)
    if (counters === undefined) {
      counters = this.#bindAttempt(target, error)
      ofTarget.set(error, counters)
    }
    counters.attempts.add(1)
    counters.duration.record(durationMs / 1000)
  }

  /** `firstTokenMs` is `null` where nothing was streamed. */
  answered(
    target: CompiledTarget,
    { usage, costMicroUsd }: { readonly usage: Usage | null; readonly costMicroUsd: number | null },
    firstTokenMs: number | null,
  ): void {
    let counters = this.#tokens.get(target.name)
    if (counters === undefined) {
      counters = this.#bindTokens(target)
      this.#tokens.set(target.name, counters)
    }
    if (usage !== null) {
      counters.input.record(usage.inputTokens)
      counters.output.record(usage.outputTokens)
    }
    if (costMicroUsd !== null) counters.cost.add(costMicroUsd / 1e6)
    if (firstTokenMs !== null) counters.firstToken.record(firstTokenMs / 1000)
  }

  looked(cache: string, outcome: CacheOutcome, savedMicroUsd: number): void {
    const ofCache = below(this.#lookups, cache)
    let lookups = ofCache.get(outcome)
    if (lookups === undefined) {
      const attributes = { 'changeover.cache': cache, 'changeover.outcome': outcome }
      lookups = bind(this.#meter, 'changeover.cache.lookups', attributes)
      ofCache.set(outcome, lookups)
    }
    lookups.add(1)
    if (savedMicroUsd > 0) {
      this.#meter.add('changeover.cache.saved', savedMicroUsd / 1e6, { 'changeover.cache': cache })
    }
  }

  /** Tokens that limits or budgets held for a call, and then what it used of them. */
  heldTokens(count: number): void {
    this.#held ??= bind(this.#meter, TOKENS, { 'changeover.outcome': 'held' })
    this.#held.add(count)
  }

  usedTokens(count: number): void {
    this.#used ??= bind(this.#meter, TOKENS, { 'changeover.outcome': 'used' })
    this.#used.add(count)
  }

  /** How much of an answer guards held back at once, and for how long. */
  guarded(route: string, { chars, ms }: { readonly chars: number; readonly ms: number }): void {
    let counters = this.#guards.get(route)
    if (counters === undefined) {
      const attributes = { 'changeover.route': route }
      counters = {
        held: bind(this.#meter, 'changeover.guard.held', attributes),
        duration: bind(this.#meter, 'changeover.guard.held.duration', attributes),
      }
      this.#guards.set(route, counters)
    }
    counters.held.record(chars)
    counters.duration.record(ms / 1000)
  }

  #countersOf(it: CountedCall): CallCounters {
    const { path, status, role } = it
    const ofRoute = below(this.#calls, it.route)
    const known = ofRoute.get(it.error) ?? []
    for (const one of known) if (one.path === path && one.status === status && one.role === role) return one
    const counters = this.#bindCall(it)
    ofRoute.set(it.error, [...known, counters])
    return counters
  }

  #bindCall(it: CountedCall): CallCounters {
    return {
      path: it.path,
      status: it.status,
      role: it.role,
      requests: bind(this.#meter, 'changeover.requests', {
        'changeover.route': it.route,
        'changeover.outcome': it.error === '' ? 'ok' : it.error,
        'config.version': this.#version,
        'config.candidate': it.role === null ? undefined : it.role === 'candidate',
      }),
      duration: bind(this.#meter, 'http.server.request.duration', {
        'http.request.method': it.method,
        'http.route': it.path,
        'http.response.status_code': it.status,
        'error.type': it.error === '' ? undefined : it.error,
      }),
    }
  }

  #bindAttempt(target: CompiledTarget, error: string): AttemptCounters {
    return {
      attempts: bind(this.#meter, 'changeover.upstream.attempts', {
        'changeover.target': target.name,
        'changeover.outcome': error === '' ? 'ok' : error,
      }),
      duration: bind(this.#meter, 'gen_ai.client.operation.duration', {
        ...operation(target),
        'error.type': error === '' ? undefined : error,
      }),
    }
  }

  #bindTokens(target: CompiledTarget): TokenCounters {
    const usage = 'gen_ai.client.token.usage'
    return {
      input: bind(this.#meter, usage, { ...operation(target), 'gen_ai.token.type': 'input' }),
      output: bind(this.#meter, usage, { ...operation(target), 'gen_ai.token.type': 'output' }),
      cost: bind(this.#meter, 'changeover.cost', {
        'changeover.target': target.name,
        'config.version': this.#version,
      }),
      firstToken: bind(this.#meter, 'gen_ai.server.time_to_first_token', operation(target)),
    }
  }
}

function operation(target: CompiledTarget): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': providerNameOf(target),
    'gen_ai.request.model': target.upstreamModel,
  }
}

function below<Value>(all: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  let found = all.get(name)
  if (found === undefined) {
    found = new Map()
    all.set(name, found)
  }
  return found
}

/** A meter may leave `bind` out. */
function bind(meter: Meter, name: string, attributes: Attributes): BoundInstrument {
  const present = Object.freeze(
    Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
  )
  if (meter.bind !== undefined) return meter.bind(name, present)
  return {
    add: (value) => meter.add(name, value, present),
    record: (value) => meter.record(name, value, present),
  }
}
