/**
 * Anthropic's Messages API. The version header is part of the format: it names the shape of requests and
 * events that `wire/anthropic-messages.ts` reads and writes. 529 means overloaded, and passes.
 */
import type { Provider } from '../contract/provider.ts'
import { isRetryableStatus } from './retryable.ts'

export const anthropic: Provider = {
  kind: 'anthropic',
  wire: 'anthropic-messages',
  defaultBaseUrl: 'https://api.anthropic.com/v1',
  credentialEnv: 'ANTHROPIC_API_KEY',
  paths: {
    'anthropic-messages': '/messages',
    'anthropic-count-tokens': '/messages/count_tokens',
  },
  headers(credential) {
    const headers = ['content-type', 'application/json', 'anthropic-version', '2023-06-01']
    if (credential !== null) headers.push('x-api-key', credential)
    return headers
  },
  isRetryable: isRetryableStatus,
}
