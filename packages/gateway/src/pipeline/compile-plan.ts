/**
 * What a route does beyond weights and fallbacks: strategy, rules, needs, fallbacks by kind of failure, hedging,
 * mirroring, ejection and its bound on concurrency.
 *
 * In two steps: the parts are everything that the settings name and all that is carried over reloads, looked up
 * anew at each compilation; the plan is made of them only when one of them, or the settings, changed.
 */
import { type Carry, pointTo } from '@changeover/reload'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import {
  FAILURE_CLASSES,
  type FailureClass,
  PLAIN_PLAN,
  type RoutePlan,
  type RouteRule,
  type Strategy,
  type TargetNeeds,
} from '../contract/routing.ts'
import { createEjector, createStandings, type Standings } from '../routing/ejector.ts'
import { compileCondition } from '../routing/expressions/compile-condition.ts'
import { GateState, gateOf } from '../routing/gate.ts'
import { createHedgePlan, HedgeBudget } from '../routing/hedge-plan.ts'
import { createMirrorPlan, MirrorCount } from '../routing/mirror-plan.ts'
import type { NeedsSpec, RouteSpec, RuleSpec } from '../routing/spec.ts'
import { strategies } from '../routing/strategies/list.ts'
import type { Member, StickyOptions } from '../routing/strategies/members.ts'
import { choiceText } from './choice-text.ts'

/** In a fixed order; `null` for what the settings leave out. */
export type PlanParts = readonly unknown[]

export interface PlanFinder {
  readonly carry: Carry
  target(model: string): CompiledTarget
  route(name: string): CompiledRoute
}

interface Parts {
  readonly rules: readonly (readonly CompiledTarget[] | CompiledRoute | null)[]
  readonly fallbackFor: ReadonlyMap<FailureClass, readonly CompiledTarget[]>
  readonly mirror: CompiledTarget | null
  readonly gate: GateState | null
  readonly standings: Standings | null
  readonly budget: HedgeBudget | null
  readonly copies: MirrorCount | null
}

const EMPTY: PlanParts = Object.freeze([])
const letGo = (): undefined => undefined

/** Flat, so that two of them can be compared place by place. */
export function partsOfPlan(name: string, settings: RouteSpec, find: PlanFinder): PlanParts {
  if (isPlain(settings)) return EMPTY
  const { carry } = find
  const keep = <T>(wanted: unknown, what: string, create: () => T): T | null =>
    wanted === undefined ? null : carry.keep(`${what}:route:${name}`, create, letGo)
  const rules = settings.rules.map((it) => takerOf(it, find))
  const fallbackFor = new Map<FailureClass, readonly CompiledTarget[]>()
  for (const it of FAILURE_CLASSES) {
    const models = settings.fallbackFor?.[it]
    if (models !== undefined) fallbackFor.set(it, Object.freeze(models.map((model) => find.target(model))))
  }
  const parts: Parts = {
    rules,
    fallbackFor,
    mirror: settings.mirror === undefined ? null : find.target(settings.mirror.model),
    gate: keep(settings.concurrency, 'gate', () => new GateState()),
    standings: keep(settings.ejection, 'ejection', createStandings),
    budget: keep(settings.hedge, 'hedge', () => new HedgeBudget()),
    copies: keep(settings.mirror, 'mirror', () => new MirrorCount()),
  }
  const { mirror, gate, standings, budget, copies } = parts
  const flat = [...rules.flat(), ...[...fallbackFor.values()].flat(), mirror, gate, standings, budget, copies]
  made.set(flat, parts)
  return flat
}

function isPlain(settings: RouteSpec): boolean {
  return (
    settings.rules.length === 0 &&
    settings.fallbackFor === undefined &&
    settings.mirror === undefined &&
    settings.concurrency === undefined &&
    settings.ejection === undefined &&
    settings.hedge === undefined
  )
}

/** Which parts a flat list was made from. */
const made = new WeakMap<PlanParts, Parts>()

function takerOf(rule: RuleSpec, find: PlanFinder): Parts['rules'][number] {
  if (rule.route !== undefined) return find.route(rule.route)
  return rule.targets === undefined ? null : rule.targets.map((it) => find.target(it.model))
}

export interface PlanInput {
  /** As it is without a plan. */
  readonly route: CompiledRoute
  readonly parts: PlanParts
}

export function compilePlan(settings: RouteSpec, { route, parts: flat }: PlanInput): RoutePlan {
  const parts = made.get(flat) ?? null
  const base = compileBase(settings, route, parts)
  if (parts === null || parts.rules.length === 0) return base
  const rules = settings.rules.map((rule, i): RouteRule => {
    const holds = compileCondition(rule.when)
    const taker = parts.rules[i] ?? null
    return {
      name: pointTo(pointTo(pointTo('/routes', route.name), 'rules'), i),
      holds,
      route: isRoute(taker) ? taker : ruleRoute(rule, { settings, route, base, targets: taker }),
    }
  })
  return Object.freeze({ ...base, rules: Object.freeze(rules) })
}

/** A plan without rules. */
function compileBase(settings: RouteSpec, route: CompiledRoute, parts: Parts | null): RoutePlan {
  const { concurrency, ejection, hedge, mirror } = settings
  const everyTarget = [...new Set([...route.targets.map((it) => it.target), ...route.fallback])]
  const strategy = compileStrategy(settings, settings.strategy, membersOf(settings.targets, route))
  const needs = needsOf([settings.require])
  const isBounded = route.targets.some((it) => it.target.gate !== null)
  const plan: RoutePlan = {
    chooses:
      strategy !== null || needs !== null || ejection !== undefined || hedge !== undefined || isBounded,
    strategy,
    rules: PLAIN_PLAN.rules,
    needs,
    fallbackFor: parts === null || parts.fallbackFor.size === 0 ? null : parts.fallbackFor,
    ejector: parts?.standings && ejection ? createEjector(parts.standings, everyTarget, ejection) : null,
    gate: parts?.gate && concurrency ? gateOf(parts.gate, concurrency) : null,
    hedge: parts?.budget && hedge ? createHedgePlan(parts.budget, hedge) : null,
    mirror:
      parts?.copies && parts.mirror && mirror
        ? createMirrorPlan(parts.copies, { ...mirror, target: parts.mirror })
        : null,
    readsLimits: usesStrategy(settings, 'headroom'),
    heedsDeadlines: settings.timeouts.fromCaller,
  }
  return isPlainPlan(plan) ? PLAIN_PLAN : Object.freeze(plan)
}

function isPlainPlan(plan: RoutePlan): boolean {
  return Object.entries(plan).every(([name, value]) => value === PLAIN_PLAN[name as keyof RoutePlan])
}

interface RuleInput {
  readonly settings: RouteSpec
  readonly route: CompiledRoute
  readonly base: RoutePlan
  readonly targets: readonly CompiledTarget[] | null
}

/** The route as it is for requests that the rule takes: its name, prompt, times and fallbacks stay. */
function ruleRoute(rule: RuleSpec, { settings, route, base, targets }: RuleInput): CompiledRoute {
  const shares = rule.targets ?? settings.targets
  const own = targets ?? route.targets.map((it) => it.target)
  let until = 0
  const among = own.map((target, i) => {
    until += shares[i]?.weight ?? 0
    return Object.freeze({ target, until })
  })
  const choice = choiceText(shares, rule.strategy ?? settings.strategy)
  const taken = { ...route, targets: Object.freeze(among), totalWeight: until, choice }
  const strategy = compileStrategy(settings, rule.strategy ?? settings.strategy, membersOf(shares, taken))
  const needs = needsOf([settings.require, rule.require])
  return Object.freeze({ ...taken, plan: Object.freeze({ ...base, strategy, needs, chooses: true }) })
}

function membersOf(shares: RouteSpec['targets'], route: CompiledRoute): readonly Member[] {
  return route.targets.map(({ target }, i) => ({
    target,
    weight: shares[i]?.weight ?? 0,
    priority: shares[i]?.priority ?? 0,
  }))
}

/** `null` for weight alone. */
function compileStrategy(
  settings: RouteSpec,
  name: RouteSpec['strategy'],
  members: readonly Member[],
): Strategy | null {
  if (name === 'weighted') return null
  const { by, header, promptChars, otherwise } = settings.sticky
  const unsticky: StickyOptions = {
    by,
    header: null,
    promptChars,
    otherwise: strategies.weighted(members, NO_STICKY),
  }
  const options = { ...unsticky, header: header ?? null, otherwise: strategies[otherwise](members, unsticky) }
  return strategies[name](members, options)
}

const NO_STICKY: StickyOptions = {
  by: 'session',
  header: null,
  promptChars: 0,
  otherwise: { name: 'none', choose: () => null },
}

function usesStrategy(settings: RouteSpec, name: RouteSpec['strategy']): boolean {
  const stuck = settings.sticky.otherwise === name && settings.strategy === 'sticky'
  return settings.strategy === name || stuck || settings.rules.some((it) => it.strategy === name)
}

/** All of them at once: what one requires the next does not take back. */
function needsOf(all: readonly (NeedsSpec | undefined)[]): TargetNeeds | null {
  const asked = all.filter((it) => it !== undefined)
  const sensitive = asked.some((it) => it.sensitive)
  const regions = asked
    .flatMap((it) => (it.regions === undefined ? [] : [it.regions]))
    .reduce<readonly string[] | null>(
      (both, it) => (both === null ? it : both.filter((name) => it.includes(name))),
      null,
    )
  return sensitive || regions !== null ? Object.freeze({ sensitive, regions }) : null
}

function isRoute(taker: Parts['rules'][number]): taker is CompiledRoute {
  return taker !== null && 'plan' in taker
}
