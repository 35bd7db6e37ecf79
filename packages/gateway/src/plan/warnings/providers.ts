/** Providers without a credential, and those at an address that no version in force has called. */
import type { ProviderSpec } from '../../providers/spec.ts'
import type { Warning } from '../look.ts'
import { type Check, pointerOf, warn } from './check.ts'

/** Kinds that serve without a key: on one's own machines, or made up. */
const NEEDS_NONE: ReadonlySet<string> = new Set([
  'simulated',
  'ollama',
  'vllm',
  'llama-cpp',
  'openai-compatible',
  'bedrock',
  'vertex',
  'vertex-anthropic',
])

export const withoutCredential: Check = ({ before, after }) => {
  const used = new Set([...after.models.values()].map((it) => it.provider))
  const found: Warning[] = []
  for (const [name, provider] of after.providers) {
    if (!used.has(name) || hasCredential(provider)) continue
    const was = before.providers.get(name)
    if (was !== undefined && !hasCredential(was)) continue
    const lost = was !== undefined
    if (!lost && NEEDS_NONE.has(provider.kind)) continue
    const text = `provider ${name} (${provider.kind}) ${lost ? 'loses its credential' : 'has no credential'}; its models will be asked without one`
    found.push(warn('plan.no_credential', pointerOf('providers', name), { text }))
  }
  return found
}

function hasCredential(it: ProviderSpec): boolean {
  if (it.credential !== undefined || (it.credentials?.length ?? 0) > 0 || it.aws !== undefined) return true
  return Object.values(it.headers ?? {}).some((value) => value.includes('${'))
}

export const newHost: Check = ({ before, after }) => {
  const known = new Set([...before.providers.values()].map(hostOf))
  const found: Warning[] = []
  for (const [name, provider] of after.providers) {
    const host = hostOf(provider)
    if (host === null || known.has(host)) continue
    const text = `provider ${name} is at ${host}, which the version in force does not call; prompts and its credential would go there`
    found.push(warn('plan.new_host', pointerOf('providers', name, 'baseUrl'), { text }))
  }
  return found
}

/** `null` for the address that its kind has. */
function hostOf({ baseUrl }: ProviderSpec): string | null {
  return baseUrl === undefined || !URL.canParse(baseUrl) ? null : new URL(baseUrl).host
}
