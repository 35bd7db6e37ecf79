/** One attempt as it goes to the provider: headers of ours, those that are passed on, the trace, and a signature where one is asked for. */
import { withMember, writeTraceparent } from '@changeover/otel'
import type { SpanContext } from '@changeover/reload'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { CallHead } from '../contract/downstream.ts'
import type { UpstreamRequest } from '../contract/upstream.ts'
import { withType } from './header-texts.ts'
import { passedUp } from './passed-headers.ts'
import type { UpstreamBody } from './upstream-body.ts'

export interface UpstreamParts {
  readonly target: CompiledTarget
  readonly written: UpstreamBody
  readonly head: CallHead
  /** Of the span that the provider's own becomes a child of. */
  readonly context: SpanContext
  /** What the provider is told of the version; `null` where it is told nothing. */
  readonly baggage: string | null
  /** What is left of the time that the caller gave; `null` when he gave none. */
  readonly leftMs: number | null
  /** Wall milliseconds, for signatures. */
  readonly nowMs: number
}

export function upstreamRequest(it: UpstreamParts): UpstreamRequest {
  const { target, written, nowMs } = it
  const { path, bytes: body, method = 'POST', contentType } = written
  const asJson = headersOf(it)
  const unsigned = contentType === undefined ? asJson : withType(asJson, contentType)
  const { origin } = target.upstream
  const headers = target.sign?.({ method, origin, path, headers: unsigned, body, nowMs }) ?? unsigned
  return { method, path, headers, body: body.length === 0 && contentType === null ? null : body }
}

function headersOf({ target, head, context, baggage, leftMs }: UpstreamParts): readonly string[] {
  const own = target.headers()
  const passed = passedUp(target.provider, head.headers, own)
  const sent = [...own, ...passed, 'traceparent', writeTraceparent(context)]
  if (context.traceState !== undefined) sent.push('tracestate', context.traceState)
  if (leftMs !== null) sent.push('x-request-timeout-ms', String(leftMs))
  return baggage === null ? sent : withBaggage(sent, baggage)
}

/** One header, whether there was one already or not: of several, many servers read only one. */
export function withBaggage(headers: readonly string[], member: string): readonly string[] {
  const at = headers.findIndex((it, i) => i % 2 === 0 && it.toLowerCase() === 'baggage')
  if (at === -1) return [...headers, 'baggage', member]
  return headers.with(at + 1, withMember(headers[at + 1], member))
}
