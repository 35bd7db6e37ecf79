/**
 * Google's Gemini API: `generateContent` and `streamGenerateContent`, as the Gemini API and Vertex AI speak it.
 *
 * `geminiArray` is the same with the stream as one JSON array, which callers get who do not ask for `alt=sse`.
 * Model and streaming stand in the path of this format; the server puts them into the body it hands over.
 */
import type { Wire } from '../contract/wire.ts'
import { readGeminiError, writeGeminiError } from './gemini/errors.ts'
import { parseGeminiRequest } from './gemini/parse-request.ts'
import { parseGeminiReply, writeGeminiReply } from './gemini/reply.ts'
import { GeminiStreamReader } from './gemini/stream-reader.ts'
import { arrayFraming, GeminiStreamWriter } from './gemini/stream-writer.ts'
import { writeGeminiRequest } from './gemini/write-request.ts'
import { writeEvent } from './sse.ts'

export const gemini: Wire = {
  name: 'gemini',
  idPrefix: '',
  requestIdHeader: 'x-request-id',
  parseRequest: parseGeminiRequest,
  writeRequest: writeGeminiRequest,
  parseReply: parseGeminiReply,
  writeReply: writeGeminiReply,
  openReader: () => new GeminiStreamReader(),
  openWriter: (about) => new GeminiStreamWriter(about),
  writeError: writeGeminiError,
  writeStreamError: (error) => writeEvent(writeGeminiError(error)),
  readError: readGeminiError,
}

export const geminiArray: Wire = {
  ...gemini,
  streamType: 'application/json',
  openWriter: (about) => new GeminiStreamWriter(about, arrayFraming),
  writeStreamError: (error) => `,\r\n${JSON.stringify(writeGeminiError(error))}]`,
}
