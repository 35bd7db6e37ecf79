/** Whether there is a route for a caller, and whether his tenant lets him have it: by the name that he asked for, or by the route's own. */
import type { Caller, CompiledRoute } from '../contract/compiled.ts'
import { contextFor } from '../contract/context-for.ts'

/** `null` is somebody whom no key was asked of. */
export function mayCall(caller: Caller | null, model: string, route: CompiledRoute): boolean {
  const allow = caller?.allow ?? null
  return allow === null || allow.has(model) || allow.has(route.name)
}

/** What needs a context of other tenants is not there: it is answered like what nobody has ever heard of. */
export function isThereFor(caller: Caller | null, { context }: CompiledRoute): boolean {
  return context === null || contextFor(caller?.tenant ?? null, context) !== null
}
