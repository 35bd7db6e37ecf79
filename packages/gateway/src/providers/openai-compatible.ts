/**
 * Any server that speaks OpenAI's chat format under its own address: vLLM, Ollama, llama.cpp, most
 * hosted models. The address has no default, and a credential is optional.
 */
import type { Provider } from '../contract/provider.ts'
import { bearerHeaders } from './openai.ts'
import { isRetryableStatus } from './retryable.ts'

export const openaiCompatible: Provider = {
  kind: 'openai-compatible',
  wire: 'openai-chat',
  defaultBaseUrl: null,
  credentialEnv: null,
  paths: { 'openai-chat': '/chat/completions' },
  headers: bearerHeaders,
  isRetryable: isRetryableStatus,
}
