/**
 * Asks the admin API: what may be asked, and what comes back, is typed from its OpenAPI document.
 *
 * A refusal is a `RefusedError` with the problem as it was sent; no answer is an `UnreachableError`. Nothing is
 * tried again by itself: whether to do so depends on what was asked.
 */
import { RefusedError, UnreachableError } from './errors.ts'
import { readEvents } from './event-stream.ts'
import { type Operations, type Problem, type ReloadEvent, routes } from './generated/api.ts'

export interface ClientOptions {
  /** `http://127.0.0.1:8701` */
  readonly url: string
  readonly token: string | null
  /** Told to the API as the trigger of changes. */
  readonly client?: 'cli' | 'console'
  /** Who asks, for history and audit. */
  readonly actor?: string
  /** Sent with every request: what it causes is below this span. */
  readonly traceparent?: string
  /** For a request and its answer; streams are not bound by it. Default 60 s. */
  readonly timeoutMs?: number
  readonly fetch?: typeof fetch
}

export interface AskOptions {
  readonly contentType?: string
  /** Version or digest the change was made for. */
  readonly ifMatch?: string
  readonly idempotencyKey?: string
  /** Name of what is sent, such as a file's: errors then name it. */
  readonly source?: string
}

/** What is left out when there is nothing to say. */
type Part<Name extends string, Value> =
  Record<string, never> extends Value
    ? { readonly [K in Name]?: Value }
    : undefined extends Value
      ? { readonly [K in Name]?: Value }
      : { readonly [K in Name]: Value }

export type Ask<Id extends keyof Operations> = Part<'params', Operations[Id]['params']> &
  Part<'query', Operations[Id]['query']> &
  Part<'body', Operations[Id]['body']> &
  AskOptions

export interface FollowedEvent {
  readonly id: string
  readonly event: ReloadEvent
}

export interface Client {
  readonly url: string
  ask<Id extends keyof Operations>(
    operation: Id,
    ...asked: Record<string, never> extends Ask<Id> ? [Ask<Id>?] : [Ask<Id>]
  ): Promise<Operations[Id]['answer']>
  /**
   * Changes of state of all attempts, or of one, until the connection ends or `signal` aborts. `opened` is
   * called when the API listens: what happens after that is not missed.
   */
  follow(options?: FollowOptions): AsyncGenerator<FollowedEvent, void>
}

export interface FollowOptions {
  readonly attempt?: string
  /** `id` of the last event seen. */
  readonly after?: string
  readonly signal?: AbortSignal
  readonly opened?: () => void
}

interface AnyAsk extends AskOptions {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
}

export function createClient(options: ClientOptions): Client {
  const url = options.url.replace(/\/+$/, '')
  const send = options.fetch ?? fetch
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await send(`${url}${path}`, init)
    } catch (cause) {
      if (init.signal?.aborted === true && (init.signal.reason as Error)?.name !== 'TimeoutError') throw cause
      throw new UnreachableError(url, reasonOf(cause), { cause })
    }
  }
  const headers = (more: Record<string, string>): Record<string, string> => ({
    ...(options.token === null ? {} : { authorization: `Bearer ${options.token}` }),
    ...(options.client === undefined ? {} : { 'x-changeover-client': options.client }),
    ...(options.actor === undefined ? {} : { 'x-changeover-actor': options.actor }),
    ...(options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
    ...more,
  })

  const ask = async (operation: keyof Operations, asked: AnyAsk = {}): Promise<unknown> => {
    const { method, path } = routes[operation]
    const body = bodyOf(asked)
    const response = await request(fill(path, asked), {
      method,
      headers: headers({
        ...(body === undefined ? {} : { 'content-type': asked.contentType ?? 'application/json' }),
        ...(asked.ifMatch === undefined ? {} : { 'if-match': `"${asked.ifMatch}"` }),
        ...(asked.source === undefined ? {} : { 'x-changeover-source': asked.source }),
        ...(asked.idempotencyKey === undefined ? {} : { 'idempotency-key': asked.idempotencyKey }),
      }),
      signal: AbortSignal.timeout(options.timeoutMs ?? 60_000),
      ...(body === undefined ? {} : { body }),
    })
    return readAnswer(url, response)
  }

  async function* follow(options: FollowOptions = {}): AsyncGenerator<FollowedEvent, void> {
    const path =
      options.attempt === undefined ? '/v1/reloads/events' : `/v1/reloads/${options.attempt}/events`
    const after = options.after === undefined ? {} : { 'last-event-id': options.after }
    const { signal } = options
    const response = await request(path, {
      headers: headers({ accept: 'text/event-stream', ...after }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (!response.ok || response.body === null) await readAnswer(url, response)
    options.opened?.()
    if (response.body === null) return
    try {
      for await (const it of readEvents(response.body))
        yield { id: it.id, event: JSON.parse(it.data) as ReloadEvent }
    } catch (cause) {
      if (signal?.aborted === true) return
      throw new UnreachableError(url, 'ended the stream of events', { cause })
    }
  }

  return { url, ask: ask as Client['ask'], follow }
}

function fill(path: string, asked: AnyAsk): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(asked.params?.[name] ?? ''),
  )
  const query = Object.entries(asked.query ?? {}).filter(([, value]) => value !== undefined)
  if (query.length === 0) return filled
  return `${filled}?${new URLSearchParams(query.map(([name, value]): [string, string] => [name, String(value)])).toString()}`
}

function bodyOf({ body, contentType }: AnyAsk): string | Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined) return undefined
  if (contentType !== undefined) return body as string | Uint8Array<ArrayBuffer>
  return JSON.stringify(body)
}

async function readAnswer(url: string, response: Response): Promise<unknown> {
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  if (response.ok) return type.startsWith('application/json') ? (JSON.parse(text) as unknown) : text
  if (type.startsWith('application/problem+json')) throw new RefusedError(JSON.parse(text) as Problem)
  throw new UnreachableError(url, `answered ${response.status} in a form that is not the admin API's`)
}

function reasonOf(cause: unknown): string {
  const found = cause as { name?: string; cause?: { code?: string } }
  if (found.name === 'TimeoutError') return 'did not answer in time'
  const code = found.cause?.code
  if (code === 'ECONNREFUSED') return 'refuses connections: nothing listens there'
  return code === undefined ? 'could not be reached' : `could not be reached (${code})`
}
