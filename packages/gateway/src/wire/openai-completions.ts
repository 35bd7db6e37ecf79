/**
 * OpenAI's older completions of texts, which many tools still ask for and most servers of open models answer.
 *
 * Translated for a chat model, the text is what a user says; what only this format has (`suffix`, `echo`,
 * `best_of`) is then named in a warning.
 */
import type { Wire } from '../contract/wire.ts'
import { readOpenAIError, writeOpenAIError } from './openai-chat/errors.ts'
import { CompletionsReader } from './openai-completions/chunk-reader.ts'
import { CompletionsWriter, writeCompletionsReply } from './openai-completions/chunk-writer.ts'
import { parseCompletionsRequest } from './openai-completions/parse-request.ts'
import { writeCompletionsRequest } from './openai-completions/write-request.ts'
import { writeEvent } from './sse.ts'

export const openaiCompletions: Wire = {
  name: 'openai-completions',
  idPrefix: 'cmpl-',
  requestIdHeader: 'x-request-id',
  parseRequest: parseCompletionsRequest,
  writeRequest: writeCompletionsRequest,
  parseReply: (body) => new CompletionsReader().readChunk(body),
  writeReply: writeCompletionsReply,
  openReader: () => new CompletionsReader(),
  openWriter: (about) => new CompletionsWriter(about),
  writeError: writeOpenAIError,
  writeStreamError: (error) => writeEvent(writeOpenAIError(error)),
  readError: readOpenAIError,
}
