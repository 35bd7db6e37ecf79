/**
 * What an answer hangs on beside the request: who may give it. A route that leads to other models, or asks them for
 * something else, has other answers; how it shares its calls among them makes none different, so that weights can be
 * moved and what is kept stays.
 *
 * Of the call itself: headers that go on to providers, the region that it must stay in, and the path it came by.
 */
import { hash } from 'node:crypto'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { CallHead } from '../contract/downstream.ts'
import { targetsOf } from '../contract/targets-of.ts'
import type { CallerWishes } from '../routing/caller-wishes.ts'

const known = new WeakMap<CompiledRoute, RouteBasis>()

interface RouteBasis {
  readonly digest: string
  /** Headers of callers that one of the targets gets, sorted. */
  readonly passed: readonly string[]
}

export function answerBasis(route: CompiledRoute, head: CallHead, wishes: CallerWishes): string {
  const { digest, passed } = basisOf(route)
  // Most calls: written once.
  if (passed.length === 0 && wishes.region === null && wishes.regions === null)
    return `${digest} ${head.endpoint}`
  const headers = passed.map((it) => head.headers[it] ?? null)
  const regions = wishes.regions === null ? null : [...wishes.regions].sort()
  return JSON.stringify([digest, head.endpoint, wishes.region, regions, headers])
}

function basisOf(route: CompiledRoute): RouteBasis {
  const found = known.get(route)
  if (found !== undefined) return found
  const targets = targetsOf(route)
  const texts = [...new Set(targets.map(textOf))].sort()
  const passed = new Set(targets.flatMap((it) => it.provider.callerHeaders ?? []))
  const digest = hash('sha256', JSON.stringify([texts, route.context?.parameters ?? null]), 'base64url')
  const basis = { digest, passed: [...passed].sort() }
  known.set(route, basis)
  return basis
}

function textOf(it: CompiledTarget): string {
  const { provider, upstream, basePath, upstreamModel, parameters, region } = it
  const { kind, wire, quirks = null } = provider
  return JSON.stringify([kind, wire, quirks, upstream.origin, basePath, upstreamModel, parameters, region])
}
