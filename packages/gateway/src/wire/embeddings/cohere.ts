/** Cohere's embeddings, version 2. It wants to know what each vector is for; where nobody says, they are documents. */
import type { EmbedRequest, EmbedTask, EmbedWire, WrittenEmbed } from '../../contract/embeddings.ts'
import { isFields, present } from '../fields.ts'
import { tokenCount } from '../token-count.ts'
import { textsOf, warnOfEmbed } from './texts.ts'
import { readVectors } from './vectors.ts'

const TYPES: Readonly<Record<EmbedTask, string>> = {
  query: 'search_query',
  question: 'search_query',
  fact: 'search_query',
  code: 'search_query',
  document: 'search_document',
  similarity: 'clustering',
  classification: 'classification',
  clustering: 'clustering',
}

export function cohereFields(request: EmbedRequest): Record<string, unknown> {
  const { dimensions, truncate, task } = request
  return present<Record<string, unknown>>({
    texts: textsOf(request, 'cohere-embeddings'),
    input_type: TYPES[task ?? 'document'],
    embedding_types: ['float'],
    output_dimension: dimensions,
    truncate: truncate?.toUpperCase(),
  })
}

/** What is left out, and what is filled in. */
export function cohereSaid(request: EmbedRequest): Pick<WrittenEmbed, 'warnings' | 'notes'> {
  const warnings = warnOfEmbed(request, ['user', 'title'])
  return request.task === undefined
    ? { warnings, notes: ['task: not given, search_document is used'] }
    : { warnings }
}

/** Older versions write the vectors without naming their type. */
export function readCohere(body: Readonly<Record<string, unknown>>): readonly (readonly number[])[] | null {
  const { embeddings } = body
  const list = isFields(embeddings) ? embeddings['float'] : embeddings
  return Array.isArray(list) ? readVectors(list) : null
}

export const cohereEmbeddings: EmbedWire = {
  name: 'cohere-embeddings',
  errors: 'bedrock-converse',
  caller: null,
  writeRequest: (request, model) => ({
    body: { model, ...cohereFields(request) },
    ...cohereSaid(request),
  }),
  parseReply(body) {
    const vectors = readCohere(body)
    if (vectors === null) return null
    const meta = isFields(body['meta']) ? body['meta'] : {}
    const billed = isFields(meta['billed_units']) ? meta['billed_units'] : {}
    const tokens = tokenCount(billed['input_tokens'])
    const usage = tokens === undefined ? null : { inputTokens: tokens, outputTokens: 0 }
    return { model: '', vectors, usage }
  },
}
