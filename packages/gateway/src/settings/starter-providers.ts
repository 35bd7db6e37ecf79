/**
 * Providers that a newcomer's first settings may name: those whose key alone makes them work, and of each a
 * small model and a large one as examples. In the order in which they are preferred.
 *
 * Not here: addresses and keys, which are those of the kinds (`providers/`).
 */
import { providers } from '../providers/list.ts'

export interface StarterProvider {
  readonly kind: string
  /** The variable that holds its key. */
  readonly env: string
  readonly fast: string
  readonly careful: string
}

const EXAMPLES: readonly (readonly [kind: string, fast: string, careful: string])[] = [
  ['openai', 'gpt-5.4-mini', 'gpt-5.5'],
  ['anthropic', 'claude-haiku-4-5', 'claude-sonnet-5'],
  ['gemini', 'gemini-3.1-flash-lite', 'gemini-3.5-flash'],
  ['mistral', 'mistral-small-latest', 'mistral-medium-latest'],
  ['groq', 'llama-3.1-8b-instant', 'llama-3.3-70b-versatile'],
  ['deepseek', 'deepseek-v4-flash', 'deepseek-v4-pro'],
  ['xai', 'grok-4.20-0309-non-reasoning', 'grok-4.3'],
  ['openrouter', 'openai/gpt-5.4-mini', 'anthropic/claude-sonnet-5'],
  ['together', 'openai/gpt-oss-20b', 'zai-org/GLM-5.2'],
  ['fireworks', 'accounts/fireworks/models/gpt-oss-20b', 'accounts/fireworks/models/glm-5p2'],
  ['cohere', 'command-r7b-12-2024', 'command-a-03-2025'],
  ['cerebras', 'gpt-oss-120b', 'zai-glm-4.7'],
  // Its catalogue entries are of the API that ended; this is the one model of the new.
  ['perplexity', 'perplexity/sonar', 'perplexity/sonar'],
]

export const starterProviders: readonly StarterProvider[] = EXAMPLES.flatMap(([kind, fast, careful]) => {
  const env = providers[kind]?.credentialEnv ?? null
  return env === null ? [] : [{ kind, env, fast, careful }]
})
