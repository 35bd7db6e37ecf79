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
  /** By endpoint, of calls about which there is nothing else to say. Of endpoints there are a dozen. */
  readonly plain: Map<string, string>
  /** Headers of callers that one of the targets gets, sorted. */
  readonly passed: readonly string[]
}

export interface BasisAsk {
  readonly route: CompiledRoute
  readonly head: CallHead
  readonly wishes: CallerWishes
  /** What makes answers of the same path others, or empty. */
  readonly place: string
}

export function answerBasis({ route, head, wishes, place }: BasisAsk): string {
  const { digest, passed, plain } = basisOf(route)
  const isPlain = passed.length === 0 && wishes.region === null && wishes.regions === null
  if (isPlain) return `${place}${plainBasis(plain, digest, head.endpoint)}`
  const headers = passed.map((it) => head.headers[it] ?? null)
  const regions = wishes.regions === null ? null : [...wishes.regions].sort()
  return `${place} ${JSON.stringify([digest, head.endpoint, wishes.region, regions, headers])}`
}

/** Written once: most calls have no place, and theirs is known again without being read. */
function plainBasis(plain: Map<string, string>, digest: string, endpoint: string): string {
  let written = plain.get(endpoint)
  if (written === undefined) {
    written = ` ${digest} ${endpoint}`
    plain.set(endpoint, written)
  }
  return written
}

function basisOf(route: CompiledRoute): RouteBasis {
  const found = known.get(route)
  if (found !== undefined) return found
  const targets = targetsOf(route)
  const texts = [...new Set(targets.map(textOf))].sort()
  const passed = new Set(targets.flatMap((it) => it.provider.callerHeaders ?? []))
  const digest = hash('sha256', JSON.stringify([texts, route.context?.parameters ?? null]), 'base64url')
  const basis = { digest, passed: [...passed].sort(), plain: new Map<string, string>() }
  known.set(route, basis)
  return basis
}

function textOf(it: CompiledTarget): string {
  const { provider, upstream, basePath, upstreamModel, parameters, region } = it
  const { kind, wire, quirks = null } = provider
  return JSON.stringify([kind, wire, quirks, upstream.origin, basePath, upstreamModel, parameters, region])
}
