/** `gen_ai.provider.name`: the well-known name of a provider where there is one, else the name in the settings. */
import type { CompiledTarget } from '../contract/compiled.ts'

/** Where the conventions have a name of their own. */
const NAMES: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  gemini: 'gcp.gemini',
  mistral: 'mistral_ai',
  vertex: 'gcp.vertex_ai',
  'vertex-anthropic': 'gcp.vertex_ai',
  xai: 'x_ai',
}

export function providerNameOf(target: CompiledTarget): string {
  const { kind } = target.provider
  return kind === 'openai-compatible' ? target.providerName : (NAMES[kind] ?? kind)
}
