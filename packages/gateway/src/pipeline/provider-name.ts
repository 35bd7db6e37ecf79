/** `gen_ai.provider.name`: the well-known name of a provider where there is one, else the name in the settings. */
import type { CompiledTarget } from '../contract/compiled.ts'

export function providerNameOf(target: CompiledTarget): string {
  const { kind } = target.provider
  return kind === 'openai-compatible' ? target.providerName : kind
}
