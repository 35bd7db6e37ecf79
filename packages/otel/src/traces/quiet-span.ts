/**
 * The span of a trace that nobody keeps: it has an identity to pass on, and does nothing.
 *
 * A child hands its parent's context on: a span id of its own would name a span that was never written.
 * A root draws its ids only when somebody asks for them.
 */
import type { Span, SpanContext } from '@changeover/reload'
import { newSpanId, newTraceId } from '../ids.ts'

export class QuietSpan implements Span {
  #context: SpanContext | null

  constructor(context: SpanContext | null) {
    this.#context = context
  }

  get context(): SpanContext {
    this.#context ??= { traceId: newTraceId(), spanId: newSpanId(), sampled: false }
    return this.#context
  }

  set(): void {}

  event(): void {}

  link(): void {}

  fail(): void {}

  end(): void {}
}
