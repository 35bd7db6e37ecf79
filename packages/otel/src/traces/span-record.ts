/**
 * A span as a plain record, in the shape that OpenTelemetry's exporters read (`ReadableSpan`).
 *
 * Starting and ending one is an object and two numbers. Everything else (merging attributes, companions,
 * redaction, time as pairs) is worked out by whoever reads it, at export. The record keeps the settings
 * it began under: a span that is open during a reload of telemetry ends in the form it began with.
 *
 * Attribute objects are taken as they are and not copied: a caller must not change them afterwards.
 *
 * Why not the SDK's span: see docs/decisions/2026-11-21-spans-are-our-own-records.md.
 */
import type { Attributes, AttributeValue, Span, SpanContext } from '@changeover/reload'
import type * as api from '@opentelemetry/api'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace'
import { attributesToExport, type CleanAttributes, placeOfSpan } from '../companions.ts'
import { describeError } from '../error-chain.ts'
import type { Identity } from '../identity.ts'
import type { LiveSettings } from '../live-settings.ts'
import { apiContext, hrTime, statusCodes } from '../otel-forms.ts'
import type { Redactor } from '../redact.ts'

const EVENT_LIMIT = 128
const LINK_LIMIT = 128

/** What all spans of one tracer share. */
export interface SpanHome {
  readonly identity: Identity
  readonly redactor: Redactor
  /** Wall milliseconds, with fractions, that never go back within a span. */
  now(): number
  ended(span: SpanRecord): void
}

export interface SpanEvent {
  readonly name: string
  readonly atMs: number
  readonly attributes: Attributes | undefined
}

export class SpanRecord implements Span, ReadableSpan {
  readonly context: SpanContext
  readonly name: string
  readonly kind: api.SpanKind
  readonly parent: SpanContext | null
  readonly startMs: number
  endMs = 0
  ended = false
  /** The settings in force when it began. */
  readonly live: LiveSettings
  readonly eventList: SpanEvent[] = []
  linkList: readonly SpanContext[] = NO_LINKS
  droppedEventsCount = 0
  readonly droppedAttributesCount = 0
  droppedLinksCount = 0
  failure: string | null = null
  #bags: Attributes | Attributes[] | undefined
  readonly #home: SpanHome

  constructor(home: SpanHome, born: SpanBirth) {
    this.#home = home
    this.context = born.context
    this.name = born.name
    this.kind = born.kind
    this.parent = born.parent
    this.startMs = born.startMs
    this.live = born.live
    this.#bags = born.attributes
    if (born.links !== undefined && born.links.length > 0) this.#addLinks(born.links)
  }

  set(attributes: Attributes): void {
    if (this.ended) return
    if (this.#bags === undefined) this.#bags = attributes
    else if (Array.isArray(this.#bags)) this.#bags.push(attributes)
    else this.#bags = [this.#bags, attributes]
  }

  event(name: string, attributes?: Attributes): void {
    if (this.ended) return
    if (this.eventList.length >= EVENT_LIMIT) this.droppedEventsCount++
    else this.eventList.push({ name, atMs: this.#home.now(), attributes })
  }

  link(to: SpanContext): void {
    if (!this.ended) this.#addLinks([to])
  }

  fail(code: string, error?: unknown): void {
    if (this.ended) return
    this.failure = code
    this.set({ 'error.type': code })
    if (error !== undefined) this.event('exception', exceptionAttributes(error))
  }

  end(endTime?: number): void {
    if (this.ended) return
    this.ended = true
    this.endMs = Math.max(endTime ?? this.#home.now(), this.startMs)
    this.#home.ended(this)
  }

  /** As they leave: merged, with companions, without secrets. Made anew at each call. */
  get attributes(): CleanAttributes {
    return attributesToExport(this.#bags, {
      names: this.live.attributes,
      place: placeOfSpan(this.name),
      redactor: this.#home.redactor,
    })
  }

  /**
   * Hands each attribute on as it leaves. The common span (one object, no name with a companion) goes
   * straight through, without an object in between.
   */
  eachAttribute(write: (name: string, value: AttributeValue) => void): void {
    const bags = this.#bags
    if (bags === undefined) return
    if (Array.isArray(bags) || placeOfSpan(this.name) !== 'request') {
      const { attributes } = this
      for (const name in attributes) write(name, attributes[name] as AttributeValue)
      return
    }
    const { redactor } = this.#home
    for (const name in bags) {
      const value = bags[name]
      if (value !== undefined && value !== null) write(name, redactor.attribute(name, value))
    }
  }

  eventAttributes(event: SpanEvent): CleanAttributes {
    return attributesToExport(event.attributes, {
      names: this.live.attributes,
      place: 'event',
      redactor: this.#home.redactor,
    })
  }

  spanContext(): api.SpanContext {
    return apiContext(this.context)
  }

  get parentSpanContext(): api.SpanContext {
    return this.parent === null ? NO_PARENT : apiContext(this.parent)
  }

  get startTime(): api.HrTime {
    return hrTime(this.startMs)
  }

  get endTime(): api.HrTime {
    return hrTime(this.endMs)
  }

  get duration(): api.HrTime {
    return hrTime(this.endMs - this.startMs)
  }

  get status(): api.SpanStatus {
    const { unset, error } = statusCodes
    return this.failure === null ? { code: unset } : { code: error, message: this.failure }
  }

  get links(): api.Link[] {
    return this.linkList.map((it) => ({ context: apiContext(it) }))
  }

  get events(): TimedEvent[] {
    return this.eventList.map((it) => ({
      name: it.name,
      time: hrTime(it.atMs),
      attributes: this.eventAttributes(it) as api.Attributes,
    }))
  }

  #addLinks(links: readonly SpanContext[]): void {
    const room = LINK_LIMIT - this.linkList.length
    this.linkList = [...this.linkList, ...links.slice(0, room)]
    this.droppedLinksCount += Math.max(0, links.length - room)
  }

  get resource(): ReadableSpan['resource'] {
    return this.#home.identity.resource
  }

  get instrumentationScope(): ReadableSpan['instrumentationScope'] {
    return this.#home.identity.scope
  }
}

export interface SpanBirth {
  readonly context: SpanContext
  readonly name: string
  readonly kind: api.SpanKind
  readonly parent: SpanContext | null
  readonly startMs: number
  readonly live: LiveSettings
  readonly attributes: Attributes | undefined
  readonly links: readonly SpanContext[] | undefined
}

const NO_LINKS: readonly SpanContext[] = []
const NO_PARENT: api.SpanContext = { traceId: '', spanId: '', traceFlags: 0 }

function exceptionAttributes(error: unknown): Attributes {
  const told = describeError(error)
  return {
    'exception.type': told.type,
    'exception.message': told.message,
    'exception.stacktrace': told.stack,
  }
}
