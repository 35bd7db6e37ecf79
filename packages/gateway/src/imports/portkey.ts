/**
 * A config of Portkey's gateway, as one route of ours.
 *
 * Theirs is a tree: a target may itself be a strategy over targets. A route here is flat: a choice, then fallbacks, with
 * rules before both. What cannot be said flat is said as near as can be, and noted. Fields as its documentation has
 * them in 2026 (portkey.ai/docs).
 */
import type { RouteRuleSettings, RouteSettings } from '../contract/settings.ts'
import { fieldsIn, isOldFields, listIn, numberIn, type OldFields } from './old-fields.ts'
import { conditionOf } from './portkey/condition.ts'
import { importTarget } from './portkey/target.ts'
import { type Imported, type RouteDraft, SettingsDraft } from './settings-draft.ts'

export interface PortkeyOptions {
  /** What callers will put into `model`. */
  readonly name: string
  /** For targets that take whichever model the caller names. */
  readonly model: string | undefined
}

/** `null` when the file is nothing of the kind. */
export function importPortkey(value: unknown, options: PortkeyOptions): Imported | null {
  if (!isOldFields(value)) return null
  if (!['targets', 'provider', 'virtual_key', 'strategy'].some((it) => Object.hasOwn(value, it))) return null
  const draft = new SettingsDraft()
  const importer = new Importer(draft, options)
  const flat = importer.flatten(value, '')
  if (flat.targets.length > 0) {
    const route = draft.route(options.name, flat.targets)
    if (flat.fallback.length > 0) route.fallback = flat.fallback
    const rules = importer.rulesOf(value)
    if (rules.length > 0) route.rules = rules
    takeTimes(draft, route, value)
  }
  noteTheRest(draft, value)
  return draft.finish()
}

interface Flat {
  readonly targets: RouteSettings['targets']
  readonly fallback: readonly string[]
}

const NOTHING: Flat = { targets: [], fallback: [] }

class Importer {
  readonly #draft: SettingsDraft
  readonly #options: PortkeyOptions

  constructor(draft: SettingsDraft, options: PortkeyOptions) {
    this.#draft = draft
    this.#options = options
  }

  flatten(node: OldFields, at: string): Flat {
    const children = listIn(node['targets']).map(fieldsIn)
    if (children.length === 0) return this.#leaf(node, at)
    const strategy = fieldsIn(node['strategy'])
    const at_ = (i: number): string => `${at}targets[${i}]`
    switch (strategy['mode']) {
      case 'fallback':
        return this.#fallback(children, strategy, at_)
      case 'loadbalance':
        return this.#loadBalance(children, at_)
      case 'conditional': {
        const i = children.findIndex((it) => it['name'] === strategy['default'])
        if (i === -1)
          this.#draft.note('changed', `${at}strategy.default`, 'it names no target: the first is taken')
        return this.#child(children, Math.max(i, 0), at_)
      }
      default:
        if (children.length > 1) {
          this.#draft.note('left out', at_(1), 'without a strategy only the first target is asked')
        }
        return this.#child(children, 0, at_)
    }
  }

  /** Of the config's own conditions: each goes to the target that it names. */
  rulesOf(node: OldFields): readonly RouteRuleSettings[] {
    const strategy = fieldsIn(node['strategy'])
    const children = listIn(node['targets']).map(fieldsIn)
    if (strategy['mode'] !== 'conditional') return []
    return listIn(strategy['conditions']).flatMap((it, i): RouteRuleSettings[] => {
      const at = `strategy.conditions[${i}]`
      const condition = fieldsIn(it)
      const when = conditionOf(condition['query'])
      const index = children.findIndex((child) => child['name'] === condition['then'])
      if ('fault' in when || index === -1) {
        const says = 'fault' in when ? when.fault : `there is no target "${String(condition['then'])}"`
        this.#draft.note('left out', at, says)
        return []
      }
      const { targets, fallback } = this.flatten(children[index] ?? {}, `targets[${index}].`)
      if (targets.length === 0) return []
      if (fallback.length === 0) return [{ when: when.text, targets }]
      const route = `${this.#options.name}/${String(condition['then'])}`
      this.#draft.route(route, targets).fallback = fallback
      return [{ when: when.text, route }]
    })
  }

  #child(children: readonly OldFields[], i: number, at: (i: number) => string): Flat {
    const child = children[i]
    return child === undefined ? NOTHING : this.flatten(child, `${at(i)}.`)
  }

  #fallback(children: readonly OldFields[], strategy: OldFields, at: (i: number) => string): Flat {
    if (strategy['on_status_codes'] !== undefined) {
      this.#draft.note(
        'changed',
        'strategy.on_status_codes',
        'a failed attempt falls back by its kind of failure, not by a list of statuses (fallbackFor)',
      )
    }
    const [first = NOTHING, ...rest] = children.map((_, i) => this.#child(children, i, at))
    const fallback = [
      ...first.fallback,
      ...rest.flatMap((it) => [...it.targets.map((one) => one.model), ...it.fallback]),
    ]
    return { targets: first.targets, fallback: [...new Set(fallback)] }
  }

  /** Shares there may be fractions of anything; a target without one has 1. */
  #loadBalance(children: readonly OldFields[], at: (i: number) => string): Flat {
    const shares = children.map((it) => numberIn(it['weight']) ?? 1)
    const scale = shares.every(Number.isInteger) ? 1 : 1000
    const targets: { model: string; weight: number }[] = []
    const fallback: string[] = []
    children.forEach((_, i) => {
      const child = this.#child(children, i, at)
      const whole = child.targets.reduce((sum, it) => sum + (it.weight ?? 1), 0)
      if (child.targets.length > 1) {
        this.#draft.note(
          'changed',
          at(i),
          'a choice within a choice: its targets stand beside the others, with their part of its weight',
        )
      }
      for (const { model, weight } of child.targets) {
        targets.push({ model, weight: Math.round(((shares[i] ?? 1) * scale * (weight ?? 1)) / whole) })
      }
      if (child.fallback.length > 0) {
        this.#draft.note(
          'changed',
          at(i),
          'fallbacks of one of several targets: they are fallbacks of all of them',
        )
      }
      fallback.push(...child.fallback)
    })
    return { targets, fallback: [...new Set(fallback)] }
  }

  #leaf(node: OldFields, at: string): Flat {
    const model = importTarget(this.#draft, node, { at, model: this.#options.model })
    return model === null ? NOTHING : { targets: [{ model }], fallback: [] }
  }
}

function takeTimes(draft: SettingsDraft, route: RouteDraft, config: OldFields): void {
  const retry = fieldsIn(config['retry'])
  const attempts = numberIn(retry['attempts'])
  if (attempts !== undefined) route.retries = { attempts: Math.min(10, attempts + 1) }
  if (retry['on_status_codes'] !== undefined) {
    draft.note('changed', 'retry.on_status_codes', 'what is worth another attempt is known for each provider')
  }
  const timeout = numberIn(config['request_timeout'])
  if (timeout !== undefined) route.timeouts = { totalMs: timeout }
}

const UNDERSTOOD = new Set(['strategy', 'targets', 'retry', 'request_timeout'])
const REASONS: Readonly<Record<string, string>> = {
  cache: 'not carried over: routes keep answers by an entry of cache (docs/guide/cache.md)',
  input_guardrails: 'not carried over: write them as entries of guardrails (docs/guide/guardrails.md)',
  output_guardrails: 'not carried over: write them as entries of guardrails (docs/guide/guardrails.md)',
  before_request_hooks: 'not carried over: write them as entries of guardrails (docs/guide/guardrails.md)',
  after_request_hooks: 'not carried over: write them as entries of guardrails (docs/guide/guardrails.md)',
  forward_headers: 'which headers of callers are passed on is a setting of the provider',
  override_params: 'write them as parameters of each model',
}

/** A config that is one target has said these as the target's. */
function noteTheRest(draft: SettingsDraft, config: OldFields): void {
  if (!Array.isArray(config['targets'])) return
  for (const name of Object.keys(config)) {
    if (!UNDERSTOOD.has(name)) draft.note('left out', name, REASONS[name] ?? 'not known here')
  }
}
