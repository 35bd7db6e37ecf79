/**
 * Embeddings on Bedrock, by `invoke`: each maker's models in a form of their own. Those of Cohere take many texts,
 * those of Amazon one.
 */
import type { EmbedReply, EmbedRequest, EmbedWire, WrittenEmbed } from '../../contract/embeddings.ts'
import { GatewayError } from '../../errors.ts'
import { present } from '../fields.ts'
import { tokenCount } from '../token-count.ts'
import { cohereFields, cohereSaid, readCohere } from './cohere.ts'
import { textsOf, warnOfEmbed } from './texts.ts'
import { readVector } from './vectors.ts'

export const bedrockInvokeEmbeddings: EmbedWire = {
  name: 'bedrock-invoke-embeddings',
  errors: 'bedrock-converse',
  caller: null,
  writeRequest(request, model) {
    if (/(?:^|[./])cohere\./.test(model)) {
      return { body: cohereFields(request), ...cohereSaid(request) }
    }
    return writeTitan(request)
  },
  parseReply(body): EmbedReply | null {
    const vector = readVector(body['embedding'])
    if (vector === null) {
      const vectors = readCohere(body)
      return vectors === null ? null : { model: '', vectors, usage: null }
    }
    const tokens = tokenCount(body['inputTextTokenCount'])
    const usage = tokens === undefined ? null : { inputTokens: tokens, outputTokens: 0 }
    return { model: '', vectors: [vector], usage }
  },
}

function writeTitan(request: EmbedRequest): WrittenEmbed {
  const [inputText, ...more] = textsOf(request, 'bedrock-invoke-embeddings')
  if (inputText === undefined || more.length > 0) {
    throw new GatewayError('request.not_translatable', {
      field: `input (${request.inputs.length})`,
      from: request.from,
      to: 'bedrock-invoke-embeddings',
    })
  }
  const body = present<Record<string, unknown>>({ inputText, dimensions: request.dimensions })
  return { body, warnings: warnOfEmbed(request, ['user', 'task', 'title', 'truncate']) }
}
