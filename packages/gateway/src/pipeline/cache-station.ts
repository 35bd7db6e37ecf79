/**
 * Where a call meets the cache of its route: whether its answer is there, and what becomes of the one that it gets.
 *
 * An answer that is given again is given as bytes, cut as they were: nothing of it is parsed or written anew. One that
 * is to be kept is copied on its way out, behind guardrails and whatever else changes it, so that what is kept is what
 * the caller has seen. It is kept when the last byte is handed over, and not when the caller has it: those who wait for
 * it do not wait for a slow reader.
 *
 * Not here: what an answer hangs on, and where answers are (`cache/`).
 */
import type { CacheAsk, CacheLead, CacheLook, KeptAnswer } from '../contract/answer-cache.ts'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { CallHead } from '../contract/downstream.ts'
import type { Leaving } from '../contract/leaving.ts'
import type { FinishReason } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import type { CallerWishes } from '../routing/caller-wishes.ts'
import type { RequestBody } from '../wire/request-body.ts'
import { answerBasis } from './answer-basis.ts'
import type { CallBill } from './call-bill.ts'

export interface CachedAsk {
  readonly route: CompiledRoute
  /** Of all guards that look at the call. */
  readonly guards: string | null
  readonly head: CallHead
  /** As it came, and as it goes on. */
  readonly came: RequestBody
  readonly body: RequestBody
  readonly prompt: string | null
  readonly wishes: CallerWishes
  readonly tenant: string
  /** What makes answers of the same path others: of a published prompt its version. */
  readonly place: string
  readonly nowMs: number
  /** Of the settings that it is asked under. */
  readonly version: string
}

/** `null` where nothing is looked for: what is marked as sensitive is nobody's but its caller's. */
export function lookUp(it: CachedAsk, leaving: Leaving): CacheLook | Promise<CacheLook> {
  const { route, wishes } = it
  if (route.cache === null || wishes.sensitive) return null
  return route.cache.look(askOf(it), leaving)
}

function askOf({
  route,
  guards,
  head,
  came,
  body,
  prompt,
  wishes,
  tenant,
  place,
  nowMs,
  version,
}: CachedAsk): CacheAsk {
  const control = head.headers['cache-control']
  return {
    tenant,
    route: route.name,
    context: route.context?.id ?? null,
    prompt,
    guards,
    wire: head.wire.name,
    stream: came.stream,
    model: came.model,
    basis: answerBasis({ route, head, wishes, place }),
    body: came,
    changed: came !== body,
    nowMs,
    version,
    control: typeof control === 'string' ? control : null,
  }
}

/** What of a call it takes to say what its answer was. */
export interface Answered {
  readonly error: string
  readonly status: number
  readonly wire: WireName
  readonly stopped: FinishReason | null
  readonly target: CompiledTarget | null
  readonly bill: CallBill
}

/** Answers that are whole; one that was cut at a length may be longer next time, and is nobody's but theirs who waited. */
const GOOD: ReadonlySet<FinishReason | null> = new Set(['stop', 'tool_calls'])

/** The leader's answer on its way out. */
export class AnswerCopy {
  readonly #lead: CacheLead
  #chunks: Buffer[] | null = []
  #bytes = 0
  #contentType = ''
  #streamed = false

  constructor(lead: CacheLead) {
    this.#lead = lead
  }

  begin(contentType: string, streamed: boolean): void {
    this.#contentType = contentType
    this.#streamed = streamed
  }

  add(chunk: Buffer | string): void {
    if (this.#chunks === null) return
    this.#bytes += chunk.length
    // Nobody will have use for it: no need to hold it.
    if (this.#bytes > this.#lead.mostBytes) this.#chunks = null
    else this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  }

  /** The last byte has been handed over. */
  end(it: Answered, nowMs: number): void {
    if (it.error !== '' || it.status !== 200 || this.#chunks === null) {
      this.#lead.drop()
      return
    }
    const answer: KeptAnswer = {
      status: it.status,
      contentType: this.#contentType,
      chunks: this.#chunks,
      streamed: this.#streamed,
      keptAt: nowMs,
      target: it.target?.name ?? '',
      inputTokens: it.bill.usage?.inputTokens ?? null,
      outputTokens: it.bill.usage?.outputTokens ?? null,
      costMicroUsd: it.bill.costMicroUsd,
    }
    if (GOOD.has(it.stopped) || isComplete(it, answer)) this.#lead.keep(answer)
    else this.#lead.share(answer)
  }

  /** The call is over, however it ended. After `end` it does nothing. */
  drop(): void {
    this.#chunks = null
    this.#lead.drop()
  }
}

/** OpenAI's Responses give no reason for an end that is as it should be: they say that it is complete. */
function isComplete({ stopped, wire }: Answered, { streamed, chunks }: KeptAnswer): boolean {
  if (wire !== 'openai-responses' || stopped !== null) return false
  const bytes = Buffer.concat(chunks)
  // Inside of a text its quotes would be escaped.
  if (streamed) return bytes.includes('"response.completed"')
  try {
    return (JSON.parse(bytes.toString()) as { readonly status?: unknown } | null)?.status === 'completed'
  } catch {
    return false
  }
}

/** A kept stream on its way out, as fast as its caller reads. */
export class Replay {
  readonly #chunks: readonly Buffer[]
  readonly #send: (chunk: Buffer) => boolean
  #at = 0

  constructor(answer: KeptAnswer, send: (chunk: Buffer) => boolean) {
    this.#chunks = answer.chunks
    this.#send = send
  }

  /** True when all of it has been handed over; false when the caller does not keep up. */
  go(): boolean {
    while (this.#at < this.#chunks.length) {
      const chunk = this.#chunks[this.#at]
      this.#at += 1
      if (chunk !== undefined && !this.#send(chunk)) return this.#at === this.#chunks.length
    }
    return true
  }
}
