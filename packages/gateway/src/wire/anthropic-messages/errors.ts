/** Anthropic's error shape: `{ type: "error", error: { type, message } }`, in replies and in streams. */
import type { CallerError } from '../../contract/wire.ts'
import { isFields } from '../fields.ts'

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** What a provider would have answered before its stream began, by the type of the error in the stream. */
const STATUSES: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
}

export function writeAnthropicError(error: CallerError): Record<string, unknown> {
  const type = TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error')
  return { type: 'error', error: { type, message: error.message, code: error.code } }
}

export function readAnthropicError(body: unknown): string | null {
  const error = isFields(body) ? body['error'] : null
  return isFields(error) && typeof error['message'] === 'string' ? error['message'] : null
}

export function statusOfAnthropicError(body: unknown): number {
  const error = isFields(body) ? body['error'] : null
  const type = isFields(error) ? error['type'] : null
  return (typeof type === 'string' && Object.hasOwn(STATUSES, type) ? STATUSES[type] : undefined) ?? 500
}
