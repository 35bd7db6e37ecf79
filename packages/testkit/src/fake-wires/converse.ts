/** Amazon Bedrock's Converse, whole and in AWS's binary event stream. */
import { eventStreamMessage } from './event-stream.ts'
import {
  COUNTS,
  type FakeAsk,
  type FakeSaid,
  type FakeWire,
  type Fields,
  fieldsAt,
  halves,
  isFields,
  listAt,
  NO_ASK,
  namesOf,
  textAt,
  textOf,
  words,
} from './fake-wire.ts'

const METHOD = /\/model\/([^/]+)\/(converse|converse-stream)$/
const USAGE = {
  inputTokens: COUNTS.input - COUNTS.cached,
  outputTokens: COUNTS.output,
  totalTokens: COUNTS.input + COUNTS.output,
  cacheReadInputTokens: COUNTS.cached,
}

export const converseWire: FakeWire = {
  streamType: 'application/vnd.amazon.eventstream',
  matches: (path) => METHOD.test(path),
  ask(path, body) {
    const [, model = '', method] = METHOD.exec(path) ?? []
    const blocks = listAt(listAt(body, 'messages').at(-1), 'content')
    const tools = listAt(body, 'toolConfig', 'tools').map((it) => fieldsAt(it, 'toolSpec'))
    const results = blocks.map((it) => it['toolResult']).filter(isFields)
    return {
      ...NO_ASK,
      model: decodeURIComponent(model),
      stream: method === 'converse-stream',
      text: textOf(blocks),
      images: blocks.filter((it) => 'image' in it).length,
      tools: namesOf(tools),
      choice: choiceOf(fieldsAt(body, 'toolConfig', 'toolChoice')),
      schema: schemaOf(body),
      results: results.map((it) => listAt(it, 'content').map(resultText).join('')),
    }
  },
  whole: (said) => ({
    output: { message: { role: 'assistant', content: blocksOf(said) } },
    stopReason: stopOf(said),
    usage: said.usage ?? USAGE,
    ...said.served,
    metrics: { latencyMs: 12 },
  }),
  events: (said) => [
    event('messageStart', { role: 'assistant' }),
    ...blocksOf(said).flatMap(eventsOf),
    event('messageStop', { stopReason: stopOf(said) }),
    event('metadata', { usage: said.usage ?? USAGE, ...said.served, metrics: { latencyMs: 12 } }),
  ],
  error: (status) => ({ message: `fake refusal ${status}` }),
  errorHeaders: (status) => ({ 'x-amzn-errortype': ERRORS[status] ?? 'InternalServerException' }),
}

const ERRORS: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
}

function blocksOf({ text, reasoning, calls = [] }: FakeSaid): readonly Fields[] {
  const thought =
    reasoning === undefined
      ? []
      : [{ reasoningContent: { reasoningText: { text: reasoning, signature: 'c2ln' } } }]
  const said = text !== '' || calls.length === 0 ? [{ text }] : []
  const called = calls.map((it) => ({
    toolUse: { toolUseId: it.id, name: it.name, input: JSON.parse(it.arguments) as unknown },
  }))
  return [...thought, ...said, ...called]
}

/** Text and thoughts begin without an event of their own. */
function eventsOf(block: Fields, index: number): readonly Uint8Array[] {
  const delta = (it: object) => event('contentBlockDelta', { contentBlockIndex: index, delta: it })
  const stop = event('contentBlockStop', { contentBlockIndex: index })
  if (typeof block['text'] === 'string') return [...words(block['text']).map((text) => delta({ text })), stop]
  const thought = fieldsAt(block, 'reasoningContent', 'reasoningText')
  if ('text' in thought) {
    const pieces = words(textAt(thought, 'text')).map((text) => delta({ reasoningContent: { text } }))
    return [...pieces, delta({ reasoningContent: { signature: thought['signature'] } }), stop]
  }
  const { toolUseId, name, input } = fieldsAt(block, 'toolUse')
  const start = { contentBlockIndex: index, start: { toolUse: { toolUseId, name } } }
  const pieces = halves(JSON.stringify(input)).map((it) => delta({ toolUse: { input: it } }))
  return [event('contentBlockStart', start), ...pieces, stop]
}

function event(type: string, payload: object): Uint8Array {
  const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }
  return eventStreamMessage(headers, payload)
}

function stopOf({ calls = [] }: FakeSaid): string {
  return calls.length > 0 ? 'tool_use' : 'end_turn'
}

function choiceOf(choice: Fields): FakeAsk['choice'] {
  if ('any' in choice) return 'required'
  const name = textAt(choice['tool'], 'name')
  return name === '' ? 'auto' : { name }
}

/** It travels as text. */
function schemaOf(body: Fields): Fields | null {
  const schema = textAt(fieldsAt(body, 'outputConfig', 'textFormat', 'structure', 'jsonSchema'), 'schema')
  return schema === '' ? null : (JSON.parse(schema) as Fields)
}

function resultText(block: Fields): string {
  return 'json' in block ? JSON.stringify(block['json']) : textAt(block, 'text')
}
