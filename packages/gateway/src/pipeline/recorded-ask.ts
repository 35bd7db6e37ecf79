/**
 * What is kept of a request so that a later plan can ask the record what routing asked the request
 * (`plan/replay/`): what the caller wished, the headers and metadata that a rule of the version names, and what
 * has been worked out of the body anyway.
 *
 * Nothing is parsed or counted for it, no text of a prompt and no value of a credential's header is in it, and its
 * size is bounded. A call of a plain route has nothing of it and pays for a comparison.
 */
import type { RecordedAsk, TokenClaims } from '../contract/call.ts'
import type { AskedNames, CompiledGateway } from '../contract/compiled.ts'
import type { CallHead } from '../contract/downstream.ts'
import { isSecretHeader } from '../contract/secret.ts'
import type { CallerWishes } from '../routing/caller-wishes.ts'
import { namesIn } from '../routing/expressions/names-in.ts'
import type { RouteSpec } from '../routing/spec.ts'
import type { RequestFacts } from './request-facts.ts'

/** Longer values are left out: an id or a tier is shorter, and a text of the caller's is nobody's business. */
const LONGEST_VALUE = 128
/** Of headers, of metadata and of variables each. */
const MOST_NAMES = 16

const NO_ASKED_NAMES: AskedNames = Object.freeze({ headers: [], metadata: [] })

const known = new WeakMap<RouteSpec, AskedNames>()

/** Which headers and metadata the rules of these routes name, and the headers that stickiness goes by. */
export function askedNamesOf(routes: Iterable<RouteSpec>): AskedNames {
  const headers = new Set<string>()
  const metadata = new Set<string>()
  for (const route of routes) {
    const names = namesOf(route)
    for (const it of names.headers) headers.add(it)
    for (const it of names.metadata) metadata.add(it)
  }
  if (headers.size + metadata.size === 0) return NO_ASKED_NAMES
  return Object.freeze({
    headers: [...headers].sort().slice(0, MOST_NAMES),
    metadata: [...metadata].sort().slice(0, MOST_NAMES),
  })
}

function namesOf(route: RouteSpec): AskedNames {
  let names = known.get(route)
  if (names !== undefined) return names
  const found = route.rules.map((it) => namesIn(it.when))
  const sticky = route.sticky.header === undefined ? [] : [route.sticky.header]
  const headers = [...sticky, ...found.flatMap((it) => [...it.headers])]
  names = {
    headers: headers.filter((it) => !isSecretHeader(it)),
    metadata: found.flatMap((it) => [...it.metadata]),
  }
  known.set(route, names)
  return names
}

export interface RecordedAskInput {
  readonly head: CallHead
  readonly wishes: CallerWishes
  /** What routing asked; `null` when it asked nothing. */
  readonly asked: RequestFacts | null
  readonly variables: Readonly<Record<string, unknown>> | undefined
  /** Of the caller's token. */
  readonly claims: TokenClaims | undefined
}

/** `null` when there is nothing to keep. */
export function recordedAsk(
  gateway: Pick<CompiledGateway, 'askedNames'> | null,
  { head, wishes, asked, variables, claims }: RecordedAskInput,
): RecordedAsk | null {
  const names = gateway?.askedNames ?? NO_ASKED_NAMES
  const isPlain = names.headers.length === 0 && asked === null && variables === undefined
  if (isPlain && claims === undefined && !wishes.sensitive && wishes.region === null) return null
  // Filled and not spread together: this is on each call's way.
  const kept: Kept = {}
  if (wishes.sensitive) kept.sensitive = true
  if (wishes.region !== null) kept.region = wishes.region.slice(0, LONGEST_VALUE)
  if (names.headers.length > 0) kept.headers = headersOf(names.headers, head)
  if (claims !== undefined) kept.claims = claims
  if (variables !== undefined) kept.variables = variableNames(variables)
  return asked === null ? kept : Object.assign(kept, asked.known(names.metadata, LONGEST_VALUE))
}

type Kept = { -readonly [Name in keyof RecordedAsk]: RecordedAsk[Name] }

function headersOf(names: readonly string[], { headers }: CallHead): Record<string, string | null> {
  const kept: Record<string, string | null> = {}
  for (const name of names) {
    const found = headers[name]
    const value = typeof found === 'string' ? found : (found?.[0] ?? null)
    if (value === null || value.length <= LONGEST_VALUE) kept[name] = value
  }
  return kept
}

function variableNames(variables: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(variables)
    .slice(0, MOST_NAMES)
    .map((it) => it.slice(0, LONGEST_VALUE))
}
