/**
 * OpenAI's chat completions, as callers write them and as most providers speak them.
 *
 * A call whose caller and provider both speak it never comes here: its bytes pass (`body-splice.ts`,
 * `usage-scan.ts`). What is written here is checked by `parse(write(x)) = x` in both directions.
 */
import type { Wire } from '../contract/wire.ts'
import { readOpenAIError, writeOpenAIError } from './openai-chat/errors.ts'
import { parseOpenAIRequest } from './openai-chat/parse-request.ts'
import { parseOpenAIReply, writeOpenAIReply } from './openai-chat/reply.ts'
import { OpenAIStreamReader } from './openai-chat/stream-reader.ts'
import { OpenAIStreamWriter } from './openai-chat/stream-writer.ts'
import { writeOpenAIRequest } from './openai-chat/write-request.ts'
import { writeEvent } from './sse.ts'

export const openaiChat: Wire = {
  name: 'openai-chat',
  idPrefix: 'chatcmpl-',
  requestIdHeader: 'x-request-id',
  parseRequest: parseOpenAIRequest,
  writeRequest: writeOpenAIRequest,
  parseReply: parseOpenAIReply,
  writeReply: writeOpenAIReply,
  openReader: () => new OpenAIStreamReader(),
  openWriter: (about) => new OpenAIStreamWriter(about),
  writeError: writeOpenAIError,
  writeStreamError: (error) => writeEvent(writeOpenAIError(error)),
  readError: readOpenAIError,
}
