/** OpenAI's Responses API. */
import { chatWire } from './chat.ts'
import {
  COUNTS,
  type FakeAsk,
  type FakeCall,
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

const USAGE = {
  input_tokens: COUNTS.input,
  input_tokens_details: { cached_tokens: COUNTS.cached },
  output_tokens: COUNTS.output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: COUNTS.input + COUNTS.output,
}

export const responsesWire: FakeWire = {
  streamType: SSE,
  matches: (path) => path.endsWith('/responses'),
  ask(_path, body) {
    const items = typeof body['input'] === 'string' ? [] : listAt(body, 'input')
    const user = items.findLast((it) => it['role'] === 'user')
    const format = fieldsAt(body, 'text', 'format')
    return {
      ...NO_ASK,
      model: textAt(body, 'model'),
      stream: body['stream'] === true,
      text: typeof body['input'] === 'string' ? body['input'] : textOf(user?.['content']),
      images: listAt(user, 'content').filter((it) => it['type'] === 'input_image').length,
      tools: namesOf(listAt(body, 'tools')),
      choice: choiceOf(body['tool_choice']),
      schema: format['type'] === 'json_object' ? {} : isFields(format['schema']) ? format['schema'] : null,
      results: resultsOf(items),
    }
  },
  whole: (said) => response(said, 'completed', itemsOf(said)),
  events(said) {
    const events: Fields[] = []
    const send = (type: string, more: object) =>
      events.push({ type, sequence_number: events.length, ...more })
    send('response.created', { response: response(said, 'in_progress', []) })
    const items = itemsOf(said)
    items.forEach((item, index) => {
      send('response.output_item.added', { output_index: index, item: opened(item) })
      if (item['type'] === 'message') sendMessage(said, item, { index, send })
      else if (item['type'] === 'reasoning') sendThought(said, item, { index, send })
      else if (item['type'] === 'function_call') sendCall(item, { index, send })
      send('response.output_item.done', { output_index: index, item })
    })
    send('response.completed', { response: response(said, 'completed', items) })
    const written = events.map((it) => typed(it as Fields & { readonly type: string }))
    const word = events.findIndex((it) => String(it['type']).endsWith('.delta'))
    return [written.slice(0, word).join(''), ...written.slice(word)]
  },
  error: chatWire.error,
}

interface Place {
  readonly index: number
  readonly send: (type: string, more: object) => void
}

function sendMessage(said: FakeSaid, item: Fields, { index, send }: Place): void {
  const at = { item_id: item['id'], output_index: index, content_index: 0 }
  const part = { type: 'output_text', text: '', annotations: [], logprobs: [] }
  send('response.content_part.added', { ...at, part })
  for (const delta of words(said.text)) send('response.output_text.delta', { ...at, delta, logprobs: [] })
  send('response.output_text.done', { ...at, text: said.text, logprobs: [] })
  send('response.content_part.done', { ...at, part: { ...part, text: said.text } })
}

function sendThought(said: FakeSaid, item: Fields, { index, send }: Place): void {
  const at = { item_id: item['id'], output_index: index, summary_index: 0 }
  const text = said.reasoning ?? ''
  send('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } })
  for (const delta of words(text)) send('response.reasoning_summary_text.delta', { ...at, delta })
  send('response.reasoning_summary_text.done', { ...at, text })
  send('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } })
}

function sendCall(item: Fields, { index, send }: Place): void {
  const at = { item_id: item['id'], output_index: index }
  const text = textAt(item, 'arguments')
  for (const delta of halves(text)) send('response.function_call_arguments.delta', { ...at, delta })
  send('response.function_call_arguments.done', { ...at, arguments: text })
}

function opened(item: Fields): Fields {
  if (item['type'] === 'message') return { ...item, status: 'in_progress', content: [] }
  if (item['type'] === 'reasoning') return { ...item, summary: [] }
  if (item['type'] === 'function_call') return { ...item, status: 'in_progress', arguments: '' }
  return { ...item, status: 'in_progress', action: undefined }
}

function itemsOf({ text, reasoning, calls = [], items: own = [] }: FakeSaid): readonly Fields[] {
  const items: Fields[] = [...own]
  if (reasoning !== undefined) {
    const summary = [{ type: 'summary_text', text: reasoning }]
    items.push({ id: 'rs_fake', type: 'reasoning', summary, encrypted_content: 'ZmFrZQ==' })
  }
  if (text !== '' || calls.length === 0) {
    const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }]
    items.push({ id: 'msg_fake', type: 'message', status: 'completed', role: 'assistant', content })
  }
  return [...items, ...calls.map(callItem)]
}

function callItem({ id, name, arguments: text }: FakeCall): Fields {
  return { id: `fc_${id}`, type: 'function_call', status: 'completed', arguments: text, call_id: id, name }
}

function response(said: FakeSaid, status: string, output: readonly Fields[]): object {
  return {
    id: 'resp_fake',
    object: 'response',
    created_at: 1_700_000_000,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    model: said.model,
    output,
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    metadata: {},
    usage: status === 'completed' ? (said.usage ?? USAGE) : null,
    ...said.served,
  }
}

function choiceOf(choice: unknown): FakeAsk['choice'] {
  if (choice === 'none' || choice === 'required') return choice
  const name = textAt(choice, 'name')
  return name === '' ? 'auto' : { name }
}

function resultsOf(items: readonly Fields[]): readonly string[] {
  const from = items.findLastIndex((it) => it['type'] !== 'function_call_output') + 1
  return items.slice(from).map((it) => textOf(it['output']))
}
