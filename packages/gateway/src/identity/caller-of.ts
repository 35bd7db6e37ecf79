/** A caller, of a key or of a token, as the rest of the gateway knows it. */
import type { Allowance, Level } from '../contract/allowance.ts'
import type { TokenClaims } from '../contract/call.ts'
import type { Caller } from '../contract/compiled.ts'

/** What counts a key at all its levels; `null` where nothing does. The same levels are the same list each time. */
export type AllowanceOf = (levels: readonly Level[]) => Allowance | null

/** What is not said is left out, so that callers of one kind have one shape. */
export function callerOf(
  it: Pick<Caller, 'tenant' | 'key' | 'allow' | 'allowance' | 'proof'> & {
    readonly team: string | undefined
    readonly regions: ReadonlySet<string> | undefined
    readonly priority: number | undefined
    readonly claims?: TokenClaims | undefined
  },
): Caller {
  return Object.freeze({
    tenant: it.tenant,
    key: it.key,
    allow: it.allow,
    allowance: it.allowance,
    ...(it.priority === undefined ? null : { priority: it.priority }),
    ...(it.regions === undefined ? null : { regions: it.regions }),
    ...(it.team === undefined ? null : { team: it.team }),
    ...(it.proof === undefined ? null : { proof: it.proof }),
    ...(it.claims === undefined ? null : { claims: it.claims }),
  })
}
