/** The providers of Google and Amazon: where they are asked, and by what they are recognised. */
import { createVerify, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Provider } from '../contract/provider.ts'
import { configuredProvider } from './configured.ts'
import { serviceAccount } from './service-account.ts'
import { providerSpec } from './spec.ts'
import { vertexUrl } from './vertex.ts'

function configured(settings: object): Provider {
  return configuredProvider(providerSpec.parse(settings))
}

function pathOf(provider: Provider, stream: boolean, model: string): unknown {
  const path = provider.paths[provider.wire]
  return typeof path === 'function' ? path(model, stream) : path
}

describe('gemini', () => {
  it('has model and method in the path, and asks for a stream of events', () => {
    const gemini = configured({ kind: 'gemini' })
    expect(pathOf(gemini, false, 'gemini-2.5-flash')).toBe('/models/gemini-2.5-flash:generateContent')
    expect(pathOf(gemini, true, 'models/x')).toBe('/models/x:streamGenerateContent?alt=sse')
    expect(gemini.headers('k')).toEqual(['content-type', 'application/json', 'x-goog-api-key', 'k'])
  })

  it.each(['../secrets', 'a?key=b', 'a/b#c'])('cannot be led astray by the model %s', (model) => {
    expect(pathOf(configured({ kind: 'gemini' }), false, model)).toMatch(
      /^\/models\/[^/?#]+:generateContent$/,
    )
  })
})

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const account = {
  type: 'service_account',
  client_email: 'gateway@p.iam.gserviceaccount.com',
  private_key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  private_key_id: 'k1',
  token_uri: 'https://tokens.test/token',
}

function partsOf(assertion: string): readonly Record<string, unknown>[] {
  const parts = assertion.split('.').slice(0, 2)
  return parts.map((it) => JSON.parse(Buffer.from(it, 'base64url').toString()) as Record<string, unknown>)
}

describe('vertex', () => {
  it.each([
    ['europe-west4', 'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4'],
    ['global', 'https://aiplatform.googleapis.com/v1/projects/p/locations/global'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu'],
  ])('is found in %s', (region, url) => {
    expect(vertexUrl({ project: 'p', region })).toBe(url)
    expect(configured({ kind: 'vertex', project: 'p1', region }).defaultBaseUrl).toBe(
      url.replace('/p/', '/p1/'),
    )
  })

  it('is asked below the models of Google, with a token where that is the credential', () => {
    const vertex = configured({ kind: 'vertex', project: 'p', region: 'global' })
    expect(pathOf(vertex, true, 'gemini-2.5-pro')).toBe(
      '/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    )
    expect(vertex.headers('ya29.x')).toContain('Bearer ya29.x')
    expect(vertex.headers(JSON.stringify(account))).toEqual(['content-type', 'application/json'])
  })

  it('asks for a token with an assertion that the key of the account has signed', () => {
    const { origin, path, body } = serviceAccount.ask(JSON.stringify(account), 1_700_000_000_000)
    const form = new URLSearchParams(body)
    const assertion = form.get('assertion') ?? ''
    const [head, claims] = partsOf(assertion)
    const signed = assertion.slice(0, assertion.lastIndexOf('.'))
    const signature = Buffer.from(assertion.slice(signed.length + 1), 'base64url')

    expect([origin, path]).toEqual(['https://tokens.test', '/token'])
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    expect(head).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
    expect(claims).toEqual({
      iss: account.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: account.token_uri,
      iat: 1_699_999_990,
      exp: 1_700_003_590,
    })
    expect(createVerify('RSA-SHA256').update(signed).verify(keys.publicKey, signature)).toBe(true)
  })

  it('reads the token and its life, and nothing else as one', () => {
    expect(serviceAccount.read({ access_token: 't', expires_in: 60 })).toEqual({
      token: 't',
      lifetimeMs: 60_000,
    })
    expect(serviceAccount.read({ id_token: 't' })).toBeNull()
    expect(serviceAccount.read('t')).toBeNull()
  })

  it.each(['{"client_email":"a"}', '{', '"x"'])(
    'does not quote the credential %s that it cannot read',
    (it) => {
      expect(() => serviceAccount.ask(it, 0)).toThrow(/^the credential is not the JSON of a service account$/)
    },
  )
})

describe('vertex-anthropic', () => {
  it('has the model in the path and the version in the body', () => {
    const vertex = configured({ kind: 'vertex-anthropic', project: 'p', region: 'europe-west1' })
    expect(vertex.defaultBaseUrl).toMatch(/^https:\/\/europe-west1-aiplatform/)
    expect(pathOf(vertex, true, 'claude-sonnet-4@20250514')).toBe(
      '/publishers/anthropic/models/claude-sonnet-4%4020250514:streamRawPredict',
    )
    expect(vertex.reshape?.({ model: 'm', max_tokens: 9, stream: true })).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 9,
      stream: true,
    })
  })
})

const request = {
  method: 'POST',
  origin: 'https://bedrock-runtime.eu-central-1.amazonaws.com',
  path: '/model/anthropic.claude-3%3A0/converse',
  headers: ['content-type', 'application/json', 'traceparent', '00-a-b-01'],
  body: Buffer.from('{}'),
  nowMs: 0,
} as const

describe('bedrock', () => {
  const aws = { accessKeyId: `\${env:ID}`, secretAccessKey: `\${env:KEY}` }

  it('has the model in the path, encoded', () => {
    const bedrock = configured({ kind: 'bedrock', region: 'eu-central-1' })
    expect(bedrock.defaultBaseUrl).toBe(request.origin)
    expect(pathOf(bedrock, false, 'anthropic.claude-3:0')).toBe(request.path)
    expect(pathOf(bedrock, true, 'arn:aws:bedrock:eu:1:inference-profile/x')).toBe(
      '/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Ainference-profile%2Fx/converse-stream',
    )
  })

  it('is sent its own key as a token, and signs nothing', () => {
    const bedrock = configured({ kind: 'bedrock', region: 'eu-central-1' })
    expect(bedrock.headers('k')).toContain('Bearer k')
    expect(bedrock.sign).toBeUndefined()
  })

  it('is sent a signature with the keys of an account, and never the keys', () => {
    const bedrock = configured({ kind: 'bedrock', region: 'eu-central-1', aws })
    const signed = bedrock.sign?.(request, 'AKID:secret:session:x') ?? []

    expect(bedrock.headers('AKID:secret')).toEqual(['content-type', 'application/json'])
    expect(signed).toEqual(expect.arrayContaining(['x-amz-security-token', 'session:x']))
    expect(signed.at(-1)).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/19700101\/eu-central-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, /,
    )
    expect(signed.join()).not.toContain('secret,')
  })

  it.each([
    [{ kind: 'bedrock' }, 'region'],
    [{ kind: 'vertex', project: 'p' }, 'region'],
    [{ kind: 'vertex', region: 'global' }, 'project'],
    [{ kind: 'openai', region: 'x' }, 'region'],
    [{ kind: 'gemini', project: 'x' }, 'project'],
    [{ kind: 'gemini', aws }, 'aws'],
    [{ kind: 'bedrock', region: 'x', aws, credential: aws.accessKeyId }, 'aws'],
    [{ kind: 'bedrock', region: 'x.evil.test' }, 'region'],
    [{ kind: 'bedrock', region: 'x', aws: { accessKeyId: 'AKID', secretAccessKey: 's' } }, 'aws'],
  ])('%j is refused because of %s', (settings, name) => {
    const { error } = providerSpec.safeParse(settings)
    expect(error?.issues.map((it) => it.path[0])).toContain(name)
  })

  it('tries again when a model is not warm yet', () => {
    const bedrock = configured({ kind: 'bedrock', region: 'eu-central-1' })
    expect([424, 429, 503, 400].map((it) => bedrock.isRetryable(it))).toEqual([true, true, true, false])
  })
})
