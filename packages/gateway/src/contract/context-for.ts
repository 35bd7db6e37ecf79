/** Which version of a context somebody has: the newest of the range that is his, or everybody's. */
import type { CompiledContext } from './compiled.ts'

/** `null` when none is. `tenant` is `null` for somebody whom no key was asked of. */
export function contextFor(tenant: string | null, context: CompiledContext): CompiledContext | null {
  for (let it: CompiledContext | undefined = context; it !== undefined; it = it.otherwise) {
    if (it.tenants === undefined || (tenant !== null && it.tenants.has(tenant))) return it
  }
  return null
}
