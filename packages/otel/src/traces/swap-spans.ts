/**
 * Sees to it that the span of a swap is written where the old settings sent spans and where the new ones
 * do: whoever watches either side sees the moment of the change.
 *
 * The swap may be over when telemetry changes (it is told after the fact) or still be open.
 */
import type { Clock } from '@changeover/reload'
import type { LiveSettings } from '../live-settings.ts'
import { type BatchQueue } from '../wire/batch-queue.ts'
import { targetKey } from '../wire/exporter.ts'
import type { SpanRecord } from './span-record.ts'

/** A swap that ended longer ago is not the one that changed telemetry. */
const RECENT_MS = 10_000

export class SwapSpans {
  readonly #clock: Clock
  readonly #queue: BatchQueue<SpanRecord>
  #last: { readonly span: SpanRecord; readonly atMs: number } | null = null

  constructor(clock: Clock, queue: BatchQueue<SpanRecord>) {
    this.#clock = clock
    this.#queue = queue
  }

  ended(span: SpanRecord, now: LiveSettings): void {
    const before = targetKey(span.live.settings.traces.otlp)
    if (before !== targetKey(now.settings.traces.otlp)) this.#queue.pushToPrevious(span)
    else this.#last = { span, atMs: this.#clock.monotonic() }
  }

  /** The exporter was exchanged just now. */
  moved(): void {
    const last = this.#last
    this.#last = null
    if (last !== null && this.#clock.monotonic() - last.atMs <= RECENT_MS) this.#queue.push(last.span)
  }
}
