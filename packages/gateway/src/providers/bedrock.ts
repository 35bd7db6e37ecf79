/**
 * Amazon Bedrock's runtime, by Converse: one form for the models of many makers.
 *
 * The credential is an API key of Bedrock, sent as a token, or the keys of an account, with which each request is
 * signed over the body as it goes out. Keys come as one text, `id:secret` or `id:secret:session`, because
 * a rotation must change all of them at once.
 */
import type { Provider, UnsignedRequest } from '../contract/provider.ts'
import { type AwsKeys, signRequest } from './aws/sign-request.ts'
import { pathSegment } from './path-segment.ts'
import { isRetryableStatus } from './retryable.ts'

export interface BedrockPlace {
  /** `eu-central-1` */
  readonly region: string
  /** The credential is the keys of an account. */
  readonly signed: boolean
}

const SERVICE = 'bedrock'
/** The model has to be warmed up first, and asks for another attempt. */
const MODEL_NOT_READY = 424

export function bedrockAt({ region, signed }: BedrockPlace): Provider {
  const provider: Provider = {
    kind: 'bedrock',
    wire: 'bedrock-converse',
    defaultBaseUrl: `https://bedrock-runtime.${region}.amazonaws.com`,
    credentialEnv: 'AWS_BEARER_TOKEN_BEDROCK',
    paths: {
      'bedrock-converse': (model, stream) =>
        `/model/${pathSegment(model)}/${stream ? 'converse-stream' : 'converse'}`,
      'bedrock-invoke-embeddings': (model) => `/model/${pathSegment(model)}/invoke`,
    },
    headers(credential) {
      const headers = ['content-type', 'application/json']
      if (credential !== null && !signed) headers.push('authorization', `Bearer ${credential}`)
      return headers
    },
    isRetryable: (status) => status === MODEL_NOT_READY || isRetryableStatus(status),
  }
  if (!signed) return provider
  const sign = (request: UnsignedRequest, credential: string | null) => {
    const keys = credential === null ? null : parseKeys(credential)
    return keys === null ? request.headers : signRequest(request, keys, { region, service: SERVICE })
  }
  return { ...provider, credentialEnv: null, sign }
}

/** Where it is depends on the region, which only settings say. */
export const bedrock: Provider = {
  ...bedrockAt({ region: 'us-east-1', signed: false }),
  defaultBaseUrl: null,
}

function parseKeys(credential: string): AwsKeys | null {
  const [accessKeyId = '', secretAccessKey = '', ...session] = credential.split(':')
  if (accessKeyId === '' || secretAccessKey === '') return null
  const sessionToken = session.join(':')
  return { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) }
}
