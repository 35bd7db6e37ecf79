/**
 * Errors of the Responses API: as a body in the shape that all of OpenAI's API shares, and as an event.
 *
 * The event carries the same twice: flat, as the format is described, and nested, as OpenAI's own servers
 * write it. Clients of both readings exist.
 */
import type { CallerError } from '../../contract/wire.ts'
import type { Fields } from '../fields.ts'
import { writeOpenAIError } from '../openai-chat/errors.ts'
import { writeEvent } from '../sse.ts'

export function writeResponsesStreamError(error: CallerError): string {
  return writeEvent(errorEvent(error, 0), 'error')
}

export function errorEvent(error: CallerError, sequence: number): Fields {
  const { code, message, param } = error
  return {
    type: 'error',
    code,
    message,
    param: param ?? null,
    sequence_number: sequence,
    ...writeOpenAIError(error),
  }
}
