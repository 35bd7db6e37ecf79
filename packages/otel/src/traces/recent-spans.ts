/**
 * Spans of the last seconds that belong to an exporter which was not there when they ended.
 *
 * A swap is written where the old settings sent spans and where the new ones do: whoever watches either
 * side sees the moment of the change. And the reload that brings in the first exporter is told to it
 * whole, though most of its stages were over before. Few spans, for a short time: only reload spans are
 * recorded without an exporter.
 */
import type { Clock } from '@changeover/reload'
import type { LiveSettings } from '../live-settings.ts'
import type { BatchQueue } from '../wire/batch-queue.ts'
import { targetKey } from '../wire/exporter.ts'
import type { SpanRecord } from './span-record.ts'

const RECENT_MS = 10_000
const KEPT = 64

interface Recent {
  readonly span: SpanRecord
  readonly atMs: number
}

export class RecentSpans {
  readonly #clock: Clock
  readonly #queue: BatchQueue<SpanRecord>
  #swap: Recent | null = null
  #untold: Recent[] = []

  constructor(clock: Clock, queue: BatchQueue<SpanRecord>) {
    this.#clock = clock
    this.#queue = queue
  }

  /** Takes a span that has ended, sends it on, and keeps what may be needed again. */
  ended(span: SpanRecord, now: LiveSettings): void {
    this.#queue.push(span)
    if (!now.exportsSpans) {
      if (this.#untold.length >= KEPT) this.#untold.shift()
      this.#untold.push({ span, atMs: this.#clock.monotonic() })
    } else if (span.name === 'reload.swap') this.#swapEnded(span, now)
  }

  /** The exporter was exchanged just now; what `before` exported is told to the new one as far as it matters. */
  moved(before: LiveSettings): void {
    const again = before.exportsSpans ? (this.#swap === null ? [] : [this.#swap]) : this.#untold
    this.#swap = null
    this.#untold = []
    const since = this.#clock.monotonic() - RECENT_MS
    for (const { span, atMs } of again) if (atMs >= since) this.#queue.push(span)
  }

  #swapEnded(span: SpanRecord, now: LiveSettings): void {
    const began = targetKey(span.live.settings.traces.otlp)
    if (began === targetKey(now.settings.traces.otlp)) this.#swap = { span, atMs: this.#clock.monotonic() }
    else this.#queue.pushToPrevious(span)
  }
}
