/**
 * Google's error shape. Its clients read `code` (the status), `status` (its name in gRPC) and `message`; our
 * stable code stands in `details`, where Google puts reasons.
 */
import type { CallerError } from '../../contract/wire.ts'
import { isFields } from '../fields.ts'

const NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'INVALID_ARGUMENT',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  415: 'INVALID_ARGUMENT',
  422: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

export function writeGeminiError(error: CallerError): Record<string, unknown> {
  const { status, code, message, param } = error
  const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'changeover' }
  return {
    error: {
      code: status,
      message,
      status: NAMES[status] ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL'),
      details: [param === undefined ? reason : { ...reason, metadata: { field: param } }],
    },
  }
}

/** In the array framing an error stands in an array of one. */
export function readGeminiError(body: unknown): string | null {
  const error = errorOf(body)
  return typeof error?.['message'] === 'string' ? error['message'] : null
}

export function errorOf(body: unknown): Readonly<Record<string, unknown>> | null {
  const it: unknown = Array.isArray(body) ? body[0] : body
  return isFields(it) && isFields(it['error']) ? it['error'] : null
}

const STATUS_OF: Readonly<Record<string, number>> = {
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
  INVALID_ARGUMENT: 400,
}

/** What an error inside a stream would have been before it. */
export function statusOfError(error: Readonly<Record<string, unknown>>): number {
  const code = Number(error['code'])
  if (Number.isInteger(code) && code >= 400 && code < 600) return code
  return STATUS_OF[String(error['status'])] ?? 502
}
