/** Telemetry that remembers: every span with its end, so that attempts can be counted from spans alone. */
import type { Attributes, Span, SpanContext, SpanOptions, Telemetry } from '@changeover/reload'

export interface RecordedSpan {
  readonly name: string
  readonly context: SpanContext
  readonly parent: SpanContext | null
  readonly links: readonly SpanContext[]
  readonly attributes: Record<string, unknown>
  readonly events: { name: string; attributes: Attributes }[]
  error: string | null
  ended: number
}

export class SpanRecorder {
  readonly spans: RecordedSpan[] = []
  activity = 0
  private nextId = 1
  readonly telemetry: Telemetry = {
    tracer: { start: (name, options) => this.start(name, options) },
    meter: { add() {}, record() {}, observe: () => () => {} },
    logger: { enabled: () => false, log() {} },
  }

  named(name: string): RecordedSpan[] {
    return this.spans.filter((it) => it.name === name)
  }

  private start(name: string, options: SpanOptions = {}): Span {
    this.activity += 1
    const id = (this.nextId++).toString(16).padStart(16, '0')
    const parent = options.parent ?? null
    const recorded: RecordedSpan = {
      name,
      context: { traceId: parent?.traceId ?? id.padStart(32, '0'), spanId: id, sampled: true },
      parent,
      links: options.links ?? [],
      attributes: { ...options.attributes },
      events: [],
      error: null,
      ended: 0,
    }
    this.spans.push(recorded)
    return {
      context: recorded.context,
      set: (attributes) => void Object.assign(recorded.attributes, attributes),
      event: (eventName, attributes = {}) => void recorded.events.push({ name: eventName, attributes }),
      fail: (code) => void (recorded.error = code),
      end: () => {
        this.activity += 1
        recorded.ended += 1
      },
    }
  }
}
