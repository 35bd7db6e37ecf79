/** OpenAI's embeddings, as numbers or in base64. */
import { chatWire, isMistralPath } from './chat.ts'
import { type FakeAsk, type FakeWire, NO_ASK, SSE, textAt } from './fake-wire.ts'
import { vectorOf } from './vector.ts'

export const embeddingsWire: FakeWire = {
  streamType: SSE,
  matches: (path) => path.endsWith('/embeddings'),
  ask(path, body) {
    const inputs = [body['input']].flat().map((it) => JSON.stringify(it ?? ''))
    // The encoding is all that is asked beside: it travels as the text.
    return {
      ...NO_ASK,
      model: textAt(body, 'model'),
      inputs,
      text: textAt(body, 'encoding_format'),
      isMistral: isMistralPath(path),
    }
  },
  whole: (said, ask) => ({
    ...(ask.isMistral ? { id: 'embd-fake' } : {}),
    object: 'list',
    data: ask.inputs.map((it, index) => ({ object: 'embedding', index, embedding: encoded(it, ask) })),
    model: said.model,
    usage: said.usage ?? { prompt_tokens: ask.inputs.length, total_tokens: ask.inputs.length },
  }),
  events: () => [],
  error: chatWire.error,
}

function encoded(text: string, ask: FakeAsk): unknown {
  const vector = vectorOf(text)
  return ask.text === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector
}
