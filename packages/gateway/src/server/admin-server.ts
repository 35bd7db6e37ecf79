/**
 * The admin server: who may ask, from where, and the three questions that are answered before anything else
 * is loaded (`/healthz`, `/readyz`, `/metrics`).
 *
 * The API itself, with its schemas, is loaded on the first request for it: it holds 9 MB, and many a gateway reads its
 * settings from a file and is asked nothing. Not a moment after the start either: there calls may be waiting just as well.
 *
 * Invariant: nothing but those three is answered to whoever has not proven who he is. They are open because probes have no
 * secrets; `/metrics` only to this machine. There are no CORS headers, so no page of another origin can read
 * an answer, and the Host header must name this machine, so no page can make its own name point here.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Telemetry } from '@changeover/reload'
import type { Identify, Identity } from '../contract/access.ts'
import { isLoopback } from '../contract/loopback.ts'
import { problemOf } from '../control/problem.ts'
import { GatewayError, isGatewayError } from '../errors.ts'

export interface AdminServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Who sends a request; throws a `GatewayError` for whoever is nobody here. */
  readonly identify: Identify
  readonly telemetry: Telemetry
  /** How long requests that have come are waited for when it closes. Default 2 s. */
  readonly lastAnswersMs?: number
  /** In Prometheus' text form. */
  metrics(): string | Promise<string>
  /** `null` when requests can be served, else why not. */
  notReady(): string | null
  /** Loads the API. Called once. */
  loadApi(): Promise<ApiListener>
}

export type ApiListener = (request: IncomingMessage, response: ServerResponse, identity: Identity) => unknown

export interface AdminServer {
  /** `http://127.0.0.1:8701` */
  readonly url: string
  /** Takes no new requests; answers those that have come; ends event streams; resolves when all is closed. */
  close(): Promise<void>
}

export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const admin = createAdmin(options)
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 10_000 })
  const asked = new Set<ServerResponse>()
  server.on('request', (request, response) => {
    asked.add(response)
    response.once('close', () => asked.delete(response))
    admin.answer(request, response)
  })
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    close: () => close(server, asked, options.lastAnswersMs ?? LAST_ANSWERS_MS),
  }
}

/** Whoever has asked for a change is to be told what became of it. */
const LAST_ANSWERS_MS = 2_000

async function close(server: Server, asked: ReadonlySet<ServerResponse>, waitMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const answered = [...asked].filter((it) => !isStream(it)).map((it) => once(it, 'close'))
  const waited = AbortSignal.timeout(waitMs)
  await Promise.race([Promise.allSettled(answered), once(waited, 'abort')])
  server.closeAllConnections()
  await closed
}

/** It has begun and goes on until somebody ends it; every other answer is sent whole. */
function isStream(response: ServerResponse): boolean {
  return response.headersSent && !response.writableEnded
}

function listen(server: Server, { host, port }: AdminServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

interface Admin {
  api(): Promise<ApiListener>
  answer(request: IncomingMessage, response: ServerResponse): void
}

function createAdmin(options: AdminServerOptions): Admin {
  const boundToLoopback = isLoopback(options.host)
  let loading: Promise<ApiListener> | null = null

  const api = (): Promise<ApiListener> => {
    loading ??= options.loadApi().catch((error: unknown) => {
      loading = null
      throw error
    })
    return loading
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const host = request.headers.host ?? ''
    if (boundToLoopback && !isLoopback(host.replace(/:\d+$/, '')))
      return refuse(response, new GatewayError('control.host', { host: host.slice(0, 100) }))
    const path = (request.url ?? '/').split('?', 1)[0]
    if (request.method === 'GET' || request.method === 'HEAD') {
      if (path === '/healthz') return send(response, 200, 'ok\n')
      if (path === '/readyz') return answerReady(options, response)
      if (path === '/metrics' && (isFromHere(request) || (await isSomebody(options, request))))
        return send(response, 200, await options.metrics(), 'text/plain; version=0.0.4; charset=utf-8')
    }
    const identity = await options.identify(request.headers.authorization).catch(nobody)
    if (identity instanceof GatewayError) return refuse(response, identity)
    const listener = await api()
    await listener(request, response, identity)
  }
  return {
    api,
    answer: (request, response) => {
      answer(request, response).catch((error: unknown) => {
        options.telemetry.logger.log({
          level: 'error',
          room: 'server',
          message: 'an admin request failed',
          error,
        })
        if (response.headersSent) response.destroy()
        else refuse(response, error)
      })
    },
  }
}

/** Why somebody is not let in; anything else that went wrong is ours. */
function nobody(error: unknown): GatewayError {
  if (isGatewayError(error)) return error
  throw error
}

async function isSomebody({ identify }: AdminServerOptions, request: IncomingMessage): Promise<boolean> {
  return await identify(request.headers.authorization).then(
    () => true,
    () => false,
  )
}

function answerReady(options: AdminServerOptions, response: ServerResponse): void {
  const reason = options.notReady()
  if (reason === null) send(response, 200, 'ready\n')
  else send(response, 503, `${reason}\n`)
}

function isFromHere(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? ''
  return isLoopback(address.replace(/^::ffff:/, ''))
}

function refuse(response: ServerResponse, error: unknown): void {
  const body = problemOf(error)
  if (body.status === 401) response.setHeader('www-authenticate', 'Bearer realm="changeover admin"')
  // The rest of a body that nobody reads would be taken for the next request.
  response.setHeader('connection', 'close')
  send(response, body.status, JSON.stringify(body), 'application/problem+json')
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}
