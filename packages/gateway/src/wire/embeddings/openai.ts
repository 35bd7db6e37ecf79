/** OpenAI's embeddings, as callers write them and as most providers speak them. */
import type { EmbedInput, EmbedReply, EmbedRequest, EmbedWire } from '../../contract/embeddings.ts'
import {
  type Fields,
  isFields,
  numberOrNone,
  present,
  stringOr,
  textOf,
  textOrNone,
  unexpected,
} from '../fields.ts'
import { parseOpenAIUsage } from '../openai-chat/usage.ts'
import { warnOfEmbed } from './texts.ts'
import { readVectors, writeVector } from './vectors.ts'

const UNDERSTOOD: ReadonlySet<string> = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user'])

function parseRequest(body: Fields): EmbedRequest {
  const format = textOrNone(body['encoding_format'], 'encoding_format')
  if (format !== undefined && format !== 'float' && format !== 'base64') {
    throw unexpected('encoding_format', format, 'float or base64')
  }
  return present<EmbedRequest>({
    model: textOf(body['model'], 'model'),
    inputs: parseInput(body['input']),
    dimensions: numberOrNone(body['dimensions'], 'dimensions'),
    encoding: format,
    user: textOrNone(body['user'], 'user'),
    from: 'openai-embeddings',
    extra: Object.fromEntries(Object.entries(body).filter(([name]) => !UNDERSTOOD.has(name))),
  })
}

/** A text, texts, the tokens of one text, or of several. */
function parseInput(value: unknown): readonly EmbedInput[] {
  if (typeof value === 'string') return [{ text: value }]
  if (!Array.isArray(value)) throw unexpected('input', value, 'a string or an array')
  const list: readonly unknown[] = value
  if (isTokens(list)) return [{ tokens: list }]
  return list.map((it, i) => {
    if (typeof it === 'string') return { text: it }
    if (Array.isArray(it) && isTokens(it)) return { tokens: it }
    throw unexpected(`input[${i}]`, it, 'a string or an array of tokens')
  })
}

function isTokens(value: readonly unknown[]): value is readonly number[] {
  return value.length > 0 && value.every((it) => Number.isInteger(it))
}

export const openaiEmbeddings: EmbedWire = {
  name: 'openai-embeddings',
  errors: 'openai-chat',
  caller: {
    parseRequest,
    writeReply: ({ vectors, usage }, { model, encoding }) => ({
      object: 'list',
      data: vectors.map((it, index) => ({
        object: 'embedding',
        index,
        embedding: writeVector(it, encoding),
      })),
      model,
      usage: { prompt_tokens: usage?.inputTokens ?? 0, total_tokens: usage?.inputTokens ?? 0 },
    }),
    retarget: null,
  },
  writeRequest(request, model) {
    const own = request.from === 'openai-embeddings'
    const inputs = request.inputs.map((it) => ('text' in it ? it.text : it.tokens))
    const body = present<Record<string, unknown>>({
      model,
      input: inputs.length === 1 ? inputs[0] : inputs,
      dimensions: request.dimensions,
      encoding_format: own ? request.encoding : 'float',
      user: request.user,
      ...(own ? request.extra : {}),
    })
    return { body, warnings: own ? [] : warnOfEmbed(request, ['task', 'title', 'truncate']) }
  },
  parseReply(body): EmbedReply | null {
    const data = body['data']
    if (!Array.isArray(data)) return null
    const sorted = data.filter(isFields).sort((a, b) => indexOf(a) - indexOf(b))
    const vectors = readVectors(sorted.map((it) => it['embedding']))
    if (vectors === null || sorted.length < data.length) return null
    return { model: stringOr(body['model'], ''), vectors, usage: parseOpenAIUsage(body['usage']) }
  },
}

function indexOf(it: Fields): number {
  return typeof it['index'] === 'number' ? it['index'] : 0
}
