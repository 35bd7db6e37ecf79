/** Which call answers which path of the data plane, and what is said where none does. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CallHead } from '../contract/downstream.ts'
import { type DetailsOf, type ErrorCode, rules, sayError } from '../errors.ts'
import type { Call } from '../pipeline/call.ts'
import { ChatCall } from '../pipeline/chat-call.ts'
import { ModelsCall } from '../pipeline/models-call.ts'
import type { PipelineTools } from '../pipeline/tools.ts'
import { openaiChat } from '../wire/openai-chat.ts'

const CHAT = '/v1/chat/completions'
const MODELS = '/v1/models'
const ANSWERED = `POST ${CHAT}, GET ${MODELS} or GET ${MODELS}/{id}`

/** `null` when the request has been answered already. */
export function openCall(
  tools: PipelineTools,
  request: IncomingMessage,
  response: ServerResponse,
): Call | null {
  const path = pathOf(request.url ?? '/')
  if (path === CHAT) {
    if (request.method === 'POST') return new ChatCall(tools, response, headOf(request))
    return refuseMethod(request, response, 'POST')
  }
  if (path === MODELS || path.startsWith(`${MODELS}/`)) {
    if (request.method !== 'GET') return refuseMethod(request, response, 'GET')
    return new ModelsCall(tools, response, { ...headOf(request), model: modelOf(path) })
  }
  return refuse(response, 'request.no_such_path', { path: path.slice(0, 256), expected: ANSWERED })
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** Model ids may hold slashes, as they are or encoded. */
function modelOf(path: string): string | null {
  const id = path.slice(MODELS.length + 1)
  if (id === '') return null
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

function headOf(request: IncomingMessage): CallHead {
  const { headers } = request
  const { traceparent, tracestate } = headers
  return {
    key: keyOf(headers.authorization, headers['x-api-key']),
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  }
}

/** The scheme is compared as RFC 9110 asks, without regard to case. */
function keyOf(authorization: string | undefined, apiKey: string | readonly string[] | undefined) {
  if (authorization === undefined) return typeof apiKey === 'string' ? apiKey : undefined
  if (authorization.startsWith('Bearer ')) return authorization.slice(7)
  return /^bearer +/i.test(authorization) ? authorization.replace(/^bearer +/i, '') : undefined
}

function refuseMethod(request: IncomingMessage, response: ServerResponse, expected: string): null {
  return refuse(response, 'request.method', { method: request.method ?? '', expected }, ['allow', expected])
}

function refuse<Code extends ErrorCode>(
  response: ServerResponse,
  code: Code,
  details: DetailsOf<Code>,
  headers: readonly string[] = [],
): null {
  const { status } = rules[code]
  const body = JSON.stringify(openaiChat.writeError({ status, code, message: sayError(code, details) }))
  const length = String(Buffer.byteLength(body))
  response.writeHead(status, ['content-type', 'application/json', 'content-length', length, ...headers])
  response.end(body)
  return null
}
