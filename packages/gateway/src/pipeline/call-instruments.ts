/**
 * Counts calls and attempts. Each combination of attributes is bound to its instruments once and found again by
 * one string; what hangs on a version goes with it.
 */
import type { Attributes, BoundInstrument, Meter } from '@changeover/reload'
import type { CacheOutcome } from '../contract/answer-cache.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { Usage } from '../contract/neutral.ts'
import { providerNameOf } from './provider-name.ts'

interface CallCounters {
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
  readonly #calls = new Map<string, CallCounters>()
  readonly #attempts = new Map<string, AttemptCounters>()
  readonly #tokens = new Map<string, TokenCounters>()
  readonly #lookups = new Map<string, BoundInstrument>()
  readonly #guards = new Map<string, GuardCounters>()
  #held: BoundInstrument | null = null
  #used: BoundInstrument | null = null

  constructor(version: string, meter: Meter) {
    this.#version = version
    this.#meter = meter
  }

  call(it: CountedCall): void {
    const key = `${it.path} ${it.status} ${it.error} ${it.role} ${it.route}`
    let counters = this.#calls.get(key)
    if (counters === undefined) {
      counters = this.#bindCall(it)
      this.#calls.set(key, counters)
    }
    counters.requests.add(1)
    counters.duration.record(it.durationMs / 1000)
  }

  attempt(target: CompiledTarget, error: string, durationMs: number): void {
    const key = `${error} ${target.name}`
    let counters = this.#attempts.get(key)
    if (counters === undefined) {
      counters = this.#bindAttempt(target, error)
      this.#attempts.set(key, counters)
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
    const key = `${outcome} ${cache}`
    let lookups = this.#lookups.get(key)
    if (lookups === undefined) {
      const attributes = { 'changeover.cache': cache, 'changeover.outcome': outcome }
      lookups = bind(this.#meter, 'changeover.cache.lookups', attributes)
      this.#lookups.set(key, lookups)
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

  #bindCall(it: CountedCall): CallCounters {
    return {
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
