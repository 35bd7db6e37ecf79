/** Which provider of ours serves what LiteLLM calls `provider/model`. */
import type { ProviderKind } from '../../contract/settings.ts'
import { type OldFields, textIn } from '../old-fields.ts'

export interface FoundProvider {
  readonly name: string
  readonly kind: ProviderKind
  /** The provider's own id of the model. */
  readonly model: string
  readonly baseUrl: string | undefined
  /** Whether calls fail without a credential. */
  readonly needsKey: boolean
}

/** Their prefix to our kind. */
const kinds: Readonly<Record<string, ProviderKind>> = {
  openai: 'openai',
  'text-completion-openai': 'openai',
  azure: 'azure',
  anthropic: 'anthropic',
  gemini: 'gemini',
  vertex_ai: 'vertex',
  vertex_ai_beta: 'vertex',
  bedrock: 'bedrock',
  bedrock_converse: 'bedrock',
  mistral: 'mistral',
  codestral: 'mistral',
  cohere: 'cohere',
  cohere_chat: 'cohere',
  groq: 'groq',
  deepseek: 'deepseek',
  xai: 'xai',
  openrouter: 'openrouter',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  perplexity: 'perplexity',
  cerebras: 'cerebras',
  ollama: 'ollama',
  ollama_chat: 'ollama',
  hosted_vllm: 'vllm',
  vllm: 'vllm',
  llamafile: 'llama-cpp',
}

/** Prefixes that say "OpenAI's form, at the address given". */
const COMPATIBLE = new Set([
  'openai_like',
  'custom_openai',
  'litellm_proxy',
  'lm_studio',
  'nvidia_nim',
  'sambanova',
])

const KEYLESS = new Set<ProviderKind>([
  'ollama',
  'vllm',
  'llama-cpp',
  'openai-compatible',
  'bedrock',
  'vertex',
])

/** Names without a prefix are guessed as LiteLLM guesses them. */
const GUESSES: readonly (readonly [pattern: RegExp, prefix: string])[] = [
  [/^(gpt-|o[1-9]|chatgpt|text-embedding-|dall-e|whisper|tts-|codex)/, 'openai'],
  [/^claude/, 'anthropic'],
  [/^gemini/, 'vertex_ai'],
  [/^(command|embed-|rerank-)/, 'cohere'],
  [/^(mistral|ministral|codestral|magistral|pixtral)/, 'mistral'],
  [/^(anthropic|amazon|meta|cohere|mistral|ai21)\./, 'bedrock'],
]

/** `null` for a provider that there is none of here. */
export function providerOf(id: string, asked: OldFields): FoundProvider | null {
  const baseUrl = withoutSlash(textIn(asked['api_base']) ?? textIn(asked['base_url']))
  const { prefix, model } = splitId(id, textIn(asked['custom_llm_provider']))
  if (prefix === null) return null
  const kind = Object.hasOwn(kinds, prefix) ? kinds[prefix] : undefined
  if (kind === 'openai' && baseUrl !== undefined && !baseUrl.includes('//api.openai.com')) {
    return { name: hostName(baseUrl), kind: 'openai-compatible', model, baseUrl, needsKey: false }
  }
  if (kind === 'azure') return { name: kind, kind, model, baseUrl: azureBase(baseUrl, asked), needsKey: true }
  if (kind !== undefined) return { name: kind, kind, model, baseUrl, needsKey: !KEYLESS.has(kind) }
  if (baseUrl === undefined) return null
  const name = COMPATIBLE.has(prefix) ? hostName(baseUrl) : prefix
  return { name, kind: 'openai-compatible', model, baseUrl, needsKey: false }
}

function splitId(id: string, said: string | undefined): { prefix: string | null; model: string } {
  const slash = id.indexOf('/')
  const first = slash === -1 ? '' : id.slice(0, slash)
  if (Object.hasOwn(kinds, first) || COMPATIBLE.has(first))
    return { prefix: first, model: afterRoute(id.slice(slash + 1)) }
  if (said !== undefined) return { prefix: said, model: id }
  const guess = GUESSES.find(([pattern]) => pattern.test(id))
  if (guess !== undefined) return { prefix: guess[1], model: id }
  return slash === -1 ? { prefix: null, model: id } : { prefix: first, model: id.slice(slash + 1) }
}

/** `bedrock/converse/x` and `openai/responses/x` say how it is called; that is decided call by call here. */
function afterRoute(model: string): string {
  return model.replace(/^(converse|invoke|responses|chat)\//, '')
}

function withoutSlash(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, '').replace(/\/chat\/completions$/, '')
}

/** Theirs ends at the host; ours says which of Azure's two ways it is. */
function azureBase(url: string | undefined, asked: OldFields): string | undefined {
  if (url === undefined || URL.parse(url)?.pathname !== '/') return url
  return textIn(asked['api_version']) === undefined ? `${url}/openai/v1` : `${url}/openai`
}

function hostName(url: string): string {
  return URL.parse(url)?.hostname ?? 'compatible'
}
