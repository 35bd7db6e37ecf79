/** OpenAI's older completions of texts. */
import { chatWire } from './chat.ts'
import { COUNTS, type FakeWire, frame, NO_ASK, SSE, textAt, words } from './fake-wire.ts'

const USAGE = {
  prompt_tokens: COUNTS.input,
  completion_tokens: COUNTS.output,
  total_tokens: COUNTS.input + COUNTS.output,
}

export const completionsWire: FakeWire = {
  streamType: SSE,
  matches: (path) => path.endsWith('/completions') && !path.endsWith('/chat/completions'),
  ask: (_path, body) => ({
    ...NO_ASK,
    model: textAt(body, 'model'),
    stream: body['stream'] === true,
    text: [body['prompt']].flat().join(' '),
  }),
  whole: ({ model, text, usage = USAGE }) => ({ ...completion(model, text, 'stop'), usage }),
  events: ({ model, text, usage = USAGE }) => [
    ...words(text).map((it) => frame(completion(model, it, null))),
    frame(completion(model, '', 'stop')),
    frame({ ...completion(model, '', null), choices: [], usage }),
    'data: [DONE]\n\n',
  ],
  error: chatWire.error,
}

function completion(model: string, text: string, finish: string | null): object {
  return {
    id: 'cmpl-fake',
    object: 'text_completion',
    created: 1_700_000_000,
    model,
    choices: [{ text, index: 0, logprobs: null, finish_reason: finish }],
  }
}
