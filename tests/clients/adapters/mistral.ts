/**
 * `@mistralai/mistralai`.
 *
 * Imported by path: the package offers its own TypeScript sources under the condition that ours are found by.
 */
import { Mistral } from '../node_modules/@mistralai/mistralai/esm/index.js'
import { MistralError } from '../node_modules/@mistralai/mistralai/esm/models/errors/index.js'
import { CITY, type OfficialClient, PICTURE, resultOf, TOOLS, TRIP } from '../official-client.ts'

type ChatRequest = Parameters<Mistral['chat']['complete']>[0]
type Message = ChatRequest['messages'][number]

const tools = TOOLS.map(({ name, description }) => ({
  type: 'function' as const,
  function: { name, description, parameters: { ...CITY } },
}))

export const mistral: OfficialClient = {
  name: '@mistralai/mistralai',
  embeds: true,
  errorClass: () => MistralError,
  open(where) {
    const backoff = { initialInterval: 10, maxInterval: 20, exponent: 1, maxElapsedTime: 5000 }
    const client = new Mistral({
      apiKey: where.key,
      serverURL: where.origin,
      retryConfig: where.retries === 0 ? { strategy: 'none' } : { strategy: 'backoff', backoff },
    })
    const ask = async (model: string, messages: Message[], more: Partial<ChatRequest> = {}) => {
      const reply = await client.chat.complete({ model, messages, ...more })
      const message = reply.choices[0]?.message
      if (message === undefined || message === null) throw new Error('no choice')
      return message
    }
    return {
      plain: async (model, text) => textOf((await ask(model, [{ role: 'user', content: text }])).content),
      async *stream(model, text, signal) {
        const messages: Message[] = [{ role: 'user', content: text }]
        const options = signal === undefined ? {} : { fetchOptions: { signal } }
        const stream = await client.chat.stream({ model, messages }, options)
        for await (const event of stream) yield textOf(event.data.choices[0]?.delta.content)
      },
      async tools(model, text) {
        const messages: Message[] = [{ role: 'user', content: text }]
        const said = await ask(model, messages, { tools })
        const calls = said.toolCalls ?? []
        const results = calls.map(
          (it): Message => ({
            role: 'tool',
            toolCallId: it.id ?? '',
            name: it.function.name,
            content: resultOf(it.function.name),
          }),
        )
        const turns: Message[] = [{ ...said, role: 'assistant' }, ...results]
        return {
          called: calls.map(({ function: { name, arguments: given } }) => ({
            name,
            arguments: typeof given === 'string' ? (JSON.parse(given) as unknown) : given,
          })),
          answer: textOf((await ask(model, [...messages, ...turns], { tools })).content),
        }
      },
      async structured(model, text) {
        const jsonSchema = { name: 'trip', schemaDefinition: { ...TRIP }, strict: true }
        const responseFormat = { type: 'json_schema' as const, jsonSchema }
        const said = await ask(model, [{ role: 'user', content: text }], { responseFormat })
        return JSON.parse(textOf(said.content)) as unknown
      },
      async image(model, text) {
        const imageUrl = `data:image/png;base64,${PICTURE}`
        const content = [
          { type: 'text' as const, text },
          { type: 'image_url' as const, imageUrl },
        ]
        return textOf((await ask(model, [{ role: 'user', content }])).content)
      },
      async embed(model, texts) {
        const { data } = await client.embeddings.create({ model, inputs: [...texts] })
        return data.map((it) => it.embedding ?? [])
      },
    }
  },
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((it: { text?: string }) => it.text ?? '').join('')
}
