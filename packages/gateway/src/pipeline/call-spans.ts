/**
 * The spans of a call for a model's reply, by OpenTelemetry's GenAI conventions: one for the request, one below it for each
 * attempt at a provider.
 *
 * A trace that nobody keeps costs its identity and no more: attributes are made when the span ends, and only
 * for one that is kept.
 */
import { extract } from '@changeover/otel'
import type { Attributes, Snapshot, Span } from '@changeover/reload'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { CallHead } from '../contract/downstream.ts'
import type { Usage } from '../contract/neutral.ts'
import type { CallFacts } from './call-facts.ts'
import { providerNameOf } from './provider-name.ts'
import type { Parts, PipelineTools } from './tools.ts'

export interface CallSpanInput {
  readonly head: CallHead
  readonly snapshot: Snapshot<Parts> | null
  /** `null` for a call that was refused before its route was known. */
  readonly route: CompiledRoute | null
  readonly startedAt: number
}

export function startCallSpan(tools: PipelineTools, it: CallSpanInput): Span {
  const { head, snapshot, route, startedAt } = it
  const parent =
    head.traceparent === undefined
      ? null
      : extract({ traceparent: head.traceparent, tracestate: head.tracestate })
  const linked =
    route !== null && snapshot !== null && snapshot.swap !== null && tools.versions.of(snapshot).takeLink()
  const operation = operationOf(head.endpoint)
  const name = route === null ? operation : `${operation} ${route.name}`
  const span =
    linked && snapshot.swap !== null
      ? tools.telemetry.tracer.start(name, {
          parent,
          kind: 'server',
          startTime: startedAt,
          keep: true,
          links: [{ ...snapshot.swap, sampled: true }],
        })
      : tools.telemetry.tracer.start(name, { parent, kind: 'server', startTime: startedAt })
  if (tools.copy !== undefined) span.set({ 'changeover.copy': tools.copy })
  if (route !== null && snapshot !== null) {
    const rule = tools.versions.changedRule(route, snapshot.since)
    if (rule !== null) span.set({ 'routing.rule_changed': rule })
  }
  return span
}

export function endCallSpan(span: Span, it: CallFacts, { scope, reloader }: PipelineTools): void {
  if (it.error !== '') span.fail(it.error)
  if (span.context.sampled) {
    if (it.error !== '' || it.placed.role === 'candidate') linkToSwap(span, it.snapshot)
    span.set({
      'http.request.method': 'POST',
      'http.route': it.endpoint,
      'http.response.status_code': it.status,
      'config.version': it.snapshot?.version,
      'config.scope': scope,
      'config.stale': reloader.isStale?.(),
      'config.candidate': it.placed.role === null ? undefined : it.placed.role === 'candidate',
      'reload.rollout.id': it.placed.rollout ?? undefined,
      'changeover.call': it.id,
      'changeover.route': it.route?.name,
      'changeover.target': it.target?.name,
      'changeover.tenant': it.caller?.tenant,
      'changeover.cost.usd': it.costMicroUsd === null ? undefined : it.costMicroUsd / 1e6,
      'changeover.guards': guardsText(it.findings),
      ...genAiAttributes(it.body?.model, it.seenModel, it.usage),
      'gen_ai.operation.name': operationOf(it.endpoint),
    })
  }
  span.end()
}

/** To the reload that brought the call's version in. */
function linkToSwap(span: Span, snapshot: Snapshot<Parts> | null): void {
  const swap = snapshot?.swap ?? null
  if (swap !== null) span.link?.({ ...swap, sampled: true })
}

/** `no-pii/email masked 2`, for each guard that found something; never what it was. */
function guardsText(findings: CallFacts['findings']): string[] | undefined {
  if (findings.length === 0) return undefined
  return findings.map(({ guard, did, count }) => `${guard} ${did} ${count}`)
}

/** By the words of the GenAI conventions. Of endpoints there are a dozen. */
function operationOf(endpoint: string): string {
  let operation = operations.get(endpoint)
  if (operation === undefined) {
    operation = /embed/i.test(endpoint) ? 'embeddings' : 'chat'
    operations.set(endpoint, operation)
  }
  return operation
}

const operations = new Map<string, string>()

/** `null` where the request's own span is not kept. */
export function startAttemptSpan(
  tools: PipelineTools,
  parent: Span,
  target: CompiledTarget,
  version: string | undefined,
): Span | null {
  if (!parent.context.sampled) return null
  return tools.telemetry.tracer.start(`chat ${target.upstreamModel}`, {
    parent: parent.context,
    kind: 'client',
    attributes: { ...fixedAttributes(target), 'config.version': version, 'changeover.copy': tools.copy },
  })
}

const fixed = new WeakMap<CompiledTarget, Attributes>()

/** What every attempt at a target says, made once. */
function fixedAttributes(target: CompiledTarget): Attributes {
  let attributes = fixed.get(target)
  if (attributes === undefined) {
    const url = URL.parse(target.upstream.origin)
    const port = url?.port || (url?.protocol === 'https:' ? '443' : '80')
    attributes = Object.freeze({
      'gen_ai.provider.name': providerNameOf(target),
      'server.address': url?.hostname ?? target.upstream.origin,
      'server.port': Number(port),
      'changeover.target': target.name,
    })
    fixed.set(target, attributes)
  }
  return attributes
}

export interface AttemptSpanEnd {
  readonly target: CompiledTarget
  readonly status: number | null
  readonly error: string
  readonly cause: unknown
  readonly seenModel: string
  readonly usage: Usage | null
}

export function endAttemptSpan(span: Span, it: AttemptSpanEnd): void {
  if (it.error !== '') span.fail(it.error, it.cause)
  span.set({
    'http.response.status_code': it.status ?? undefined,
    ...genAiAttributes(it.target.upstreamModel, it.seenModel, it.usage),
  })
  span.end()
}

function genAiAttributes(asked: string | undefined, seen: string, usage: Usage | null): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': asked,
    'gen_ai.response.model': seen === '' ? undefined : seen,
    'gen_ai.usage.input_tokens': usage?.inputTokens,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
  }
}
