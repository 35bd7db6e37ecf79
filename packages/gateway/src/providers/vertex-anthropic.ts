/**
 * Models of Anthropic on Google's Vertex AI: Anthropic's format, with the model in the path and the version in the body,
 * and a token of Google in place of a key.
 */
import type { Provider } from '../contract/provider.ts'
import { pathSegment } from './path-segment.ts'
import { isRetryableStatus } from './retryable.ts'
import { serviceAccount } from './service-account.ts'
import { tokenHeaders, type VertexPlace, vertexUrl } from './vertex.ts'

const VERSION = 'vertex-2023-10-16'

export function vertexAnthropicAt(place: VertexPlace): Provider {
  return {
    kind: 'vertex-anthropic',
    wire: 'anthropic-messages',
    defaultBaseUrl: vertexUrl(place),
    credentialEnv: null,
    paths: {
      'anthropic-messages': (model, stream) =>
        `/publishers/anthropic/models/${pathSegment(model)}:${stream ? 'streamRawPredict' : 'rawPredict'}`,
    },
    headers: tokenHeaders,
    token: serviceAccount,
    reshape(body) {
      const { model: _, ...others } = body
      return { anthropic_version: VERSION, ...others }
    },
    isRetryable: isRetryableStatus,
  }
}

/** Where it is depends on the project and the region, which only settings say. */
export const vertexAnthropic: Provider = {
  ...vertexAnthropicAt({ project: '', region: 'global' }),
  defaultBaseUrl: null,
}
