/** Which call answers which request of the data plane, and what is said where none does. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { nearest } from '@changeover/reload'
import type { CallHead } from '../contract/downstream.ts'
import type { Wire, WireName } from '../contract/wire.ts'
import { type DetailsOf, type ErrorCode, rules, sayError } from '../errors.ts'
import { ApiCall } from '../pipeline/api-call.ts'
import { ApiListCall } from '../pipeline/api-list-call.ts'
import type { Call } from '../pipeline/call.ts'
import { CountCall } from '../pipeline/count-call.ts'
import { EmbeddingsCall } from '../pipeline/embeddings-call.ts'
import { FeedbackCall } from '../pipeline/feedback-call.ts'
import { GenerateCall } from '../pipeline/generate-call.ts'
import { MediaCall } from '../pipeline/media-call.ts'
import { ModelsCall } from '../pipeline/models-call.ts'
import { RawCall } from '../pipeline/raw-call.ts'
import { SubscribeCall } from '../pipeline/subscribe-call.ts'
import type { PipelineTools } from '../pipeline/tools.ts'
import { geminiArray } from '../wire/gemini.ts'
import { wireOf } from '../wire/list.ts'
import { publishedApi } from '../wire/published-api.ts'
import { apiEndpoints, findApiPath, isApiPath } from './api-paths.ts'
import { type Endpoint, endpoints, type FoundEndpoint, findEndpoint } from './endpoints.ts'
import { readRawPath } from './raw-path.ts'

const ANSWERED = [...endpoints, ...Object.values(apiEndpoints)]
/** Told to who is far from any path: all of them would be a page. */
const COMMON = 'such as POST /v1/chat/completions, POST /v1/messages or GET /v1/models'

/** `null` when the request has been answered already. */
export function openCall(
  tools: PipelineTools,
  request: IncomingMessage,
  response: ServerResponse,
): Call | null {
  const url = request.url ?? '/'
  const query = url.indexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
  if (path.startsWith('/providers/')) return openRawCall(tools, request, response)
  if (isApiPath(path)) return openApiCall(tools, request, response)
  const found = findEndpoint(request.method ?? '', path)
  if (!isFound(found)) return refuseRequest(request, response, { path, methods: found })
  const head = headOf(request, found, query === -1 ? '' : url.slice(query + 1))
  if (found.endpoint.task === 'models')
    return new ModelsCall(tools, response, { ...head, model: found.model })
  if (found.endpoint.task === 'count') return new CountCall(tools, response, head)
  if (found.endpoint.task === 'feedback') return new FeedbackCall(tools, response, head)
  if (found.endpoint.task === 'media') return new MediaCall(tools, response, head)
  const { embeds } = found.endpoint
  if (embeds !== undefined) return new EmbeddingsCall(tools, response, { ...head, embeds })
  return new GenerateCall(tools, response, head)
}

const RAW_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const RAW: Endpoint = { method: 'POST', path: '/providers/{name}', wire: 'openai-chat', task: 'media' }

function openRawCall(tools: PipelineTools, request: IncomingMessage, response: ServerResponse): Call | null {
  const url = request.url ?? '/'
  const at = url.indexOf('?')
  const [path, query] = at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
  const raw = readRawPath(path, query)
  const method = RAW_METHODS.find((it) => it === request.method)
  if (raw === null || method === undefined) {
    const methods = raw === null ? [] : RAW_METHODS
    return refuseRequest(request, response, { path, methods })
  }
  const head = headOf(request, { endpoint: RAW, model: null }, query)
  return new RawCall(tools, response, { ...head, ...raw, method })
}

/** Errors there have the form of the answers there. */
function openApiCall(tools: PipelineTools, request: IncomingMessage, response: ServerResponse): Call | null {
  const url = request.url ?? '/'
  const at = url.indexOf('?')
  const [path, query] = at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
  const found = findApiPath(request.method ?? '', path)
  if (!('task' in found)) return refuseRequest(request, response, { path, methods: found })
  const { task, name, version: asked } = found
  const head = {
    ...headOf(request, { endpoint: apiEndpoints[task], model: null }, query),
    wire: publishedApi,
  }
  if (task === 'call') {
    const stream = new URLSearchParams(query).get('stream') === 'true'
    return new ApiCall(tools, response, { ...head, api: { name, asked }, stream })
  }
  if (task === 'ask' || task === 'asked')
    return new SubscribeCall(tools, response, { ...head, api: name, asks: task === 'ask' })
  const page = { name: task === 'list' ? null : name, asked: task === 'document' ? asked : null }
  return new ApiListCall(tools, response, { ...head, page })
}

function isFound(it: FoundEndpoint | readonly string[]): it is FoundEndpoint {
  return !Array.isArray(it)
}

function headOf(request: IncomingMessage, { endpoint, model }: FoundEndpoint, query: string): CallHead {
  const { headers } = request
  const { traceparent, tracestate } = headers
  return {
    key: keyOf(headers, query),
    wire: wireFor(endpoint, headers, query),
    endpoint: endpoint.path,
    path: model === null ? null : { model, stream: endpoint.task === 'stream' },
    headers,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  }
}

/** Google's stream is one array for those who do not ask for events. */
function wireFor(endpoint: Endpoint, headers: IncomingHttpHeaders, query: string): Wire {
  const wire = wireOf(wireNameOf(endpoint, headers))
  if (endpoint.task !== 'stream' || wire.name !== 'gemini') return wire
  return new URLSearchParams(query).get('alt') === 'sse' ? wire : geminiArray
}

/** Models are listed at one path for the clients of several formats, which differ in their headers. */
function wireNameOf({ task, wire }: Endpoint, headers: IncomingHttpHeaders): WireName {
  return task === 'models' ? (wireOfClient(headers) ?? wire) : wire
}

/** What only the clients of one format send. */
function wireOfClient(headers: IncomingHttpHeaders): WireName | null {
  if (headers['anthropic-version'] !== undefined) return 'anthropic-messages'
  return headers['x-goog-api-key'] === undefined ? null : 'gemini'
}

/** Where each format's clients put it. The scheme is compared as RFC 9110 asks, without regard to case. */
function keyOf(headers: IncomingHttpHeaders, query: string): string | undefined {
  const { authorization } = headers
  if (authorization !== undefined) {
    if (authorization.startsWith('Bearer ')) return authorization.slice(7)
    return /^bearer +/i.test(authorization) ? authorization.replace(/^bearer +/i, '') : undefined
  }
  const key = headers['x-api-key'] ?? headers['x-goog-api-key']
  if (key !== undefined) return typeof key === 'string' ? key : undefined
  return query === '' ? undefined : (new URLSearchParams(query).get('key') ?? undefined)
}

function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { path, methods }: { readonly path: string; readonly methods: readonly string[] },
): null {
  const wire = wireOf(likelyWire(path, request.headers))
  if (methods.length === 0) {
    return refuse(response, 'request.no_such_path', {
      wire,
      details: { path: path.slice(0, 256), expected: sayNear(path) },
    })
  }
  const expected = methods.join(', ')
  return refuse(response, 'request.method', {
    wire,
    details: { method: request.method ?? '', expected },
    headers: ['allow', expected],
  })
}

function sayNear(path: string): string {
  const near = nearest(
    path.slice(0, 64),
    ANSWERED.map((it) => it.path),
  )
  const meant = ANSWERED.find((it) => it.path === near)
  return meant === undefined ? COMMON : `${meant.method} ${meant.path}`
}

/** What somebody who missed the path most likely speaks, so that his client can read the answer. */
function likelyWire(path: string, headers: IncomingHttpHeaders): WireName {
  return wireOfClient(headers) ?? (path.startsWith('/v1beta/') ? 'gemini' : 'openai-chat')
}

interface RefusalOf<Code extends ErrorCode> {
  readonly wire: Wire
  readonly details: DetailsOf<Code>
  readonly headers?: readonly string[]
}

function refuse<Code extends ErrorCode>(response: ServerResponse, code: Code, it: RefusalOf<Code>): null {
  const { status } = rules[code]
  const body = JSON.stringify(it.wire.writeError({ status, code, message: sayError(code, it.details) }))
  const length = String(Buffer.byteLength(body))
  const headers = ['content-type', 'application/json', 'content-length', length, ...(it.headers ?? [])]
  response.writeHead(status, headers)
  response.end(body)
  return null
}
