/**
 * Anthropic's Messages API.
 *
 * What OpenAI's callers ask for and this format lacks is dropped with a warning, never in silence; what
 * would change the meaning of the call (a malformed tool argument) is refused.
 */
import type { Wire } from '../contract/wire.ts'
import { readAnthropicError, writeAnthropicError } from './anthropic-messages/errors.ts'
import { parseAnthropicRequest } from './anthropic-messages/parse-request.ts'
import { parseAnthropicReply, writeAnthropicReply } from './anthropic-messages/reply.ts'
import { AnthropicStreamReader } from './anthropic-messages/stream-reader.ts'
import { AnthropicStreamWriter } from './anthropic-messages/stream-writer.ts'
import { writeAnthropicRequest } from './anthropic-messages/write-request.ts'
import { writeEvent } from './sse.ts'

export const anthropicMessages: Wire = {
  name: 'anthropic-messages',
  idPrefix: 'msg_',
  requestIdHeader: 'request-id',
  parseRequest: parseAnthropicRequest,
  writeRequest: writeAnthropicRequest,
  parseReply: parseAnthropicReply,
  writeReply: writeAnthropicReply,
  openReader: () => new AnthropicStreamReader(),
  openWriter: (about) => new AnthropicStreamWriter(about),
  writeError: writeAnthropicError,
  writeStreamError: (error) => writeEvent(writeAnthropicError(error), 'error'),
  readError: readAnthropicError,
}
