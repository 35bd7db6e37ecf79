/**
 * Providers that speak OpenAI's formats, one entry each: where they are, where their key is found, what they
 * answer, and where they differ. What is not said is as with OpenAI.
 *
 * A difference stands here because a documentation or a recording says so; those of a server of your own
 * stand in settings, in the same words (`providers.*.quirks`).
 *
 * Not here: what each model can do and costs (the catalogue).
 */
import type { ProviderPath } from '../contract/provider.ts'
import { type CompatibleProvider, compatible } from './compatible.ts'
import { pathSegment } from './path-segment.ts'

const CHAT = { 'openai-chat': '/chat/completions' } as const
const RESPONSES = { 'openai-responses': '/responses' } as const
const COMPLETIONS = { 'openai-completions': '/completions' } as const
const EMBEDDINGS = { 'openai-embeddings': '/embeddings' } as const

/** The older name, and no role of its own for developers: most servers that are not OpenAI's. */
const OLDER = {
  rename: { max_completion_tokens: 'max_tokens' },
  roles: { developer: 'system' },
} as const

/** What clients keep in a conversation from earlier answers, and strict servers refuse. */
const LEFT_FROM_ANSWERS = [
  'refusal',
  'annotations',
  'audio',
  'function_call',
  'reasoning_content',
  'reasoning',
]

const entries: readonly CompatibleProvider[] = [
  {
    kind: 'cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    env: 'CEREBRAS_API_KEY',
    paths: { ...CHAT, ...COMPLETIONS },
  },
  {
    kind: 'cohere',
    baseUrl: 'https://api.cohere.ai/compatibility/v1',
    env: 'COHERE_API_KEY',
    paths: { ...CHAT, ...EMBEDDINGS },
    quirks: {
      ...OLDER,
      drops: [
        'audio',
        'logit_bias',
        'metadata',
        'modalities',
        'n',
        'parallel_tool_calls',
        'prediction',
        'service_tier',
        'store',
        'top_logprobs',
      ],
    },
    errorTexts: ['/message'],
  },
  {
    kind: 'deepseek',
    baseUrl: 'https://api.deepseek.com',
    env: 'DEEPSEEK_API_KEY',
    paths: CHAT,
    quirks: { ...OLDER, jsonSchema: false, drops: ['logit_bias', 'n', 'parallel_tool_calls', 'seed'] },
  },
  {
    kind: 'fireworks',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    env: 'FIREWORKS_API_KEY',
    paths: { ...CHAT, ...RESPONSES, ...COMPLETIONS, ...EMBEDDINGS },
    quirks: OLDER,
  },
  {
    kind: 'groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    env: 'GROQ_API_KEY',
    paths: { ...CHAT, ...RESPONSES },
    quirks: {
      roles: { developer: 'system' },
      drops: ['logit_bias', 'logprobs', 'n', 'top_logprobs'],
      messageDrops: ['name', ...LEFT_FROM_ANSWERS],
    },
  },
  {
    kind: 'llama-cpp',
    baseUrl: 'http://127.0.0.1:8080/v1',
    env: null,
    paths: { ...CHAT, ...COMPLETIONS, ...EMBEDDINGS },
    quirks: OLDER,
  },
  {
    kind: 'mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    env: 'MISTRAL_API_KEY',
    paths: { ...CHAT, ...EMBEDDINGS },
    quirks: {
      rename: { max_completion_tokens: 'max_tokens', seed: 'random_seed' },
      roles: { developer: 'system' },
      toolChoices: { required: 'any' },
      callIdLength: 9,
      takes: [
        'frequency_penalty',
        'guardrails',
        'max_tokens',
        'messages',
        'metadata',
        'model',
        'n',
        'parallel_tool_calls',
        'prediction',
        'presence_penalty',
        'prompt_mode',
        'random_seed',
        'reasoning_effort',
        'response_format',
        'safe_prompt',
        'stop',
        'stream',
        'temperature',
        'tool_choice',
        'tools',
        'top_p',
      ],
      needless: ['stream_options'],
      messageDrops: ['name', ...LEFT_FROM_ANSWERS],
      // Calls without an index or a type, roles that are missing, thoughts among the parts of the content.
      mends: true,
    },
    errorTexts: ['/message', '/message/detail/0/msg', '/detail/0/msg', '/detail'],
  },
  {
    kind: 'ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    env: null,
    paths: { ...CHAT, ...COMPLETIONS, ...EMBEDDINGS },
    quirks: { ...OLDER, drops: ['logit_bias', 'n', 'user'] },
  },
  {
    kind: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    env: 'OPENAI_API_KEY',
    paths: { ...CHAT, ...RESPONSES, 'openai-completions': completionsPath, ...EMBEDDINGS },
    callerHeaders: ['openai-beta'],
    replyHeaders: ['openai-processing-ms'],
  },
  {
    kind: 'openai-compatible',
    baseUrl: null,
    env: null,
    paths: { ...CHAT, ...EMBEDDINGS },
  },
  {
    kind: 'openrouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    env: 'OPENROUTER_API_KEY',
    paths: { ...CHAT, ...RESPONSES, ...COMPLETIONS, ...EMBEDDINGS, 'anthropic-messages': '/messages' },
  },
  {
    // Its chat completions ended on 2026-09-27; what took their place speaks Responses.
    kind: 'perplexity',
    baseUrl: 'https://api.perplexity.ai/v1',
    env: 'PERPLEXITY_API_KEY',
    wire: 'openai-responses',
    paths: RESPONSES,
  },
  {
    kind: 'together',
    baseUrl: 'https://api.together.xyz/v1',
    env: 'TOGETHER_API_KEY',
    paths: { ...CHAT, ...COMPLETIONS, ...EMBEDDINGS },
    quirks: OLDER,
  },
  {
    kind: 'vllm',
    baseUrl: 'http://127.0.0.1:8000/v1',
    env: null,
    paths: { ...CHAT, ...COMPLETIONS, ...EMBEDDINGS },
    errorTexts: ['/detail'],
  },
  {
    kind: 'xai',
    baseUrl: 'https://api.x.ai/v1',
    env: 'XAI_API_KEY',
    paths: { ...CHAT, ...RESPONSES, ...EMBEDDINGS },
  },
]

export const compatibleProviders = entries.map(compatible)

/**
 * Azure, in both of its ways: under `/openai/v1` the model is in the body, as with OpenAI; with a dated
 * version of the API the deployment is in the path.
 */
export const azure: CompatibleProvider = {
  kind: 'azure',
  baseUrl: null,
  env: 'AZURE_OPENAI_API_KEY',
  paths: { ...CHAT, ...RESPONSES, 'openai-completions': completionsPath, ...EMBEDDINGS },
  keyHeader: { name: 'api-key' },
}

/** What `apiVersion` makes of it. */
export function datedAzure(version: string): CompatibleProvider {
  const query = `?api-version=${encodeURIComponent(version)}`
  const below =
    (path: string): ProviderPath =>
    (model) =>
      `/deployments/${pathSegment(model)}${path}${query}`
  return {
    ...azure,
    paths: {
      'openai-chat': below('/chat/completions'),
      'openai-responses': `/responses${query}`,
      'openai-embeddings': below('/embeddings'),
    },
  }
}

/** Of OpenAI's models only those of before the chat complete a text; for the others it is translated. */
function completionsPath(model: string): string | null {
  return /instruct|^(?:babbage|davinci)-002/.test(model) ? '/completions' : null
}
