/**
 * One GET, bounded in time and size, on a connection of its own.
 *
 * Redirects are followed on the same host only, and never from `https` to `http`: headers may carry credentials,
 * and whoever can redirect must not choose who receives them or whose settings run here.
 *
 * Why not `fetch`: it keeps connections open after the watch has ended, and a poll every half minute gains
 * nothing from them.
 */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Clock } from '../contract/clock.ts'
import { refuseLarge } from './source.ts'

export interface GetOptions {
  readonly place: string
  readonly headers: Readonly<Record<string, string>>
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface GetAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Empty unless the status is 200. */
  readonly bytes: Buffer
}

const MAX_REDIRECTS = 5

export async function httpGet(url: URL, options: GetOptions): Promise<GetAnswer> {
  const ending = new AbortController()
  const end = () => ending.abort(options.signal.reason)
  if (options.signal.aborted) end()
  options.signal.addEventListener('abort', end)
  const timer = options.clock.after(options.timeoutMs, () =>
    ending.abort(new Error(`no whole answer within ${options.timeoutMs} ms`)),
  )
  try {
    return await follow(url, options, ending.signal)
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error
  } finally {
    timer.cancel()
    options.signal.removeEventListener('abort', end)
  }
}

async function follow(url: URL, options: GetOptions, signal: AbortSignal): Promise<GetAnswer> {
  let at = url
  for (let i = 0; i <= MAX_REDIRECTS; i += 1) {
    const response = await ask(at, options.headers, signal)
    const status = response.statusCode ?? 0
    const isRedirect = [301, 302, 303, 307, 308].includes(status)
    if (!isRedirect) {
      const bytes = status === 200 ? await readBody(response, options) : Buffer.alloc(0)
      response.destroy()
      return { status, headers: response.headers, bytes }
    }
    response.destroy()
    at = nextUrl(at, response.headers.location ?? '')
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`)
}

function ask(url: URL, headers: GetOptions['headers'], signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestSecure : requestPlain
  return new Promise((resolve, reject) => {
    request(url, { agent: false, headers, signal }).on('response', resolve).on('error', reject).end()
  })
}

async function readBody(response: IncomingMessage, { place, maxBytes }: GetOptions): Promise<Buffer> {
  const parts: Buffer[] = []
  let sizeBytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    sizeBytes += part.length
    refuseLarge(place, sizeBytes, maxBytes)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function nextUrl(from: URL, location: string): URL {
  const to = URL.parse(location, from.href)
  const isSafe = to?.host === from.host && (to.protocol === from.protocol || to.protocol === 'https:')
  if (to === null || !isSafe) throw new Error(`a redirect led away from "${from.host}"`)
  return to
}
