/**
 * OpenAI's Responses API, as callers write it and as OpenAI, Azure, xAI and others speak it.
 *
 * Stateless: the gateway stores no response. What a provider stores (`previous_response_id`, conversations) it
 * can be asked for when it speaks this format itself; translated, such a request is refused.
 */
import type { Wire } from '../contract/wire.ts'
import { readOpenAIError, writeOpenAIError } from './openai-chat/errors.ts'
import { writeResponsesStreamError } from './openai-responses/errors.ts'
import { parseResponsesRequest } from './openai-responses/parse-request.ts'
import { parseResponsesReply, writeResponsesReply } from './openai-responses/reply.ts'
import { ResponsesStreamReader } from './openai-responses/stream-reader.ts'
import { ResponsesStreamWriter } from './openai-responses/stream-writer.ts'
import { writeResponsesRequest } from './openai-responses/write-request.ts'

export const openaiResponses: Wire = {
  name: 'openai-responses',
  idPrefix: 'resp_',
  requestIdHeader: 'x-request-id',
  parseRequest: parseResponsesRequest,
  writeRequest: writeResponsesRequest,
  parseReply: parseResponsesReply,
  writeReply: writeResponsesReply,
  openReader: () => new ResponsesStreamReader(),
  openWriter: (about) => new ResponsesStreamWriter(about),
  writeError: writeOpenAIError,
  writeStreamError: writeResponsesStreamError,
  readError: readOpenAIError,
}
