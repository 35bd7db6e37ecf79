/** Anthropic's Messages API. */
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
  SSE,
  textAt,
  textOf,
  typed,
  words,
} from './fake-wire.ts'

const INPUT = { input_tokens: COUNTS.input - COUNTS.cached, cache_read_input_tokens: COUNTS.cached }

export const messagesWire: FakeWire = {
  streamType: SSE,
  matches: (path) => /\/messages(?:\/count_tokens)?$|:(?:streamR|r)awPredict$/.test(path),
  ask(path, body) {
    const last = listAt(body, 'messages').at(-1)
    const blocks = listAt(last, 'content')
    const schema =
      fieldsAt(body, 'output_config', 'format')['schema'] ?? fieldsAt(body, 'output_format')['schema']
    return {
      ...NO_ASK,
      model: textAt(body, 'model'),
      stream: body['stream'] === true && !path.endsWith('count_tokens'),
      text: textOf(last?.['content']),
      images: blocks.filter((it) => it['type'] === 'image').length,
      tools: namesOf(listAt(body, 'tools')),
      choice: choiceOf(fieldsAt(body, 'tool_choice')),
      schema: isFields(schema) ? schema : null,
      results: blocks.filter((it) => it['type'] === 'tool_result').map((it) => textOf(it['content'])),
      inputs: path.endsWith('count_tokens') ? ['count'] : [],
    }
  },
  whole(said, ask) {
    if (ask.inputs.length > 0) return { input_tokens: COUNTS.input }
    return {
      id: 'msg_fake',
      type: 'message',
      role: 'assistant',
      model: said.model,
      content: blocksOf(said),
      stop_reason: stopOf(said),
      stop_sequence: null,
      usage: said.usage ?? { ...INPUT, output_tokens: COUNTS.output },
    }
  },
  events(said) {
    const usage = { ...(said.usage ?? INPUT), output_tokens: 1 }
    const message = {
      id: 'msg_fake',
      type: 'message',
      role: 'assistant',
      model: said.model,
      content: [],
      usage,
    }
    const blocks = blocksOf(said)
    const opened = blocks.flatMap((block, index) => eventsOf(block, index))
    const [first, ...rest] = opened
    return [
      typed({ type: 'message_start', message }) + (first ?? ''),
      ...rest,
      typed({
        type: 'message_delta',
        delta: { stop_reason: stopOf(said) },
        usage: endOf(said),
      }),
      typed({ type: 'message_stop' }),
    ]
  },
  error: (status) => ({
    type: 'error',
    error: {
      type: status === 529 ? 'overloaded_error' : 'invalid_request_error',
      message: `fake refusal ${status}`,
    },
  }),
}

/** The end of a stream repeats the counts that are known by then, and no details. */
function endOf({ usage }: FakeSaid): object {
  if (usage === undefined) return { output_tokens: COUNTS.output }
  const { cache_creation: _, service_tier: __, ...counts } = usage
  return counts
}

function blocksOf({ text, reasoning, calls = [] }: FakeSaid): readonly Fields[] {
  const thought =
    reasoning === undefined ? [] : [{ type: 'thinking', thinking: reasoning, signature: 'c2ln' }]
  const said = text !== '' || calls.length === 0 ? [{ type: 'text', text }] : []
  const called = calls.map((it) => ({
    type: 'tool_use',
    id: it.id,
    name: it.name,
    input: JSON.parse(it.arguments) as unknown,
  }))
  return [...thought, ...said, ...called]
}

function eventsOf(block: Fields, index: number): readonly string[] {
  const delta = (it: object) => typed({ type: 'content_block_delta', index, delta: it })
  const start = (it: object) => typed({ type: 'content_block_start', index, content_block: it })
  const stop = typed({ type: 'content_block_stop', index })
  if (block['type'] === 'text') {
    const said = words(textAt(block, 'text')).map((text) => delta({ type: 'text_delta', text }))
    return [start({ type: 'text', text: '' }), ...said, stop]
  }
  if (block['type'] === 'thinking') {
    return [
      start({ type: 'thinking', thinking: '', signature: '' }),
      ...words(textAt(block, 'thinking')).map((thinking) => delta({ type: 'thinking_delta', thinking })),
      delta({ type: 'signature_delta', signature: block['signature'] }),
      stop,
    ]
  }
  const pieces = halves(JSON.stringify(block['input'])).map((partial_json) =>
    delta({ type: 'input_json_delta', partial_json }),
  )
  return [start({ ...block, input: {} }), ...pieces, stop]
}

function stopOf({ calls = [] }: FakeSaid): string {
  return calls.length > 0 ? 'tool_use' : 'end_turn'
}

function choiceOf(choice: Fields): FakeAsk['choice'] {
  if (choice['type'] === 'any') return 'required'
  if (choice['type'] === 'none') return 'none'
  const name = textAt(choice, 'name')
  return name === '' ? 'auto' : { name }
}
