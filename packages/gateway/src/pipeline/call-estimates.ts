/**
 * What a call may come to, before it is made: its tokens and what they cost at the dearest target that may answer it.
 *
 * An estimate is put right when the call is over; until then it keeps others from spending the same money. It is made
 * only for callers whose limits ask for it.
 */
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { RouteAsk } from '../contract/route-ask.ts'
import type { RequestBody } from '../wire/request-body.ts'
import { outputLimitIn } from './request-facts.ts'

/** English text has about four characters a token; others have fewer. */
const BYTES_A_TOKEN = 4
/** Larger bodies may hold pictures, which are many bytes and few tokens: they are read. */
const UNREAD_BYTES = 16 * 1024

export function estimateInput(body: RequestBody, prompt: string | null, ask: () => RouteAsk): number {
  const { length } = body.bytes
  const tokens = length <= UNREAD_BYTES ? Math.ceil(length / BYTES_A_TOKEN) : ask().inputTokens()
  return tokens + Math.ceil((prompt?.length ?? 0) / BYTES_A_TOKEN)
}

/** As many as all replies together may have; `null` where neither request nor settings say. */
export function boundOutput(route: CompiledRoute, ask: RouteAsk): number | null {
  const each = ask.maxOutputTokens() ?? boundBySettings(route)
  if (each === null) return null
  const most = mostOfModels(route)
  return (most === null ? each : Math.min(each, most)) * Math.max(1, ask.replies?.() ?? 1)
}

/** Micro-dollars; `null` where a target that may answer has no price. */
export function dearest(
  route: CompiledRoute,
  tokens: { readonly inputTokens: number; readonly outputTokens: number },
  atMs: number,
): number | null {
  let most = 0
  for (const target of targetsOf(route)) {
    const cost = costAt(target, tokens, atMs)
    if (cost === null) return null
    most = Math.max(most, cost)
  }
  // A second attempt beside the first is paid for too; a copy to a mirror is the gateway's own.
  return route.plan.hedge === null ? most : 2 * most
}

function costAt(
  { facts }: CompiledTarget,
  tokens: { readonly inputTokens: number; readonly outputTokens: number },
  atMs: number,
): number | null {
  return facts?.price?.costMicroUsd(tokens, atMs) ?? null
}

function* targetsOf(route: CompiledRoute): Iterable<CompiledTarget> {
  for (const { target } of route.targets) yield target
  yield* route.fallback
  for (const list of route.plan.fallbackFor?.values() ?? []) yield* list
}

/** What a context or a model sets for requests that say nothing: the most of it. */
function boundBySettings(route: CompiledRoute): number | null {
  const ofContext = route.context?.parameters ?? null
  const own = ofContext === null ? null : outputLimitIn(ofContext)
  if (own !== null) return own
  let most = 0
  for (const { parameters } of targetsOf(route)) {
    const bound = parameters === null ? null : outputLimitIn(parameters)
    if (bound === null) return null
    most = Math.max(most, bound)
  }
  return most === 0 ? null : most
}

/** What its models can write at most; `null` where that is not known of one of them. */
function mostOfModels(route: CompiledRoute): number | null {
  let most = 0
  for (const { facts } of targetsOf(route)) {
    const bound = facts?.outputTokens ?? null
    if (bound === null) return null
    most = Math.max(most, bound)
  }
  return most === 0 ? null : most
}
