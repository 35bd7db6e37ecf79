/** Which APIs a caller may see and call: one answer for calls, for the lists, and for those who ask for a subscription. */
import type { CompiledApi } from '../contract/apis.ts'
import type { Caller, CompiledGateway } from '../contract/compiled.ts'
import { GatewayError } from '../errors.ts'

/** Whether an allow-list of the caller lets it have the API: by the API's own name, or by that of its route. */
export function mayCallApi(caller: Caller | null, api: CompiledApi): boolean {
  const allow = caller?.allow ?? null
  return allow === null || allow.has(api.model) || allow.has(api.route)
}

/**
 * Throws `apis.no_such_api` for what is not there, and in the same words for what is there for others.
 * `asked` is a version or a line of them.
 */
export function findApi(
  gateway: CompiledGateway | null,
  caller: Caller | null,
  { name, asked }: { readonly name: string; readonly asked: string },
): CompiledApi {
  const api = gateway?.apis.find(name, asked, caller?.tenant ?? null) ?? null
  if (api === null) throw new GatewayError('apis.no_such_api', { api: `${name}/${asked}`.slice(0, 200) })
  return api
}
