/** OpenAI's chat completions. */
import {
  COUNTS,
  type FakeAsk,
  type FakeSaid,
  type FakeWire,
  type Fields,
  fieldsAt,
  frame,
  halves,
  isFields,
  listAt,
  NO_ASK,
  namesOf,
  SSE,
  textAt,
  textOf,
  words,
} from './fake-wire.ts'

const USAGE = {
  prompt_tokens: COUNTS.input,
  completion_tokens: COUNTS.output,
  total_tokens: COUNTS.input + COUNTS.output,
}

export const chatWire: FakeWire = {
  streamType: SSE,
  matches: () => true,
  ask(path, body) {
    const messages = listAt(body, 'messages')
    const user = messages.findLast((it) => it['role'] === 'user')
    return {
      ...NO_ASK,
      model: textAt(body, 'model'),
      stream: body['stream'] === true,
      text: textOf(user?.['content']),
      images: listAt(user, 'content').filter((it) => it['type'] === 'image_url').length,
      tools: namesOf(listAt(body, 'tools').map((it) => fieldsAt(it, 'function'))),
      choice: choiceOf(body['tool_choice']),
      schema: schemaOf(body),
      results: resultsOf(messages),
      streamUsage: fieldsAt(body, 'stream_options')['include_usage'] === true,
      isMistral: isMistralPath(path),
    }
  },
  whole(said) {
    const { model, text, reasoning, calls = [] } = said
    const message = {
      role: 'assistant',
      content: calls.length > 0 && text === '' ? null : text,
      refusal: null,
      ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map((it) => callOf(it)) }),
    }
    return {
      id: 'chatcmpl-fake',
      object: 'chat.completion',
      created: 1_700_000_000,
      model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(said) }],
      usage: said.usage ?? { ...USAGE, prompt_tokens_details: { cached_tokens: COUNTS.cached } },
      ...said.served,
      system_fingerprint: 'fp_fake',
    }
  },
  events(said, { streamUsage, isMistral }) {
    const { usage = USAGE } = said
    const chunk = (delta: object, finish: string | null, more: object = {}) =>
      frame({
        id: 'chatcmpl-fake',
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model: said.model,
        ...said.served,
        choices: [{ index: 0, delta, finish_reason: finish }],
        ...more,
      })
    return [
      // Mistral names no role after this, numbers no tool calls, and counts in the last chunk of the answer.
      chunk(isMistral ? { content: '' } : { role: 'assistant', content: '' }, null),
      ...words(said.reasoning ?? '').map((it) => chunk({ reasoning_content: it }, null)),
      ...words(said.text).map((content) => chunk({ content }, null)),
      ...(said.calls ?? []).flatMap((call, index) => {
        if (isMistral) return [chunk({ tool_calls: [callOf(call)] }, null)]
        const [first, rest] = halves(call.arguments)
        return [
          chunk({ tool_calls: [{ index, ...callOf({ ...call, arguments: first }) }] }, null),
          chunk({ tool_calls: [{ index, function: { arguments: rest } }] }, null),
        ]
      }),
      chunk({}, finishOf(said), isMistral ? { usage } : {}),
      ...(streamUsage && !isMistral ? [chunk({}, null, { choices: [], usage })] : []),
      'data: [DONE]\n\n',
    ]
  },
  error: (status) => ({
    error: { message: `fake refusal ${status}`, type: 'fake_error', param: null, code: 'fake' },
  }),
}

export function isMistralPath(path: string): boolean {
  return path.startsWith('/mistral/')
}

function callOf({ id, name, arguments: text }: { id: string; name: string; arguments: string }): object {
  return { id, type: 'function', function: { name, arguments: text } }
}

function finishOf({ calls = [] }: FakeSaid): string {
  return calls.length > 0 ? 'tool_calls' : 'stop'
}

function choiceOf(choice: unknown): FakeAsk['choice'] {
  if (choice === 'none' || choice === 'required') return choice
  if (choice === 'any') return 'required'
  const name = textAt(fieldsAt(choice, 'function'), 'name')
  return name === '' ? 'auto' : { name }
}

function schemaOf(body: Fields): Fields | null {
  const format = fieldsAt(body, 'response_format')
  if (format['type'] === 'json_object') return {}
  const schema = fieldsAt(format, 'json_schema')['schema']
  return isFields(schema) ? schema : null
}

/** Of the tool messages at the end. */
function resultsOf(messages: readonly Fields[]): readonly string[] {
  const from = messages.findLastIndex((it) => it['role'] !== 'tool') + 1
  return messages.slice(from).map((it) => textOf(it['content']))
}
