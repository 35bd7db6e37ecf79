/**
 * Starts spans. Parents are named, never guessed: there is no ambient context, so a span costs nothing
 * to those who do not start one, and a reload cannot lose one.
 *
 * Both settings and exporter are read at each start; a tracer that was handed out once is good for life.
 */
import type { Clock, Span, SpanOptions, Tracer } from '@changeover/reload'
import { newSpanId, newTraceId } from '../ids.ts'
import type { LiveHolder } from '../live-settings.ts'
import { spanKinds } from '../otel-forms.ts'
import { QuietSpan } from './quiet-span.ts'
import { isAlwaysKept, isKeptByRatio } from './sampler.ts'
import { type SpanHome, SpanRecord } from './span-record.ts'

const NO_OPTIONS: SpanOptions = {}

export class LiveTracer implements Tracer {
  readonly #holder: LiveHolder
  readonly #home: SpanHome

  constructor(holder: LiveHolder, home: SpanHome) {
    this.#holder = holder
    this.#home = home
  }

  start(name: string, options: SpanOptions = NO_OPTIONS): Span {
    const { live } = this.#holder
    const parent = options.parent ?? null
    if (isAlwaysKept(name, parent)) return this.#record(name, parent?.traceId ?? newTraceId(), options)
    if (!live.exportsSpans) return new QuietSpan(parent)
    if (options.keep === true) return this.#record(name, parent?.traceId ?? newTraceId(), options)
    if (parent !== null) {
      return parent.sampled ? this.#record(name, parent.traceId, options) : new QuietSpan(parent)
    }
    if (live.ratio <= 0) return new QuietSpan(null)
    const traceId = newTraceId()
    if (isKeptByRatio(traceId, live)) return this.#record(name, traceId, options)
    return new QuietSpan({ traceId, spanId: newSpanId(), sampled: false })
  }

  #record(name: string, traceId: string, options: SpanOptions): SpanRecord {
    const parent = options.parent ?? null
    const spanId = newSpanId()
    const traceState = parent?.traceState
    return new SpanRecord(this.#home, {
      context:
        traceState === undefined
          ? { traceId, spanId, sampled: true }
          : { traceId, spanId, sampled: true, traceState },
      name,
      kind: spanKinds[options.kind ?? 'internal'],
      parent,
      startMs: options.startTime ?? this.#home.now(),
      live: this.#holder.live,
      attributes: options.attributes,
      links: options.links,
    })
  }
}

/** How far the wall clock may run from the monotonic one before spans follow it again. */
const DRIFT_LIMIT_MS = 250

/** Wall time with fractions of a millisecond: the wall clock's place, the monotonic clock's steps. */
export function createSpanClock(clock: Clock): () => number {
  let offset = clock.now() - clock.monotonic()
  let checkedAt = clock.monotonic()
  return () => {
    const monotonic = clock.monotonic()
    if (monotonic - checkedAt > 1000) {
      checkedAt = monotonic
      const actual = clock.now() - monotonic
      if (Math.abs(actual - offset) > DRIFT_LIMIT_MS) offset = actual
    }
    return monotonic + offset
  }
}
