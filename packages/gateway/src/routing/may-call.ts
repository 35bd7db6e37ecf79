/** Whether a caller's tenant lets him have a route: by the name that he asked for, or by the route's own. */
import type { Caller, CompiledRoute } from '../contract/compiled.ts'

/** `null` is somebody whom no key was asked of. */
export function mayCall(caller: Caller | null, model: string, route: CompiledRoute): boolean {
  const allow = caller?.allow ?? null
  return allow === null || allow.has(model) || allow.has(route.name)
}
