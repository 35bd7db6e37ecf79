/** LiteLLM's `router_settings`, and those of `litellm_settings` that say the same: strategy, retries, fallbacks, aliases. */
import type { RouteSettings } from '../../contract/settings.ts'
import { fieldsIn, isOldFields, listIn, numberIn, type OldFields, textIn } from '../old-fields.ts'
import type { RouteDraft, SettingsDraft } from '../settings-draft.ts'
import { type Groups, targetsOf } from './group.ts'

const STRATEGIES: Readonly<Record<string, NonNullable<RouteSettings['strategy']>>> = {
  'simple-shuffle': 'weighted',
  'least-busy': 'least-busy',
  'latency-based-routing': 'latency',
  'usage-based-routing': 'headroom',
  'usage-based-routing-v2': 'headroom',
  'cost-based-routing': 'cost',
}

/** What needs no setting here, because it is so. */
const ALREADY_SO = new Set([
  'drop_params',
  'json_logs',
  'set_verbose',
  'debug_level',
  'turn_off_message_logging',
  'redact_user_api_key_info',
  'enable_pre_call_checks',
  'telemetry',
])

const REASONS: Readonly<Record<string, string>> = {
  cache: 'not carried over: routes keep answers by an entry of cache (docs/guide/cache.md)',
  cache_params: 'not carried over: routes keep answers by an entry of cache (docs/guide/cache.md)',
  callbacks: 'see telemetry: spans, metrics and logs go out by OTLP',
  success_callback: 'see telemetry: spans, metrics and logs go out by OTLP',
  failure_callback: 'see telemetry: spans, metrics and logs go out by OTLP',
  max_budget: 'not carried over: tenants, teams and keys have budgets (docs/guide/limits.md)',
  budget_duration: 'not carried over: tenants, teams and keys have budgets (docs/guide/limits.md)',
  redis_host:
    'not carried over: several gateways share counts by counters.store (docs/guide/shared-limits.md)',
  redis_port:
    'not carried over: several gateways share counts by counters.store (docs/guide/shared-limits.md)',
  redis_password:
    'not carried over: several gateways share counts by counters.store (docs/guide/shared-limits.md)',
  redis_url:
    'not carried over: several gateways share counts by counters.store (docs/guide/shared-limits.md)',
  retry_policy: 'retries are counted for all failures together; fallbackFor tells failures apart',
  model_group_retry_policy: 'retries are counted for all failures together; fallbackFor tells failures apart',
}

interface OldRouter {
  readonly draft: SettingsDraft
  readonly groups: Groups
  routeOf(group: string): RouteDraft | null
}

export function importRouter(draft: SettingsDraft, groups: Groups, file: OldFields): void {
  const router: OldRouter = {
    draft,
    groups,
    routeOf: (name) => {
      const group = groups.get(name)
      return group === undefined ? null : draft.route(name, targetsOf(group))
    },
  }
  // The router's own word goes before the general one.
  for (const section of ['litellm_settings', 'router_settings']) {
    for (const [field, value] of Object.entries(fieldsIn(file[section]))) {
      if (value === null || ALREADY_SO.has(field)) continue
      const take = Object.hasOwn(takers, field) ? takers[field] : undefined
      if (take !== undefined) take(router, value, `${section}.${field}`)
      else draft.note('left out', `${section}.${field}`, REASONS[field] ?? 'not known here')
    }
  }
}

type Take = (router: OldRouter, value: unknown, at: string) => void

const takers: Readonly<Record<string, Take>> = {
  routing_strategy: takeStrategy,
  num_retries: forAll((route, retries) => {
    route.retries = { ...route.retries, attempts: Math.min(10, retries + 1) }
  }),
  retry_after: forAll((route, seconds) => {
    if (seconds > 0) route.retries = { ...route.retries, baseMs: Math.round(seconds * 1000) }
  }),
  timeout: forAll(setTotal),
  request_timeout: forAll(setTotal),
  stream_timeout: forAll((route, seconds) => {
    route.timeouts = { ...route.timeouts, firstTokenMs: Math.round(seconds * 1000) }
  }),
  allowed_fails: forAll((route, failures) => {
    if (route.targets.length > 1) route.ejection = { ...route.ejection, failuresInRow: failures + 1 }
  }),
  cooldown_time: forAll((route, seconds) => {
    if (route.targets.length > 1 && seconds > 0) {
      route.ejection = { ...route.ejection, forMs: Math.round(seconds * 1000) }
    }
  }),
  fallbacks: (router, value, at) =>
    takeFallbacks(router, { value, at }, (route, models) => {
      route.fallback = models
    }),
  context_window_fallbacks: (router, value, at) =>
    takeFallbacks(router, { value, at }, (route, models) => {
      route.fallbackFor = { ...route.fallbackFor, context_too_long: models }
    }),
  content_policy_fallbacks: (router, value, at) =>
    takeFallbacks(router, { value, at }, (route, models) => {
      route.fallbackFor = { ...route.fallbackFor, content_policy: models }
    }),
  default_fallbacks: takeDefaultFallbacks,
  model_group_alias: takeAliases,
}

function setTotal(route: RouteDraft, seconds: number): void {
  route.timeouts = { ...route.timeouts, totalMs: Math.round(seconds * 1000) }
}

/** A number that is one setting of the router there, and one of each route here. */
function forAll(set: (route: RouteDraft, value: number) => void): Take {
  return ({ draft, groups, routeOf }, value, at) => {
    const number = numberIn(value)
    if (number === undefined) {
      draft.note('left out', at, `found ${JSON.stringify(value)}, expected a number`)
      return
    }
    for (const name of groups.keys()) {
      const route = routeOf(name)
      if (route !== null) set(route, number)
    }
  }
}

function takeStrategy({ draft, groups, routeOf }: OldRouter, value: unknown, at: string): void {
  const strategy = STRATEGIES[String(value)]
  if (strategy === undefined) {
    draft.note('left out', at, `"${String(value)}" is none of ${Object.keys(STRATEGIES).join(', ')}`)
    return
  }
  for (const [name, group] of groups) {
    if (strategy === 'weighted' || group.length < 2) continue
    const route = routeOf(name)
    if (route !== null) route.strategy ??= strategy
  }
}

/** A list of maps there: `[{ "gpt-4": ["claude", "gemini"] }]`. */
function takeFallbacks(
  router: OldRouter,
  it: { readonly value: unknown; readonly at: string },
  set: (route: RouteDraft, models: readonly string[]) => void,
): void {
  listIn(it.value).forEach((entry, i) => {
    for (const [name, list] of Object.entries(fieldsIn(entry))) {
      const at = `${it.at}[${i}].${name}`
      const models = modelsOf(router, listIn(list), at)
      if (models.length === 0) continue
      if (name === '*') {
        for (const group of router.groups.keys()) setOn(router, group, models, set)
      } else if (router.groups.has(name)) setOn(router, name, models, set)
      else router.draft.note('left out', at, `there is no model group "${name}"`)
    }
  })
}

function setOn(
  router: OldRouter,
  group: string,
  models: readonly string[],
  set: (route: RouteDraft, models: readonly string[]) => void,
): void {
  const own = new Set(router.groups.get(group)?.map((it) => it.model))
  const others = models.filter((it) => !own.has(it))
  const route = others.length === 0 ? null : router.routeOf(group)
  if (route !== null) set(route, others)
}

/** Fallbacks are groups there and models here: a group stands for its models, in order. */
function modelsOf(router: OldRouter, names: readonly unknown[], at: string): readonly string[] {
  return names.flatMap((it) => {
    const name = isOldFields(it) ? textIn(it['model']) : textIn(it)
    const group = name === undefined ? undefined : router.groups.get(name)
    if (group !== undefined) return group.map((deployment) => deployment.model)
    router.draft.note('left out', at, `there is no model group ${JSON.stringify(name ?? it)}`)
    return []
  })
}

function takeDefaultFallbacks(router: OldRouter, value: unknown, at: string): void {
  const models = modelsOf(router, listIn(value), at)
  for (const name of router.groups.keys()) {
    setOn(router, name, models, (route, others) => {
      route.fallback ??= others
    })
  }
}

function takeAliases({ draft, routeOf }: OldRouter, value: unknown, at: string): void {
  for (const [alias, of] of Object.entries(fieldsIn(value))) {
    const name = isOldFields(of) ? textIn(of['model']) : textIn(of)
    const route = name === undefined ? null : routeOf(name)
    if (route === null)
      draft.note('left out', `${at}.${alias}`, `there is no model group ${JSON.stringify(of)}`)
    else route.aliases = [...(route.aliases ?? []), alias]
  }
}
