/** The targets that may answer a request which is led to a route: its own, and those that it falls back to. */
import type { CompiledRoute, CompiledTarget } from './compiled.ts'

export function targetsOf({ targets, fallback, plan }: CompiledRoute): readonly CompiledTarget[] {
  return [...targets.map((it) => it.target), ...fallback, ...[...(plan.fallbackFor?.values() ?? [])].flat()]
}
