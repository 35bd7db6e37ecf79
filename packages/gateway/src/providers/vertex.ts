/**
 * Google's Vertex AI: Gemini's format under a project and a region, with a token in place of a key.
 *
 * The credential is the JSON of a service account, or, for those who have another way to get one, an access
 * token. Models of Anthropic are there too, in their own format (`vertex-anthropic.ts`).
 */
import type { Provider } from '../contract/provider.ts'
import { methodOf, nameOf } from './gemini.ts'
import { isRetryableStatus } from './retryable.ts'
import { serviceAccount } from './service-account.ts'

export interface VertexPlace {
  readonly project: string
  /** `europe-west4`, `us`, `global` */
  readonly region: string
}

export function vertexAt(place: VertexPlace): Provider {
  return {
    kind: 'vertex',
    wire: 'gemini',
    defaultBaseUrl: vertexUrl(place),
    credentialEnv: null,
    paths: {
      gemini: (model, stream) => `/publishers/google/models/${nameOf(model)}:${methodOf(stream)}`,
      'gemini-count-tokens': (model) => `/publishers/google/models/${nameOf(model)}:countTokens`,
      'vertex-predict-embeddings': (model) => `/publishers/google/models/${nameOf(model)}:predict`,
    },
    headers: tokenHeaders,
    token: serviceAccount,
    isRetryable: isRetryableStatus,
  }
}

/** Where it is depends on the project and the region, which only settings say. */
export const vertex: Provider = { ...vertexAt({ project: '', region: 'global' }), defaultBaseUrl: null }

/** Some regions are many, and have an address of their own form. */
export function vertexUrl({ project, region }: VertexPlace): string {
  const host =
    region === 'global'
      ? 'aiplatform.googleapis.com'
      : region === 'eu' || region === 'us'
        ? `aiplatform.${region}.rep.googleapis.com`
        : `${region}-aiplatform.googleapis.com`
  return `https://${host}/v1/projects/${project}/locations/${region}`
}

/** A credential that is exchanged is not sent; any other is a token already. */
export function tokenHeaders(credential: string | null): readonly string[] {
  const headers = ['content-type', 'application/json']
  if (credential !== null && !serviceAccount.exchanges(credential)) {
    headers.push('authorization', `Bearer ${credential}`)
  }
  return headers
}
