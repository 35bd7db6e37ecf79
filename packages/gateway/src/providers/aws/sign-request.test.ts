import { describe, expect, it } from 'vitest'
import { type RequestToSign, signRequest } from './sign-request.ts'

/** Keys, place and time of the examples that Amazon publishes to check signers with. */
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const scope = { region: 'us-east-1', service: 'service' }
const plain: RequestToSign = {
  method: 'GET',
  origin: 'https://example.amazonaws.com',
  path: '/',
  headers: [],
  body: '',
  nowMs: Date.UTC(2015, 7, 30, 12, 36),
}

function signatureOf(request: Partial<RequestToSign>): string | undefined {
  const headers = signRequest({ ...plain, ...request }, keys, scope)
  return /Signature=([0-9a-f]+)$/.exec(headers.at(-1) ?? '')?.[1]
}

describe('a signature of version 4', () => {
  it.each([
    ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      { path: '/?Param2=value2&Param1=value1' },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-x-www-form-urlencoded',
      {
        method: 'POST',
        headers: ['content-type', 'application/x-www-form-urlencoded'],
        body: 'Param1=value1',
      },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('is that of the published example %s', (_, request, signature) => {
    expect(signatureOf(request)).toBe(signature)
  })

  it('names what it covers, and carries the session with it', () => {
    const headers = signRequest(plain, { ...keys, sessionToken: 'token' }, scope)
    expect(headers.slice(0, 4)).toEqual(['x-amz-date', '20150830T123600Z', 'x-amz-security-token', 'token'])
    expect(headers.at(-1)).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/service\/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    )
  })

  it('changes with each byte of the body, with the secret and with the day', () => {
    const signed = [
      signatureOf({ body: 'a' }),
      signatureOf({ body: 'b' }),
      signatureOf({ body: 'a', nowMs: plain.nowMs + 86_400_000 }),
      signRequest({ ...plain, body: 'a' }, { ...keys, secretAccessKey: 'x' }, scope)
        .at(-1)
        ?.slice(-64),
    ]
    expect(new Set(signed).size).toBe(4)
  })
})
