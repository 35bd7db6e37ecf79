/**
 * Asks one of the gateway's own models for the vector of a text: one attempt, bounded in time, outside of routing. What
 * goes wrong is told and never thrown, because whoever asks goes on without.
 *
 * It is asked as a caller would be: by the target's pool, credential and format, and its breaker is asked and
 * told, so that a model of embeddings that is down is not waited for by each request in turn.
 */
import { baggageMember } from '@changeover/otel'
import type { Clock, Timer } from '@changeover/reload'
import type { Embed, Embedded, EmbedFor } from '../cache/kept-answers.ts'
import type { AskedBeside } from '../contract/answer-cache.ts'
import type { AttemptBill } from '../contract/call.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { EmbedRequest, EmbedWire } from '../contract/embeddings.ts'
import type { Usage } from '../contract/neutral.ts'
import type { UpstreamRequest } from '../contract/upstream.ts'
import { embedWires } from '../wire/embeddings/list.ts'
import { isFields } from '../wire/fields.ts'
import { priceNameOf } from './call-bill.ts'
import { withBaggage } from './upstream-request.ts'

/** A vector of ten thousand numbers, as text, several times over. */
const MOST_BYTES = 1024 * 1024

export interface EmbedTextInput {
  readonly target: CompiledTarget
  readonly timeoutMs: number
  readonly clock: Clock
}

/** The format that a target embeds in; `null` for one that does not. */
export function embedWireFor(target: CompiledTarget): EmbedWire | null {
  return embedWires.find((it) => target.paths[it.name] !== undefined) ?? null
}

export function embedText(input: EmbedTextInput): Embed {
  return (text, it) => new Promise((resolve) => new Asking(input, resolve).begin(text, it))
}

/** What an answer comes to. */
interface Outcome {
  readonly status: number | null
  readonly error: string
  readonly vector: Float32Array | null
  readonly usage: Usage | null
}

class Asking {
  readonly #input: EmbedTextInput
  readonly #resolve: (it: Embedded) => void
  readonly #startedMono: number
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #status: number | null = null
  #timer: Timer | null = null
  #isOver = false
  #stop: () => void = () => undefined

  constructor(input: EmbedTextInput, resolve: (it: Embedded) => void) {
    this.#input = input
    this.#resolve = resolve
    this.#startedMono = input.clock.monotonic()
  }

  begin(text: string, { signal, version }: EmbedFor): void {
    const { target, clock, timeoutMs } = this.#input
    const wire = embedWireFor(target)
    if (wire === null || signal.aborted) {
      this.#end({ status: null, error: 'call.cancelled', vector: null, usage: null })
      return
    }
    if (!target.breaker.isReady(clock.monotonic())) {
      this.#end({ status: null, error: 'upstream.open_breakers', vector: null, usage: null })
      return
    }
    const leave = (): void => this.#fail('call.cancelled')
    signal.addEventListener('abort', leave, { once: true })
    this.#timer = clock.after(timeoutMs, () => this.#fail('upstream.timeout'))
    const request = requestTo(target, wire, { text, version, nowMs: clock.now() })
    const exchange = target.upstream.send(request, {
      onSent: () => undefined,
      onHead: (status) => {
        this.#status = status
      },
      onData: (chunk) => this.#take(chunk),
      onEnd: () => this.#read(wire),
      onError: (failure) => this.#fail(failure.code),
    })
    this.#stop = () => {
      signal.removeEventListener('abort', leave)
      exchange.abort()
    }
    if (this.#isOver) this.#stop()
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > MOST_BYTES) this.#fail('upstream.protocol')
    else this.#chunks.push(chunk)
  }

  #read(wire: EmbedWire): void {
    const status = this.#status ?? 0
    if (status !== 200) {
      this.#fail('upstream.failed')
      return
    }
    const reply = replyIn(wire, Buffer.concat(this.#chunks))
    const vector = reply?.vectors[0]
    if (reply === null || vector === undefined) this.#fail('upstream.protocol')
    else this.#end({ status, error: '', vector: Float32Array.from(vector), usage: reply.usage })
  }

  #fail(error: string): void {
    this.#end({ status: this.#status, error, vector: null, usage: null })
  }

  #end({ status, error, vector, usage }: Outcome): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer?.cancel()
    const { target, clock } = this.#input
    const nowMono = clock.monotonic()
    // One that is only too slow for this is not down for those who ask it for themselves.
    if (error === '') target.breaker.succeeded()
    else if (isDown(status, error)) target.breaker.failed(nowMono)
    this.#stop()
    const asked: AskedBeside = {
      target: target.name,
      status,
      error,
      durationMs: nowMono - this.#startedMono,
      bill: usage === null ? null : billOf(target, usage, clock.now()),
    }
    this.#resolve({ vector, asked })
  }
}

function requestTo(
  target: CompiledTarget,
  wire: EmbedWire,
  { text, version, nowMs }: { readonly text: string; readonly version: string; readonly nowMs: number },
): UpstreamRequest {
  const asked: EmbedRequest = {
    model: target.model,
    inputs: [{ text }],
    task: 'similarity',
    from: 'gemini-embeddings',
    extra: {},
  }
  const body = Buffer.from(JSON.stringify(wire.writeRequest(asked, target.upstreamModel).body))
  const path = target.paths[wire.name]?.whole ?? ''
  const own = target.headers()
  const isTold = target.provider.versionInBaggage === true
  const unsigned = isTold ? withBaggage(own, baggageMember('config.version', version)) : own
  const { origin } = target.upstream
  const headers = target.sign?.({ method: 'POST', origin, path, headers: unsigned, body, nowMs }) ?? unsigned
  return { method: 'POST', path, headers, body }
}

function billOf(target: CompiledTarget, tokens: Usage, atMs: number): AttemptBill {
  const costMicroUsd = target.facts?.price?.costMicroUsd(tokens, atMs) ?? null
  return { price: priceNameOf(target), costMicroUsd, tokens }
}

function isDown(status: number | null, error: string): boolean {
  return error === 'upstream.connect' || error === 'upstream.reset' || (status !== null && status >= 500)
}

function replyIn(wire: EmbedWire, bytes: Buffer) {
  try {
    const body: unknown = JSON.parse(bytes.toString())
    return isFields(body) ? wire.parseReply(body) : null
  } catch {
    return null
  }
}
