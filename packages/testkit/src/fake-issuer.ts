/**
 * A fake identity provider: a real HTTP server on the loopback address that publishes a discovery document and keys,
 * and signs whatever it is asked to, right or wrong. No real provider was used to make it; it says what OpenID
 * Connect Discovery 1.0 and RFC 7517 say.
 *
 * Not here: logging anybody in.
 */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

interface IssuerKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface TokenWish {
  /** Claims over those that a good token has: `iss`, `sub` `ann`, `aud` `changeover`, `iat`, `exp` in an hour. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header fields over `alg` and `kid`. */
  readonly header?: Readonly<Record<string, unknown>>
  /** `none`: no signature; `shared`: HMAC with the public key, as if that were a shared one. */
  readonly forged?: 'none' | 'shared'
  /** Wall milliseconds at which it is issued. */
  readonly nowMs?: number
}

export class FakeIssuer {
  /** Paths asked for, in order. */
  readonly asked: string[] = []
  /** Status of every answer from now on; 200 answers properly. */
  status = 200
  /** What the discovery document says over the truth. */
  discovery: Readonly<Record<string, unknown>> = {}
  readonly #server: Server
  #keys: readonly IssuerKey[]

  private constructor(server: Server) {
    this.#server = server
    this.#keys = [makeKey('key-1')]
  }

  static async start(): Promise<FakeIssuer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const issuer = new FakeIssuer(server)
    server.on('request', (request, response) => {
      const path = request.url ?? ''
      issuer.asked.push(path)
      const body = issuer.#bodyOf(path)
      const status = issuer.status !== 200 ? issuer.status : body === null ? 404 : 200
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}))
    })
    return issuer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** How often its keys were asked for. */
  get keyRequests(): number {
    return this.asked.filter((it) => it === '/keys').length
  }

  /** Signs with a new key from now on, and publishes only that. */
  rotate(kid: string): void {
    this.#keys = [makeKey(kid)]
  }

  token({ claims = {}, header = {}, forged, nowMs = Date.now() }: TokenWish = {}): string {
    const [key] = this.#keys
    if (key === undefined) throw new Error('an issuer has a key')
    const issuedAt = Math.floor(nowMs / 1000)
    const alg = forged === 'none' ? 'none' : forged === 'shared' ? 'HS256' : 'ES256'
    const standard = { iss: this.url, sub: 'ann', aud: 'changeover', iat: issuedAt, exp: issuedAt + 3_600 }
    const said = `${encode({ alg, kid: key.kid, ...header })}.${encode({ ...standard, ...claims })}`
    return `${said}.${signatureOf(said, key, forged)}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #bodyOf(path: string): unknown {
    if (path === '/.well-known/openid-configuration')
      return { issuer: this.url, jwks_uri: `${this.url}/keys`, ...this.discovery }
    if (path !== '/keys') return null
    const keys = this.#keys.map(({ kid, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg: 'ES256',
      use: 'sig',
    }))
    return { keys }
  }
}

function makeKey(kid: string): IssuerKey {
  return { kid, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function signatureOf(said: string, key: IssuerKey, forged: TokenWish['forged']): string {
  if (forged === 'none') return ''
  if (forged === 'shared') {
    const pem = key.publicKey.export({ format: 'pem', type: 'spki' })
    return createHmac('sha256', pem).update(said).digest('base64url')
  }
  return sign('sha256', Buffer.from(said), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  )
}
