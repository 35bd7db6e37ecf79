/**
 * How the JSON of a Google service account becomes an access token: an assertion, signed with its key, is sent to
 * the address that it names, and the answer says how long the token lives (RFC 7523).
 *
 * Pure: sending, keeping and renewing are `transport/token-source.ts`.
 */
import { createSign } from 'node:crypto'
import type { AccessToken, TokenExchange, TokenRequest } from '../contract/provider.ts'
import { type Fields, isFields } from '../wire/fields.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const LIFETIME_S = 3600
/** Clocks differ: an assertion from the future is refused. */
const SLACK_S = 10

export const serviceAccount: TokenExchange = {
  exchanges: (credential) => credential.trimStart().startsWith('{'),
  ask,
  read,
}

function ask(credential: string, nowMs: number): TokenRequest {
  const account = parse(credential)
  const { client_email: email, private_key: key, private_key_id: kid, token_uri: uri } = account
  if (typeof email !== 'string' || typeof key !== 'string') {
    throw new TypeError('the credential is not the JSON of a service account')
  }
  const url = new URL(typeof uri === 'string' ? uri : 'https://oauth2.googleapis.com/token')
  const issuedAt = Math.floor(nowMs / 1000) - SLACK_S
  const claims = { iss: email, scope: SCOPE, aud: url.href, iat: issuedAt, exp: issuedAt + LIFETIME_S }
  const head = { alg: 'RS256', typ: 'JWT', ...(typeof kid === 'string' ? { kid } : {}) }
  const unsigned = `${encode(head)}.${encode(claims)}`
  const signature = createSign('RSA-SHA256').update(unsigned).sign(key, 'base64url')
  const form = new URLSearchParams({ grant_type: GRANT, assertion: `${unsigned}.${signature}` })
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    headers: ['content-type', 'application/x-www-form-urlencoded'],
    body: form.toString(),
  }
}

function read(body: unknown): AccessToken | null {
  if (!isFields(body)) return null
  const { access_token: token, expires_in: seconds } = body
  if (typeof token !== 'string' || token === '') return null
  return { token, lifetimeMs: (typeof seconds === 'number' ? seconds : LIFETIME_S) * 1000 }
}

/** What cannot be read is not quoted: it is a secret. */
function parse(credential: string): Fields {
  try {
    const value: unknown = JSON.parse(credential)
    if (isFields(value)) return value
  } catch {
    // Said below, without the text.
  }
  throw new TypeError('the credential is not the JSON of a service account')
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
