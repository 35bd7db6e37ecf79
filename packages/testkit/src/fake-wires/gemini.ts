/** Google's generateContent, streamed and whole, countTokens and embeddings, under any path that names the model. */
import {
  COUNTS,
  type FakeAsk,
  type FakeSaid,
  type FakeWire,
  type Fields,
  fieldsAt,
  frame,
  isFields,
  listAt,
  NO_ASK,
  namesOf,
  SSE,
  textOf,
  words,
} from './fake-wire.ts'
import { vectorOf } from './vector.ts'

const METHOD =
  /\/models\/([^/]+):(generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents)$/
const USAGE = {
  promptTokenCount: COUNTS.input,
  candidatesTokenCount: COUNTS.output,
  totalTokenCount: COUNTS.input + COUNTS.output,
  cachedContentTokenCount: COUNTS.cached,
}

export const geminiWire: FakeWire = {
  streamType: SSE,
  matches: (path) => METHOD.test(path),
  ask(path, body) {
    const [, model = '', method = ''] = METHOD.exec(path) ?? []
    const parts = listAt(listAt(body, 'contents').at(-1), 'parts')
    const config = fieldsAt(body, 'generationConfig')
    const schema = config['responseJsonSchema'] ?? config['responseSchema']
    const results = parts.map((it) => it['functionResponse']).filter(isFields)
    return {
      ...NO_ASK,
      model: decodeURIComponent(model),
      stream: method === 'streamGenerateContent',
      text: textOf(parts),
      images: parts.filter((it) => 'inlineData' in it || 'fileData' in it).length,
      tools: namesOf(listAt(body, 'tools').flatMap((it) => listAt(it, 'functionDeclarations'))),
      // A batch calls no tools: that is how it is told from a single text below.
      choice:
        method === 'batchEmbedContents'
          ? 'none'
          : choiceOf(fieldsAt(body, 'toolConfig', 'functionCallingConfig')),
      schema: isFields(schema) ? schema : config['responseMimeType'] === 'application/json' ? {} : null,
      results: results.map((it) => JSON.stringify(it['response'])),
      inputs: inputsOf(method, body),
    }
  },
  whole(said, ask) {
    if (ask.inputs[0] === COUNT) return { totalTokens: COUNTS.input }
    if (ask.inputs.length > 0) {
      const embeddings = ask.inputs.map((it) => ({ values: vectorOf(it) }))
      const counts = said.usage === undefined ? null : { usageMetadata: said.usage }
      return ask.choice === 'none' ? { embeddings, ...counts } : { embedding: embeddings[0], ...counts }
    }
    return chunk(said, partsOf(said), { finishReason: 'STOP' })
  },
  events(said) {
    const { reasoning = '', text, calls = [] } = said
    const pieces = [
      ...words(reasoning).map((it) => ({ text: it, thought: true })),
      ...words(text).map((it) => ({ text: it })),
      ...calls.map(callPart),
    ]
    return [
      ...pieces.map((it) => frame(chunk(said, [it], {}))),
      frame(chunk(said, [{ text: '' }], { finishReason: 'STOP' })),
    ]
  },
  error: (status) => ({
    error: { code: status, message: `fake refusal ${status}`, status: STATUSES[status] ?? 'UNKNOWN' },
  }),
}

const COUNT = '#count'
const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

function chunk(
  { model, usage = USAGE, grounding }: FakeSaid,
  parts: readonly object[],
  more: object,
): object {
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, groundingMetadata: grounding, ...more }],
    usageMetadata: usage,
    modelVersion: model,
    responseId: 'fake-response',
  }
}

function partsOf({ text, reasoning, calls = [] }: FakeSaid): readonly object[] {
  const thought = reasoning === undefined ? [] : [{ text: reasoning, thought: true }]
  const said = text !== '' || calls.length === 0 ? [{ text }] : []
  return [...thought, ...said, ...calls.map(callPart)]
}

function callPart(it: { readonly id: string; readonly name: string; readonly arguments: string }): object {
  const args = JSON.parse(it.arguments) as unknown
  return { functionCall: { id: it.id, name: it.name, args }, thoughtSignature: 'c2ln' }
}

function choiceOf(config: Fields): FakeAsk['choice'] {
  const [name] = Array.isArray(config['allowedFunctionNames']) ? config['allowedFunctionNames'] : []
  if (config['mode'] === 'NONE') return 'none'
  if (config['mode'] !== 'ANY') return 'auto'
  return typeof name === 'string' ? { name } : 'required'
}

function inputsOf(method: string, body: Fields): readonly string[] {
  if (method === 'countTokens') return [COUNT]
  if (method === 'embedContent') return [textOf(fieldsAt(body, 'content')['parts'])]
  if (method !== 'batchEmbedContents') return []
  return listAt(body, 'requests').map((it) => textOf(fieldsAt(it, 'content')['parts']))
}
