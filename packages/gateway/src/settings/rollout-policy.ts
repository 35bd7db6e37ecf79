/**
 * How a change comes in: what the settings in force say of changes like it, and what whoever asks for it says of
 * this one.
 *
 * The settings in force, and not those that come: else a change could switch off the canary that is to judge it.
 * Only `observe.bakeMs` is the new version's own, as it says how long that version is looked at.
 *
 * What takes keys away comes in at once, whatever the policy: a key that is withdrawn must not work for those whom a
 * canary has not reached yet. So does who may change what: it touches no call, and who may not any more may not. Whoever wants it otherwise asks for a canary by name.
 *
 * Pure: the clock is the caller's.
 */
import {
  type AnalysisPolicy,
  type ApplyPolicy,
  changes,
  type RolloutPolicy,
  type SettingsTree,
} from '@changeover/reload'
import type { z } from 'zod'
import { defaultOf, entryOf } from './check.ts'
import { frozenAt } from './freeze.ts'
import {
  analysisSpec,
  changesSpec,
  freezeSpec,
  observeSpec,
  type PolicySettings,
  policySpec,
  ROLLOUT_DEFAULTS,
} from './rollout-spec.ts'

/** What is asked for this one change, in place of what the settings say. */
export interface AskedRollout {
  readonly strategy?: RolloutPolicy['strategy']
  readonly unit?: RolloutPolicy['unit']
  readonly steps?: RolloutPolicy['steps']
  readonly forMs?: number | null
  readonly bakeMs?: number
  /** RFC 3339 */
  readonly startAt?: string
  readonly confirmWithinMs?: number
}

export interface RolloutQuestion {
  /** `null` before the first version: nobody is served yet, so there is nobody to protect. */
  readonly inForce: SettingsTree | null
  readonly next: SettingsTree
  readonly asked: AskedRollout
  readonly nowMs: number
  /** It goes by itself after a while. */
  readonly isTemporary: boolean
  /** Asked for by a person for this one case: does not wait for the end of a freeze. */
  readonly isForced: boolean
  readonly bakeMs: number
  /** Names of what is measured. */
  readonly measures?: readonly string[]
}

export interface ChosenRollout {
  readonly rollout?: RolloutPolicy
  readonly apply?: ApplyPolicy
}

/** `{}` for all at once, without anything more to say than how long it is looked at. */
export function chooseRollout(it: RolloutQuestion): ChosenRollout {
  const { inForce, asked, next } = it
  const bakeMs = asked.bakeMs ?? entryOf(next, ['rollout', 'observe'], observeSpec)?.bakeMs ?? it.bakeMs
  if (inForce === null) return {}
  const policy = readOrDefault(inForce, 'policy', policySpec)
  const how = asked.strategy === undefined ? howByKind(it, inForce, policy) : policy
  const startAt = startOf(it, inForce)
  const shape = shapeOf({ ...how, ...definedOf(asked) })
  const isCompared = shape.strategy === 'canary' || shape.strategy === 'shadow'
  const rollout: RolloutPolicy = {
    ...shape,
    bakeMs,
    ...(policy.meanwhile === ROLLOUT_DEFAULTS.meanwhile ? {} : { meanwhile: policy.meanwhile }),
    ...(isCompared ? analysisOf(inForce, fewest(shape.unit, it.measures ?? [])) : {}),
    ...burnRateOf(inForce, next),
    ...(startAt === null ? {} : { startAt }),
  }
  const isPlain = rollout.strategy === 'allAtOnce' && Object.keys(rollout).length === 2
  return {
    ...(isPlain && asked.bakeMs === undefined ? {} : { rollout }),
    ...confirmOf(asked.confirmWithinMs ?? policy.confirmWithinMs),
  }
}

interface How {
  readonly strategy: RolloutPolicy['strategy']
  readonly unit?: RolloutPolicy['unit'] | undefined
  readonly steps?: RolloutPolicy['steps'] | undefined
  readonly forMs?: number | null | undefined
}

/** Of what the kinds of this change say, the most careful. */
function howByKind(
  { next, isTemporary }: RolloutQuestion,
  inForce: SettingsTree,
  policy: PolicySettings,
): How {
  const byKind = entryOf(inForce, ['rollout', 'changes'], changesSpec) ?? {}
  const isSimple = policy.strategy === 'allAtOnce' && Object.keys(byKind).length === 0
  if (isTemporary || isSimple) return { ...policy, strategy: 'allAtOnce' }
  const differences = changes(inForce, next)
  if (isAllRevoked(differences)) return { ...policy, strategy: 'allAtOnce' }
  const kinds = new Set(differences.map((it) => it.pointer.split('/')[1] ?? ''))
  const said = [...kinds].map(
    (kind): How => ({ ...policy, ...(Object.hasOwn(byKind, kind) ? byKind[kind] : {}) }),
  )
  return said.reduce((a, b) => (careOf(b) > careOf(a) ? b : a), said[0] ?? policy)
}

const CARE = { allAtOnce: 0, blueGreen: 1, canary: 2, shadow: 3 } as const

/** Among canaries the one that begins with fewer is the more careful. */
function careOf({ strategy, steps = ROLLOUT_DEFAULTS.steps }: How): number {
  return strategy === 'canary' ? CARE.canary + 0.5 * (1 - (steps[0]?.share ?? 0)) : CARE[strategy]
}

interface Difference {
  readonly op: 'add' | 'remove' | 'replace'
  readonly pointer: string
  readonly before?: unknown
  readonly after?: unknown
}

function isAllRevoked(differences: readonly Difference[]): boolean {
  return differences.length > 0 && differences.every(isRevocation)
}

/** A tenant or a key goes, a key's end comes sooner, or it is about who may change what. */
function isRevocation({ op, pointer, before, after }: Difference): boolean {
  const [, kind, name, keys, key, field] = pointer.split('/')
  if (kind === 'access') return name === undefined ? ![before, after].some(saysCallers) : name !== 'callers'
  if (kind !== 'tenants') return false
  if (op === 'remove')
    return keys === undefined || (keys === 'keys' && key !== undefined && field === undefined)
  if (keys !== 'keys' || field !== 'expires' || typeof after !== 'string') return false
  return op === 'add' || (typeof before === 'string' && Date.parse(after) < Date.parse(before))
}

function saysCallers(access: unknown): boolean {
  return typeof access === 'object' && access !== null && Object.hasOwn(access, 'callers')
}

function shapeOf({ strategy, unit, steps, forMs }: How): RolloutPolicy {
  if (strategy === 'canary')
    return { strategy, unit: unit ?? ROLLOUT_DEFAULTS.unit, steps: steps ?? ROLLOUT_DEFAULTS.steps }
  if (strategy === 'allAtOnce') return { strategy }
  return { strategy, forMs: forMs ?? null }
}

type Measures = NonNullable<AnalysisPolicy['measures']>

/**
 * Where tenants or keys are assigned as one, it is they that are counted, and there are not many: nothing would ever be
 * concluded of a twentieth of four hundred tenants if as many were asked for as of requests.
 */
const FEWEST_TENANTS = 10

function fewest(unit: RolloutPolicy['unit'], names: readonly string[]): Measures {
  if (unit !== 'tenant' && unit !== 'key') return {}
  return Object.fromEntries(names.map((it) => [it, { minSamples: FEWEST_TENANTS }]))
}

function analysisOf(inForce: SettingsTree, usual: Measures): Pick<RolloutPolicy, 'analysis'> {
  const said = entryOf(inForce, ['rollout', 'analysis'], analysisSpec)
  const isUsual = Object.keys(usual).length === 0
  if (said === undefined) return isUsual ? {} : { analysis: { measures: usual } }
  const { burnRate: _, ...compared } = said
  // Without what is `undefined`, which is no JSON.
  const analysis = JSON.parse(JSON.stringify(compared)) as AnalysisPolicy
  if (isUsual) return { analysis }
  const own = Object.entries(analysis.measures ?? {}).map(([name, it]) => [name, { ...usual[name], ...it }])
  return { analysis: { ...analysis, measures: { ...usual, ...Object.fromEntries(own) } as Measures } }
}

/** What only takes away is not given back because those who lost it go on calling. */
function burnRateOf(inForce: SettingsTree, next: SettingsTree): Pick<RolloutPolicy, 'burnRate'> {
  const burnRate = entryOf(inForce, ['rollout', 'analysis'], analysisSpec)?.burnRate
  return burnRate === undefined || isAllRevoked(changes(inForce, next)) ? {} : { burnRate }
}

function confirmOf(withinMs: number | undefined): { apply?: ApplyPolicy } {
  return withinMs === undefined
    ? {}
    : { apply: { confirm: { mode: 'commitConfirmed', timeoutMs: withinMs } } }
}

/** When it begins; `null` for at once. What a person forces does not wait for the end of a freeze. */
function startOf({ asked, nowMs, isForced }: RolloutQuestion, inForce: SettingsTree): string | null {
  const wanted = asked.startAt ?? null
  const freeze = entryOf(inForce, ['rollout', 'freeze'], freezeSpec)
  if (freeze?.changes !== 'wait' || isForced) return wanted
  const frozen = frozenAt(freeze, wanted === null ? nowMs : Date.parse(wanted))
  return frozen === null ? wanted : new Date(frozen.untilMs).toISOString()
}

function readOrDefault<Schema extends z.ZodType>(
  tree: SettingsTree,
  name: string,
  schema: Schema,
): z.output<Schema> {
  return entryOf(tree, ['rollout', name], schema) ?? defaultOf(schema)
}

function definedOf({ strategy, unit, steps, forMs }: AskedRollout): Partial<How> {
  const said = { strategy, unit, steps, forMs }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}
