/**
 * Which route a request runs under: the one it asked for, or the one that the first of its rules with a condition
 * that holds leads to. A route that is handed a request looks at its own rules in turn; circles are refused when
 * the settings come in.
 */
import type { CompiledRoute } from '../contract/compiled.ts'
import type { RouteAsk } from '../contract/route-ask.ts'
import type { RouteRule } from '../contract/routing.ts'

/** Who wants to know which rules led to a route: told of each that held, in turn. */
export interface RuleHost {
  onRule(rule: RouteRule): void
}

export function resolveRoute(asked: CompiledRoute, ask: RouteAsk, host?: RuleHost): CompiledRoute {
  let route = asked
  for (;;) {
    const rule = route.plan.rules.find((it) => it.holds(ask))
    if (rule === undefined) return route
    host?.onRule(rule)
    route = rule.route
  }
}
