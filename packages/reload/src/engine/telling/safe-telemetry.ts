/**
 * Telemetry that cannot hurt: whatever an exporter, a formatter or a logger throws while it is itself being
 * reloaded, a reload goes on. What is lost is a span, never a version.
 */
import type { Attributes, Span, SpanContext, SpanOptions, Telemetry } from '../../contract/telemetry.ts'
import { silentTelemetry } from './silent-telemetry.ts'

export function safeTelemetry(inner: Telemetry): Telemetry {
  const { tracer, meter, logger } = inner
  return {
    tracer: { start: (name, options) => startSafely(tracer, name, options) },
    meter: {
      add: (...it) => safely(() => meter.add(...it)),
      record: (...it) => safely(() => meter.record(...it)),
      observe: (...it) => safely(() => meter.observe(...it)) ?? (() => {}),
    },
    logger: {
      enabled: (...it) => safely(() => logger.enabled(...it)) ?? false,
      log: (...it) => safely(() => logger.log(...it)),
    },
  }
}

function startSafely(tracer: Telemetry['tracer'], name: string, options?: SpanOptions): Span {
  const span = safely(() => tracer.start(name, options))
  return span === undefined ? silentTelemetry.tracer.start(name, options) : new SafeSpan(span)
}

class SafeSpan implements Span {
  readonly context: SpanContext
  private readonly inner: Span

  constructor(inner: Span) {
    this.inner = inner
    this.context = inner.context
  }

  set(attributes: Attributes): void {
    safely(() => this.inner.set(attributes))
  }

  event(name: string, attributes?: Attributes): void {
    safely(() => this.inner.event(name, attributes))
  }

  fail(code: string, error?: unknown): void {
    safely(() => this.inner.fail(code, error))
  }

  end(endTime?: number): void {
    safely(() => this.inner.end(endTime))
  }
}

function safely<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    // There is nowhere to say it: this is what we say things with.
    return undefined
  }
}
