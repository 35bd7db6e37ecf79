/** What a fake provider says, in the form of the provider it stands for. */

export interface FakeBodies {
  whole(model: string, text: string): object
  /** Framed server-sent events, in order: the first opens the answer, the second is the first word. */
  events(model: string, text: string): readonly string[]
  error(status: number): object
}

export const openaiBodies: FakeBodies = {
  whole: (model, text) => ({
    id: 'chatcmpl-fake',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 11,
      completion_tokens: 7,
      total_tokens: 18,
      prompt_tokens_details: { cached_tokens: 3 },
    },
    system_fingerprint: 'fp_fake',
  }),
  events(model, text) {
    const chunk = (delta: object, finish: string | null, more: object = {}) =>
      frame({
        id: 'chatcmpl-fake',
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model,
        choices: [{ index: 0, delta, finish_reason: finish }],
        ...more,
      })
    return [
      chunk({ role: 'assistant', content: '' }, null),
      ...words(text).map((content) => chunk({ content }, null)),
      chunk({}, 'stop'),
      chunk({}, null, { choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } }),
      'data: [DONE]\n\n',
    ]
  },
  error: (status) => ({
    error: { message: `fake refusal ${status}`, type: 'fake_error', param: null, code: 'fake' },
  }),
}

export const anthropicBodies: FakeBodies = {
  whole: (model, text) => ({
    id: 'msg_fake',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 8, cache_read_input_tokens: 3, output_tokens: 7 },
  }),
  events(model, text) {
    const usage = { input_tokens: 8, cache_read_input_tokens: 3, output_tokens: 1 }
    const message = { id: 'msg_fake', type: 'message', role: 'assistant', model, content: [], usage }
    return [
      typed({ type: 'message_start', message }),
      typed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      ...words(text).map((it) =>
        typed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: it } }),
      ),
      typed({ type: 'content_block_stop', index: 0 }),
      typed({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
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

function words(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? []
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function typed(value: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${value.type}\n${frame(value)}`
}
