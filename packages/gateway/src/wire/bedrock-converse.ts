/**
 * Amazon Bedrock's Converse, one form for the models of many makers. Only providers speak it: no path of the
 * data plane takes it, so what reads requests and writes replies is a fault to ask for.
 *
 * Not here: the framing of its streams (`event-stream.ts`), signatures (`providers/aws/`).
 */
import type { Wire } from '../contract/wire.ts'
import { readBedrockError } from './bedrock-converse/errors.ts'
import { BedrockStreamReader, parseBedrockReply } from './bedrock-converse/reader.ts'
import { writeBedrockRequest } from './bedrock-converse/write-request.ts'

function noCaller(): never {
  throw new TypeError('no caller speaks bedrock-converse')
}

export const bedrockConverse: Wire = {
  name: 'bedrock-converse',
  idPrefix: '',
  requestIdHeader: 'x-amzn-requestid',
  parseRequest: noCaller,
  writeRequest: writeBedrockRequest,
  parseReply: parseBedrockReply,
  writeReply: noCaller,
  openReader: () => new BedrockStreamReader(),
  openWriter: noCaller,
  writeError: ({ message }) => ({ message }),
  writeStreamError: noCaller,
  readError: readBedrockError,
}
