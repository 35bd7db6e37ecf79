/**
 * Google's Gemini API. Model and method stand in the path; the stream is asked for as events, since the array that
 * it is otherwise says nothing sooner.
 */
import type { Provider } from '../contract/provider.ts'
import { pathSegment } from './path-segment.ts'
import { isRetryableStatus } from './retryable.ts'

export const gemini: Provider = {
  kind: 'gemini',
  wire: 'gemini',
  defaultBaseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  credentialEnv: 'GEMINI_API_KEY',
  paths: {
    gemini: (model, stream) => `/models/${nameOf(model)}:${methodOf(stream)}`,
    'gemini-count-tokens': (model) => `/models/${nameOf(model)}:countTokens`,
    'gemini-embeddings': (model) => `/models/${nameOf(model)}:embedContent`,
    'gemini-batch-embeddings': (model) => `/models/${nameOf(model)}:batchEmbedContents`,
  },
  headers(credential) {
    const headers = ['content-type', 'application/json']
    if (credential !== null) headers.push('x-goog-api-key', credential)
    return headers
  },
  isRetryable: isRetryableStatus,
}

export function methodOf(stream: boolean): string {
  return stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
}

/** Google's own lists write `models/` before each name. */
export function nameOf(model: string): string {
  return pathSegment(model.replace(/^models\//, ''))
}
