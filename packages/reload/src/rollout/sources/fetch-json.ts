/**
 * Asks a metrics source for JSON, and gives up: after a deadline, beyond a size, on any other status than 200.
 *
 * Whatever goes wrong is `null`, because to the analysis a broken source and a silent one are the same: it concludes
 * nothing. Redirects are not followed; a source that moves is a change that somebody should see.
 */

export interface SourceOptions {
  /** Default: the global one. */
  readonly fetch?: typeof fetch
  readonly headers?: Readonly<Record<string, string>>
  /** From asking to the last byte, where no `signal` is given. Default 5,000. */
  readonly deadlineMs?: number
  /** Gives up for whoever has a deadline of its own. */
  readonly signal?: AbortSignal
  /** Default 64 KiB. */
  readonly limitBytes?: number
}

const DEADLINE_MS = 5_000
const LIMIT_BYTES = 64 * 1024

export async function fetchJson(
  url: string,
  init: { readonly method: 'GET' | 'POST'; readonly body?: string },
  options: SourceOptions,
): Promise<unknown> {
  const { fetch: ask = fetch, headers = {}, limitBytes = LIMIT_BYTES } = options
  const type: Record<string, string> = init.body === undefined ? {} : { 'content-type': 'application/json' }
  try {
    const reply = await ask(url, {
      ...init,
      // Asked a few times a minute at most: a connection that is kept would only be one more thing to end.
      headers: { accept: 'application/json', connection: 'close', ...type, ...headers },
      redirect: 'manual',
      signal: options.signal ?? AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS),
    })
    if (reply.status !== 200 || reply.body === null) {
      await reply.body?.cancel()
      return null
    }
    const text = await readText(reply.body, limitBytes)
    return text === null ? null : (JSON.parse(text) as unknown)
  } catch {
    return null
  }
}

async function readText(body: ReadableStream<Uint8Array>, limitBytes: number): Promise<string | null> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    // Leaving the loop cancels the stream, and with it the connection.
    if (bytes > limitBytes) return null
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
