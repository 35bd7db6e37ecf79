/** Routes: rules that never decide, targets that may be sent more than before, times that are too short, and targets without experience. */
import { compileCondition } from '../../routing/expressions/compile-condition.ts'
import { namesIn } from '../../routing/expressions/names-in.ts'
import type { RouteSpec } from '../../routing/spec.ts'
import type { Warning } from '../look.ts'
import { type Check, count, pointerOf, warn } from './check.ts'

/** Share of a route that is most of it. */
const MOST = 0.5
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`

/** Conditions that name nothing are the same for every request; a rule behind one that always holds, or says the same, is never reached. */
export const ruleNever: Check = (look) => {
  const found: Warning[] = []
  for (const [name, route] of look.after.routes) {
    if (!look.touches('routes', name, 'rules')) continue
    let closedBy: number | null = null
    const seen = new Map<string, number>()
    for (const [i, rule] of route.rules.entries()) {
      const pointer = pointerOf('routes', name, 'rules', i, 'when')
      const same = seen.get(rule.when.trim())
      const fixed = constantOf(rule.when)
      const why = neverBecause(fixed, closedBy, same)
      if (why !== null)
        found.push(
          warn('plan.rule_never', pointer, {
            text: `rule ${i + 1} of route ${name} can never decide: ${why}`,
          }),
        )
      if (fixed === true) closedBy ??= i
      if (same === undefined) seen.set(rule.when.trim(), i)
    }
  }
  return found
}

function neverBecause(
  fixed: boolean | null,
  closedBy: number | null,
  same: number | undefined,
): string | null {
  if (closedBy !== null) return `rule ${closedBy + 1} before it always holds`
  if (same !== undefined) return `rule ${same + 1} before it says the same`
  return fixed === false ? 'its condition is false for every request' : null
}

/** What it comes to when it asks nothing of the request; `null` when it does. */
function constantOf(condition: string): boolean | null {
  const { variables, headers, metadata } = namesIn(condition)
  if (variables.size + headers.size + metadata.size > 0) return null
  return compileCondition(condition)(undefined as never)
}

/** Calls marked as sensitive, or bound to a region, may now go where they could not. */
export const sensitiveWidened: Check = (look) => {
  const found: Warning[] = []
  for (const [name, model] of look.after.models) {
    const was = look.before.models.get(name)
    if (was === undefined || was.sensitive || !model.sensitive) continue
    const text = `model ${name} may be sent what is marked as sensitive from now on`
    found.push(warn('plan.sensitive_widened', pointerOf('models', name, 'sensitive'), { text }))
  }
  for (const [name, route] of look.after.routes) {
    const was = look.before.routes.get(name)?.require
    if (was === undefined) continue
    const pointer = pointerOf('routes', name, 'require')
    if (was.sensitive && route.require?.sensitive !== true)
      found.push(
        warn('plan.sensitive_widened', pointer, {
          text: `route ${name} no longer asks for models that may take sensitive data`,
        }),
      )
    const regions = was.regions
    const added =
      regions === undefined
        ? []
        : (route.require?.regions ?? ['anywhere']).filter((it) => !regions.includes(it))
    if (added.length > 0)
      found.push(
        warn('plan.sensitive_widened', pointer, {
          text: `route ${name} was bound to ${regions?.join(', ')} and may now go to ${added.join(', ')}`,
        }),
      )
  }
  return found
}

/** Times that more than one in a hundred good answers would not have kept. */
export const timeoutBelowP99: Check = (look) => {
  const found: Warning[] = []
  for (const [name, { timeouts }] of look.after.routes) {
    const was = look.before.routes.get(name)?.timeouts
    const pairs = [
      ['firstTokenMs', 'firstTokenMs', 'first token'],
      ['totalMs', 'durationMs', 'whole answer'],
    ] as const
    for (const [setting, measure, what] of pairs) {
      if (was === undefined || timeouts[setting] >= was[setting]) continue
      const p99 = look.facts.p99Of(name, measure)
      if (p99 === null || p99.ms <= timeouts[setting]) continue
      const text = `route ${name} waits ${timeouts[setting]} ms for the ${what}; one in a hundred of ${count(p99.calls, 'answer')} took longer than ${Math.round(p99.ms)} ms`
      const numbers = { timeoutMs: timeouts[setting], p99Ms: Math.round(p99.ms), calls: p99.calls }
      found.push(
        warn('plan.timeout_below_p99', pointerOf('routes', name, 'timeouts', setting), { text, numbers }),
      )
    }
  }
  return found
}

/** A target that takes most of a route, and that no recorded call went to. */
export const untestedTarget: Check = (look) => {
  const found: Warning[] = []
  for (const [name, route] of look.after.routes) {
    const [was, now] = [sharesOf(look.before.routes.get(name)), sharesOf(route)]
    for (const [i, { model }] of route.targets.entries()) {
      const [before, after] = [was.get(model) ?? 0, now.get(model) ?? 0]
      if (after <= MOST || after <= before) continue
      const target = `${look.after.models.get(model)?.provider ?? ''}/${model}`
      if (look.facts.targets.has(target)) continue
      const known =
        look.facts.calls === 0
          ? 'no calls are recorded'
          : `none of the last ${count(look.facts.calls, 'call')} went to it`
      const text = `route ${name} gives ${percent(after)} to ${model} (${percent(before)} before), and ${known}`
      const numbers = { shareBefore: before, shareAfter: after, calls: 0 }
      found.push(warn('plan.untested_target', pointerOf('routes', name, 'targets', i), { text, numbers }))
    }
  }
  return found
}

function sharesOf(route: RouteSpec | undefined): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  const total = (route?.targets ?? []).reduce((sum, it) => sum + it.weight, 0)
  for (const { model, weight } of route?.targets ?? [])
    shares.set(model, (shares.get(model) ?? 0) + weight / total)
  return shares
}
