/** What the writers of embedding requests have in common. */
import type { EmbedRequest, EmbedWireName } from '../../contract/embeddings.ts'
import { GatewayError } from '../../errors.ts'

/** The inputs as texts. Tokens are numbers of one model's vocabulary and mean nothing to another. */
export function textsOf(request: EmbedRequest, to: EmbedWireName): readonly string[] {
  return request.inputs.map((it) => {
    if ('text' in it) return it.text
    throw new GatewayError('request.not_translatable', { field: 'input (tokens)', from: request.from, to })
  })
}

/** One for each field of the caller's format that `to` leaves out. */
export function warnOfEmbed(request: EmbedRequest, unsaid: readonly (keyof EmbedRequest)[]): string[] {
  const warnings = unsaid.filter((it) => request[it] !== undefined).map((it) => `${it}: not supported`)
  for (const [name, value] of Object.entries(request.extra)) {
    if (value !== undefined && value !== null) warnings.push(`${name}: not supported`)
  }
  return warnings
}
