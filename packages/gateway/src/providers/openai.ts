/**
 * OpenAI itself. Whatever else speaks its format is `openai-compatible`.
 *
 * Not here: what each model can do. That is settings, and reloads without touching this file.
 */
import type { Provider } from '../contract/provider.ts'
import { isRetryableStatus } from './retryable.ts'

export const openai: Provider = {
  kind: 'openai',
  wire: 'openai-chat',
  defaultBaseUrl: 'https://api.openai.com/v1',
  credentialEnv: 'OPENAI_API_KEY',
  paths: { 'openai-chat': '/chat/completions' },
  headers: bearerHeaders,
  isRetryable: isRetryableStatus,
}

export function bearerHeaders(credential: string | null): readonly string[] {
  const headers = ['content-type', 'application/json']
  if (credential !== null) headers.push('authorization', `Bearer ${credential}`)
  return headers
}
