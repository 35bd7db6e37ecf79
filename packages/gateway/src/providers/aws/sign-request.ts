/**
 * Amazon's Signature Version 4, over the body as it goes out: signed anew for each attempt.
 *
 * Pure: keys, place and time come as arguments. The day's key is kept while the day, the place and the secret
 * stay, because it is four of the five hashes.
 */
import { createHash, createHmac } from 'node:crypto'

export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsScope {
  readonly region: string
  /** `bedrock` */
  readonly service: string
}

export interface RequestToSign {
  readonly method: string
  /** `https://bedrock-runtime.eu-central-1.amazonaws.com` */
  readonly origin: string
  /** As it is sent, with query. */
  readonly path: string
  /** Name, value … What proxies may change on the way (traces, connections) is sent and not signed. */
  readonly headers: readonly string[]
  readonly body: Buffer | string
  /** Wall milliseconds. */
  readonly nowMs: number
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** The headers of the request with those that prove who sends it. */
export function signRequest(request: RequestToSign, keys: AwsKeys, scope: AwsScope): readonly string[] {
  const time = new Date(request.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const headers = [...request.headers, 'x-amz-date', time]
  if (keys.sessionToken !== undefined) headers.push('x-amz-security-token', keys.sessionToken)
  const { names, text } = canonicalHeaders(headers, new URL(request.origin).host)
  const [path = '/', query = ''] = splitAt(request.path, '?')
  const canonical = [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    text,
    names,
    sha256(request.body),
  ].join('\n')
  const place = `${time.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`
  const toSign = [ALGORITHM, time, place, sha256(canonical)].join('\n')
  const signature = hmac(dayKey(keys.secretAccessKey, place), toSign).toString('hex')
  const credential = `Credential=${keys.accessKeyId}/${place}`
  headers.push('authorization', `${ALGORITHM} ${credential}, SignedHeaders=${names}, Signature=${signature}`)
  return headers
}

function canonicalHeaders(
  headers: readonly string[],
  host: string,
): { readonly names: string; readonly text: string } {
  const values = new Map<string, string[]>([['host', [host]]])
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase()
    if (name !== 'content-type' && !name.startsWith('x-amz-')) continue
    const value = (headers[i + 1] ?? '').trim().replace(/ +/g, ' ')
    values.set(name, [...(values.get(name) ?? []), value])
  }
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    names: sorted.map(([name]) => name).join(';'),
    text: sorted.map(([name, its]) => `${name}:${its.join(',')}\n`).join(''),
  }
}

/** What stands encoded in the path is encoded once more; only S3 does otherwise. */
function canonicalPath(path: string): string {
  return path.split('/').map(encode).join('/') || '/'
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs = Array.from(
    new URLSearchParams(query),
    ([name, value]) => [encode(name), encode(value)] as const,
  )
  return pairs
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function splitAt(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

let kept: { readonly secret: string; readonly place: string; readonly key: Buffer } | null = null

function dayKey(secret: string, place: string): Buffer {
  if (kept?.secret === secret && kept.place === place) return kept.key
  let key: Buffer = Buffer.from(`AWS4${secret}`)
  for (const step of place.split('/')) key = hmac(key, step)
  kept = { secret, place, key }
  return key
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
