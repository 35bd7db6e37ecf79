/**
 * A call's attempts, one after another, until one of them has begun to answer or none is left.
 *
 * The promise: until the host says `commit` nothing has reached the caller, so a failed attempt is made again
 * as if it had not been: on the same target after a wait, or on the next of the route's fallbacks at once.
 * After `commit` there is no way back, and a failure is the host's to tell.
 *
 * The attempts of a route are counted in all. One is kept for each fallback that is still to come, so that
 * retrying the chosen target never uses up the way around it.
 *
 * All time limits of a call are one number here, `dueAt`. Not here: what an answer means (`pipeline/replies`).
 */
import type { Timer } from '@changeover/reload'
import type { CompiledTarget } from '../contract/compiled.ts'
import type {
  UpstreamExchange,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamHeaders,
} from '../contract/upstream.ts'
import type { AttemptHost, AttemptRules, AttemptTools, FailureCode, Refusal } from './attempt-host.ts'
import { backoffMs, readRetryAfter } from './backoff.ts'
import { chooseTarget } from './choose.ts'
import type { Watched } from './deadlines.ts'

/** Error bodies are small; beyond this only the beginning is kept. */
const REFUSAL_BYTES = 64 * 1024

type Phase = 'idle' | 'connecting' | 'asked' | 'refused' | 'flowing' | 'stalled' | 'waiting' | 'over'

interface CollectedRefusal {
  readonly contentType: string
  readonly retryAfterMs: number | null
  readonly chunks: Buffer[]
  bytes: number
}

export class Attempts implements UpstreamHandler, Watched {
  dueAt = Number.POSITIVE_INFINITY
  readonly #host: AttemptHost
  readonly #rules: AttemptRules
  readonly #tools: AttemptTools
  readonly #totalAt: number
  #phase: Phase = 'idle'
  #target: CompiledTarget | null = null
  #exchange: UpstreamExchange | null = null
  #made = 0
  /** Fallbacks already passed. */
  #passed = 0
  #status: number | null = null
  #committed = false
  /** Why this side broke the attempt off, when it did. */
  #broken: FailureCode | null = null
  #limitMs = 0
  #wait: Timer | null = null
  #refusal: { chunks: Buffer[]; bytes: number; contentType: string; retryAfterMs: number | null } | null =
    null

  constructor(host: AttemptHost, rules: AttemptRules, tools: AttemptTools) {
    this.#host = host
    this.#rules = rules
    this.#tools = tools
    this.#totalAt = rules.startedAt + rules.route.totalMs
  }

  get target(): CompiledTarget | null {
    return this.#target
  }

  start(): void {
    const { route, startedAt } = this.#rules
    this.#tools.deadlines.watch(this)
    const target = chooseTarget(route, this.#tools.random, startedAt) ?? this.#nextFallback(startedAt)
    if (target === null) this.#giveUp('upstream.open_breakers', null, null)
    else this.#attempt(target, startedAt)
  }

  /** The answer is good and about to go out: no attempt after this one. */
  commit(): void {
    if (this.#committed) return
    this.#committed = true
    this.#phase = 'flowing'
    this.#touch()
    this.#target?.breaker.succeeded()
  }

  /** The host cannot use the answer: breaks the attempt off and, before `commit`, goes on to the next. */
  fault(code: FailureCode, status?: number): void {
    if (this.#phase === 'over') return
    if (status !== undefined) this.#status = status
    this.#breakOff(code)
  }

  /** The call is over for another reason: nothing more is reported but the end of the attempt. */
  cancel(code: string): void {
    if (this.#phase === 'over') return
    const running = this.#phase !== 'waiting' && this.#phase !== 'idle'
    this.#close()
    this.#exchange?.abort()
    if (running && this.#target !== null) {
      this.#host.onAttemptOver(this.#target, this.#status, code, undefined)
    }
  }

  pause(): void {
    if (this.#phase !== 'flowing') return
    this.#phase = 'stalled'
    this.dueAt = Math.min(this.#totalAt, this.#tools.deadlines.coarseNow + this.#rules.stallMs)
    this.#exchange?.pause()
  }

  resume(): void {
    if (this.#phase !== 'stalled') return
    this.#phase = 'flowing'
    this.#touch()
    this.#exchange?.resume()
  }

  onSent(): void {
    if (this.#phase !== 'connecting') return
    this.#phase = 'asked'
    this.dueAt = Math.min(this.#totalAt, this.#tools.deadlines.coarseNow + this.#rules.route.firstTokenMs)
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    this.#status = status
    if (status >= 200 && status < 300) {
      this.#host.onHead(status, headers)
      return
    }
    this.#phase = 'refused'
    this.#touch()
    this.#refusal = {
      chunks: [],
      bytes: 0,
      contentType: headers.find('content-type') ?? '',
      retryAfterMs: readRetryAfter(headers, this.#tools.clock.now()),
    }
  }

  onData(chunk: Buffer): void {
    const refusal = this.#refusal
    if (refusal === null) {
      if (this.#phase === 'flowing') this.#touch()
      this.#host.onData(chunk)
    } else if (refusal.bytes < REFUSAL_BYTES) {
      refusal.chunks.push(chunk)
      refusal.bytes += chunk.length
    }
  }

  onEnd(): void {
    if (this.#phase === 'over') return
    this.#exchange = null
    if (this.#refusal === null) this.#host.onEnd()
    else this.#settle('upstream.failed', undefined)
  }

  /** The host has taken the whole answer. */
  finish(): void {
    if (this.#phase === 'over') return
    this.#close()
    if (this.#target !== null) this.#host.onAttemptOver(this.#target, this.#status, '', undefined)
  }

  onError(error: UpstreamFailure): void {
    if (this.#phase === 'over') return
    const code = this.#broken ?? (error.code === 'upstream.aborted' ? 'upstream.reset' : error.code)
    this.#broken = null
    // A refusal that broke off is still a refusal: its status is what counts.
    const settled = this.#refusal !== null && code === 'upstream.reset' ? 'upstream.failed' : code
    this.#settle(settled, error.cause)
  }

  onDue(nowMs: number): void {
    const { route, stallMs } = this.#rules
    if (this.#phase === 'stalled' && nowMs < this.#totalAt) {
      this.#limitMs = stallMs
      this.#host.onStalled()
      return
    }
    const total = nowMs >= this.#totalAt
    this.#limitMs = total ? route.totalMs : this.#phase === 'flowing' ? route.idleMs : route.firstTokenMs
    if (this.#phase === 'waiting') {
      this.#wait?.cancel()
      this.#giveUp('upstream.timeout', this.#status, undefined)
      return
    }
    this.#breakOff(this.#phase === 'connecting' && !total ? 'upstream.connect' : 'upstream.timeout')
  }

  #attempt(target: CompiledTarget, nowMs: number): void {
    this.#target = target
    this.#status = null
    this.#refusal = null
    this.#made += 1
    this.#phase = 'connecting'
    this.dueAt = Math.min(this.#totalAt, nowMs + this.#rules.route.connectMs)
    const request = this.#host.onAttempt(target)
    if (request === null) this.#close()
    else this.#exchange = target.upstream.send(request, this)
  }

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
    if (isTargetsFault(code, this.#status)) target.breaker.failed(now)
    this.#host.onAttemptOver(target, this.#status, code, cause)
    if (this.#phase === 'over') return
    if (this.#committed || now >= this.#totalAt || !this.#tryAgain(target, code, now)) {
      this.#giveUp(code, this.#status, cause)
    }
  }

  #tryAgain(target: CompiledTarget, code: FailureCode, nowMs: number): boolean {
    const { route } = this.#rules
    const left = route.attempts - this.#made
    if (left <= 0) return false
    const fallbacks = route.fallback.length - this.#passed
    const retryable = code !== 'upstream.failed' || target.provider.isRetryable(this.#status ?? 500)
    if (retryable && left > fallbacks) {
      const asked = this.#refusal?.retryAfterMs ?? 0
      const waitMs = Math.max(
        asked,
        backoffMs(this.#made, route.retryBaseMs, route.retryMaxMs, this.#tools.random),
      )
      if (asked <= route.retryMaxMs && nowMs + waitMs < this.#totalAt) {
        this.#retryAfter(target, waitMs, code)
        return true
      }
    }
    if (!retryable && !isTargetsOwn(this.#status)) return false
    const next = this.#nextFallback(nowMs)
    if (next === null) return false
    this.#attempt(next, nowMs)
    return true
  }

  #retryAfter(target: CompiledTarget, waitMs: number, code: FailureCode): void {
    this.#phase = 'waiting'
    this.dueAt = this.#totalAt
    this.#wait = this.#tools.clock.after(waitMs, () => {
      if (this.#phase !== 'waiting') return
      const now = this.#tools.clock.monotonic()
      const next = target.breaker.allows(now) ? target : this.#nextFallback(now)
      if (next === null) this.#giveUp(code, this.#status, undefined)
      else this.#attempt(next, now)
    })
  }

  #nextFallback(nowMs: number): CompiledTarget | null {
    const { fallback } = this.#rules.route
    while (this.#passed < fallback.length) {
      const target = fallback[this.#passed]
      this.#passed += 1
      if (target !== undefined && target.breaker.allows(nowMs)) return target
    }
    return null
  }

  #giveUp(code: FailureCode, status: number | null, cause: unknown): void {
    this.#close()
    const refusal = this.#refusal === null || status === null ? null : foldRefusal(this.#refusal, status)
    this.#host.onFailure({ code, target: this.#target, status, limitMs: this.#limitMs, refusal, cause })
  }

  #touch(): void {
    this.dueAt = Math.min(this.#totalAt, this.#tools.deadlines.coarseNow + this.#rules.route.idleMs)
  }

  #close(): void {
    this.#phase = 'over'
    this.#wait?.cancel()
    this.#tools.deadlines.unwatch(this)
  }
}

function foldRefusal(it: CollectedRefusal, status: number): Refusal {
  const { contentType, retryAfterMs, chunks } = it
  return { status, contentType, body: Buffer.concat(chunks), retryAfterMs }
}

/** Counts against the target's breaker: that it cannot be reached or fails, not that it refuses. */
function isTargetsFault(code: FailureCode, status: number | null): boolean {
  return code !== 'upstream.failed' || status === null || status >= 500
}

/** Refusals that say something about our credential or this model there, and nothing about the request. */
function isTargetsOwn(status: number | null): boolean {
  return status === 401 || status === 402 || status === 403 || status === 404
}
