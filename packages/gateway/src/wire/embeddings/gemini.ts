/**
 * Google's embeddings: `embedContent` for one input, `batchEmbedContents` for several. Each entry of a batch names the
 * model once more and could have settings of its own; where they differ, those of the first are taken, and said.
 */
import type {
  EmbedReply,
  EmbedRequest,
  EmbedTask,
  EmbedWire,
  WrittenEmbed,
} from '../../contract/embeddings.ts'
import { GatewayError } from '../../errors.ts'
import { type Fields, isFields, listOf, present, textOf, textOrNone, unexpected } from '../fields.ts'
import { camelFields, protoFieldsOf, protoNumber, restOf } from '../gemini/proto-fields.ts'
import { parseGeminiUsage } from '../gemini/usage.ts'
import { textsOf, warnOfEmbed } from './texts.ts'
import { readVectors } from './vectors.ts'

const TASKS: Readonly<Record<string, EmbedTask>> = {
  RETRIEVAL_QUERY: 'query',
  RETRIEVAL_DOCUMENT: 'document',
  SEMANTIC_SIMILARITY: 'similarity',
  CLASSIFICATION: 'classification',
  CLUSTERING: 'clustering',
  QUESTION_ANSWERING: 'question',
  FACT_VERIFICATION: 'fact',
  CODE_RETRIEVAL_QUERY: 'code',
}

export function googleTask(task: EmbedTask | undefined): string | undefined {
  return Object.keys(TASKS).find((it) => TASKS[it] === task)
}

const OF_ENTRY: ReadonlySet<string> = new Set([
  'model',
  'content',
  'taskType',
  'title',
  'outputDimensionality',
])

interface Entry {
  readonly text: string
  readonly settings: Pick<EmbedRequest, 'task' | 'title' | 'dimensions'>
  readonly extra: Fields
}

function parseEntry(value: unknown, field: string): Entry {
  const it = protoFieldsOf(value, field)
  const task = textOrNone(it['taskType'], `${field}.taskType`)
  const known = task !== undefined && Object.hasOwn(TASKS, task)
  const rest = restOf(it, OF_ENTRY) ?? {}
  return {
    text: parseContent(it['content'], `${field}.content`),
    settings: present<Entry['settings']>({
      task: known ? TASKS[task] : undefined,
      title: textOrNone(it['title'], `${field}.title`),
      dimensions: protoNumber(it['outputDimensionality'], `${field}.outputDimensionality`),
    }),
    extra: task === undefined || known ? rest : { ...rest, taskType: task },
  }
}

function parseContent(value: unknown, field: string): string {
  const parts = listOf(protoFieldsOf(value, field)['parts'], `${field}.parts`)
  return parts
    .map((it, i) => {
      const { text } = protoFieldsOf(it, `${field}.parts[${i}]`)
      if (typeof text === 'string') return text
      throw unexpected(`${field}.parts[${i}].text`, text, 'a string, since only texts can be translated')
    })
    .join('\n')
}

function writeEntry(text: string, request: EmbedRequest): Record<string, unknown> {
  return present<Record<string, unknown>>({
    content: { parts: [{ text }] },
    taskType: googleTask(request.task),
    title: request.title,
    outputDimensionality: request.dimensions,
  })
}

function warningsOf(request: EmbedRequest): readonly string[] {
  const own = request.from === 'gemini-embeddings' || request.from === 'gemini-batch-embeddings'
  return warnOfEmbed(own ? { ...request, extra: {} } : request, ['user', 'truncate'])
}

function usageOf(body: Fields): EmbedReply['usage'] {
  return parseGeminiUsage(camelFields(body)['usageMetadata'])
}

export const geminiEmbeddings: EmbedWire = {
  name: 'gemini-embeddings',
  errors: 'gemini',
  caller: {
    parseRequest(body) {
      const { text, settings, extra } = parseEntry(body, 'body')
      const model = textOf(body['model'], 'model')
      return { model, inputs: [{ text }], ...settings, from: 'gemini-embeddings', extra }
    },
    writeReply: ({ vectors, usage }) =>
      present({
        embedding: { values: vectors[0] ?? [] },
        usageMetadata: usage === null ? undefined : { promptTokenCount: usage.inputTokens },
      }),
    retarget: (body, model) => ({ ...body, model: `models/${model}` }),
  },
  writeRequest(request): WrittenEmbed {
    const [text, ...more] = textsOf(request, 'gemini-embeddings')
    if (text === undefined || more.length > 0) {
      throw new GatewayError('request.not_translatable', {
        field: `input (${request.inputs.length})`,
        from: request.from,
        to: 'gemini-embeddings',
      })
    }
    return { body: writeEntry(text, request), warnings: warningsOf(request) }
  },
  parseReply(body) {
    const { embedding } = body
    const vectors = isFields(embedding) ? readVectors([embedding['values']]) : null
    return vectors === null ? null : { model: '', vectors, usage: usageOf(body) }
  },
}

export const geminiBatchEmbeddings: EmbedWire = {
  name: 'gemini-batch-embeddings',
  errors: 'gemini',
  caller: {
    parseRequest(body) {
      const entries = listOf(body['requests'], 'requests').map((it, i) => parseEntry(it, `requests[${i}]`))
      const [first] = entries
      const settings = first?.settings ?? {}
      const differs = entries.some((it) => JSON.stringify(it.settings) !== JSON.stringify(settings))
      return {
        model: textOf(body['model'], 'model'),
        inputs: entries.map(({ text }) => ({ text })),
        ...settings,
        from: 'gemini-batch-embeddings',
        extra: { ...first?.extra, ...(differs ? { 'settings that differ between requests': true } : {}) },
      }
    },
    writeReply: ({ vectors, usage }) =>
      present({
        embeddings: vectors.map((values) => ({ values })),
        usageMetadata: usage === null ? undefined : { promptTokenCount: usage.inputTokens },
      }),
    retarget(body, model) {
      const { model: _, ...others } = body
      const requests = listOf(body['requests'], 'requests').map((it, i) => ({
        ...protoFieldsOf(it, `requests[${i}]`),
        model: `models/${model}`,
      }))
      return { ...others, requests }
    },
  },
  writeRequest(request, model) {
    const requests = textsOf(request, 'gemini-batch-embeddings').map((text) => ({
      model: `models/${model}`,
      ...writeEntry(text, request),
    }))
    return { body: { requests }, warnings: warningsOf(request) }
  },
  parseReply(body) {
    const { embeddings } = body
    if (!Array.isArray(embeddings)) return null
    const vectors = readVectors(embeddings.map((it: unknown) => (isFields(it) ? it['values'] : undefined)))
    return vectors === null ? null : { model: '', vectors, usage: usageOf(body) }
  },
}
