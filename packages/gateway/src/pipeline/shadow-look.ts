/**
 * What the candidate of a shadow rollout would have made of a call that the version in force has answered: whether it
 * would have known the caller, found a route, filled the prompt, and asked the same target; and what it would have
 * cost by its prices. Looked at when the call is over, out of its way.
 *
 * Nothing goes out from here, and nothing is counted against anybody: its limits are those of the version in force,
 * carried by identity, so taking from them here would take twice. Latency and answers are compared only where copies are
 * paid for (`shadow-call.ts`), and a shadow goes on only when somebody promotes it.
 */
import type { CompiledGateway, CompiledRoute } from '../contract/compiled.ts'
import type { CallHead } from '../contract/downstream.ts'
import type { RouteAsk } from '../contract/route-ask.ts'
import { resolveRoute } from '../routing/resolve-route.ts'
import { findAskedRoute, routeFor } from './asked-route.ts'
import type { CallFacts } from './call-facts.ts'
import { foundNow } from './found-now.ts'

export interface ShadowInput {
  readonly facts: CallFacts
  readonly head: CallHead
  /** Asked only where a rule of the candidate's route wants to know. */
  ask(): RouteAsk
}

export interface ShadowLook {
  /** As the call would have been; `error` is the code of the refusal, or empty. */
  readonly facts: CallFacts
  readonly elsewhere: boolean
}

/** `null` for a call that says nothing: its body did not come, or could not be read. */
export function lookBeside(gateway: CompiledGateway, it: ShadowInput): ShadowLook | null {
  const { body, target } = it.facts
  if (body === null) return null
  const decided = decide(gateway, it, body.model)
  if (typeof decided === 'string') return { facts: unanswered(it.facts, decided, null), elsewhere: false }
  const same = targetsOf(decided).find((other) => other.name === target?.name)
  const price = same?.facts?.price ?? null
  const { usage, startedAt } = it.facts
  const cost = price === null || usage === null ? null : price.costMicroUsd(usage, startedAt)
  return { facts: unanswered(it.facts, '', cost), elsewhere: target !== null && same === undefined }
}

/** The route, or the code of the refusal. */
function decide(
  gateway: CompiledGateway,
  { facts, head, ask }: ShadowInput,
  model: string,
): CompiledRoute | string {
  const { identity } = gateway
  const caller = identity.open ? null : foundNow(identity, head.key, facts.startedAt)
  if (caller !== null && 'refused' in caller) return caller.refused
  const asked = findAskedRoute(gateway, { endpoint: facts.endpoint, model, caller })
  if ('code' in asked) return asked.code
  const { route, context } = asked
  const led = route.plan.rules.length === 0 ? route : resolveRoute(route, ask())
  const resolved = routeFor(caller?.tenant ?? null, led, context)
  if (resolved === null) return 'routing.no_such_model'
  const filled = resolved.context?.fill(facts.body?.variables) ?? null
  return filled === null || filled.ok ? resolved : filled.code
}

function targetsOf(
  route: CompiledRoute,
): readonly { readonly name: string; readonly facts: { readonly price: Price | null } | null }[] {
  return [...route.targets.map((it) => it.target), ...route.fallback]
}

type Price = NonNullable<NonNullable<CompiledRoute['fallback'][number]['facts']>['price']>

function unanswered(facts: CallFacts, error: string, costMicroUsd: number | null): CallFacts {
  return {
    ...facts,
    error,
    target: null,
    attempts: [],
    usage: null,
    costMicroUsd,
    schemaValid: null,
    finish: null,
  }
}
