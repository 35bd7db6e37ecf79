/**
 * Asks an address for its status, over a connection of its own: one that was kept open would go on working when nobody
 * can connect any more. Redirects are answers like others, and of the body nothing is read.
 */
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'

/** `null` when the status is the expected one, else what was found. Rejects when there is no answer. */
export function askAddress(
  { url, expectStatus }: { readonly url: string; readonly expectStatus: number },
  signal: AbortSignal,
): Promise<string | null> {
  const get = url.startsWith('https:') ? getHttps : getHttp
  const headers = { 'user-agent': 'changeover-probe' }
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers, signal }, (response) => {
      const { statusCode = 0 } = response
      resolve(statusCode === expectStatus ? null : `status ${statusCode} instead of ${expectStatus}`)
      response.destroy()
    })
    request.on('error', reject)
  })
}
