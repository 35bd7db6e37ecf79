/**
 * Limits that the last recorded hour of those whom they count would have met: a tenant, a team or a key.
 *
 * Tokens are those that calls came to in the end; what is held for a call until then may be more. A team's calls are those
 * of its keys: records do not say the team of whoever came with a token of an identity provider.
 */
import type { ReplayRow } from '../../calls/replay-rows.ts'
import { inherit, wayTo } from '../../identity/inherit.ts'
import type { LimitSpec } from '../../policy/spec.ts'
import { type CallFacts, mostAtOnce, peakOf } from '../facts.ts'
import type { Warning } from '../look.ts'
import { type Check, type Look, pointerOf, type Sections, warn } from './check.ts'

export const limitBelowPeak: Check = (look) => {
  if (!look.touches('limits') && !look.touches('tenants')) return []
  const held = new Set(holdingsOf(look.before).map(nameOf))
  return holdingsOf(look.after).flatMap((it) => {
    const was = held.has(nameOf(it)) ? look.before.limits.get(it.limit) : undefined
    const now = look.after.limits.get(it.limit)
    return now === undefined ? [] : ofHolding(look, it, { was, now })
  })
}

/** An entry of limits, and whose calls it counts. */
interface Holding {
  readonly kind: 'tenant' | 'team' | 'key'
  /** As counts are named: `acme`, `acme/research`, `acme/ci`. */
  readonly name: string
  readonly tenant: string
  /** Of which the calls are counted; `null` for all of the tenant. */
  readonly keys: readonly string[] | null
  readonly limit: string
}

function holdingsOf({ tenants }: Sections): Holding[] {
  return [...tenants].flatMap(([tenant, settings]) => {
    const nameIn = (name: string): string => `${tenant}/${name}`
    const keys = Object.entries(settings.keys)
    const ofTenant = settings.limits.map(
      (limit): Holding => ({ kind: 'tenant', name: tenant, tenant, keys: null, limit }),
    )
    const ofTeams = Object.entries(settings.teams).flatMap(([team, { limits }]) => {
      const own = keys.filter(([, it]) => it.team === team).map(([key]) => nameIn(key))
      return limits.map((limit): Holding => ({ kind: 'team', name: nameIn(team), tenant, keys: own, limit }))
    })
    const ofKeys = keys.flatMap(([key]) => {
      const level = inherit(wayTo(tenant, settings, key)).levels.find((it) => it.kind === 'key')
      const name = nameIn(key)
      return (level?.limits ?? []).map(
        (limit): Holding => ({ kind: 'key', name, tenant, keys: [name], limit }),
      )
    })
    return [...ofTenant, ...ofTeams, ...ofKeys]
  })
}

function nameOf({ kind, name, limit }: Holding): string {
  return `${kind} ${name} ${limit}`
}

const AMOUNTS = {
  requests: { say: 'requests', of: () => 1 },
  inputTokens: { say: 'tokens of requests', of: (it) => it.inputTokens ?? 0 },
  outputTokens: { say: 'tokens of replies', of: (it) => it.outputTokens ?? 0 },
  tokens: { say: 'tokens', of: (it) => (it.inputTokens ?? 0) + (it.outputTokens ?? 0) },
} as const satisfies Record<string, { say: string; of: (call: ReplayRow) => number }>

type Counted = keyof typeof AMOUNTS | 'concurrent'

const COUNTED = [
  'requests',
  'inputTokens',
  'outputTokens',
  'tokens',
  'concurrent',
] as const satisfies Counted[]

interface Numbers {
  /** `undefined` where the entry did not count these calls. */
  readonly was: LimitSpec | undefined
  readonly now: LimitSpec
}

function ofHolding(look: Look, holding: Holding, { was, now }: Numbers): Warning[] {
  const changed = COUNTED.filter((it) => now[it] !== was?.[it] || now.perMs !== was?.perMs)
  if (changed.every((it) => now[it] === undefined)) return []
  const calls = callsOf(look.facts, holding)
  return changed.flatMap((counted) => {
    const most = now[counted]
    const met = most === undefined ? null : meets(calls, counted, { most, perMs: now.perMs })
    if (met === null) return []
    const { kind, name, tenant, limit } = holding
    const text = `limit ${limit} takes ${met.takes}; ${kind} ${name} had ${met.had}`
    const pointer = look.touches('limits', limit)
      ? pointerOf('limits', limit, counted)
      : pointerOf('tenants', tenant)
    return [warn('plan.limit_below_peak', pointer, { text, numbers: met.numbers })]
  })
}

function callsOf(facts: CallFacts, { tenant, keys }: Holding): readonly ReplayRow[] {
  if (keys === null) return facts.lastHourOf('tenant', tenant)
  const [first, ...more] = keys.map((it) => facts.lastHourOf('key', it))
  if (first === undefined || more.length === 0) return first ?? []
  return [first, ...more].flat().sort((a, b) => a.startedAt - b.startedAt)
}

interface Met {
  readonly takes: string
  readonly had: string
  readonly numbers: Warning['numbers']
}

function meets(
  calls: readonly ReplayRow[],
  counted: Counted,
  { most, perMs }: { readonly most: number; readonly perMs: number | undefined },
): Met | null {
  if (counted === 'concurrent') {
    const peak = mostAtOnce(calls)
    if (peak <= most) return null
    const had = `${peak} in the busiest moment of the last hour`
    return { takes: `${most} calls at the same time`, had, numbers: { limit: most, peak } }
  }
  if (perMs === undefined) return null
  const { say, of } = AMOUNTS[counted]
  const peak = peakOf(calls, perMs, of)
  if (peak <= most) return null
  const had = `${peak} in its busiest such time of the last hour`
  return { takes: `${most} ${say} in ${sayTime(perMs)}`, had, numbers: { limit: most, peak, perMs } }
}

function sayTime(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ]
  const [size, unit] = units.find(([it]) => ms % it === 0) ?? [1, 'ms']
  return `${ms / size} ${unit}`
}
