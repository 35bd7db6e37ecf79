/** `openai`, Chat Completions. */
import OpenAI from 'openai'
import {
  CITY,
  type ErrorClass,
  type OfficialClient,
  PICTURE,
  resultOf,
  TOOLS,
  TRIP,
  type Where,
} from '../official-client.ts'

type Message = OpenAI.Chat.ChatCompletionMessageParam

export const openaiClient = (it: Where): OpenAI =>
  new OpenAI({ baseURL: `${it.origin}/v1`, apiKey: it.key, maxRetries: it.retries })

export function openaiErrorClass(status: number): ErrorClass {
  if (status === 400) return OpenAI.BadRequestError
  if (status === 401) return OpenAI.AuthenticationError
  if (status === 404) return OpenAI.NotFoundError
  if (status === 429) return OpenAI.RateLimitError
  return status >= 500 ? OpenAI.InternalServerError : OpenAI.APIError
}

export const embedWith =
  (client: OpenAI) =>
  async (model: string, texts: readonly string[]): Promise<readonly (readonly number[])[]> => {
    const { data } = await client.embeddings.create({ model, input: [...texts] })
    return data.map((one) => one.embedding)
  }

const tools: OpenAI.Chat.ChatCompletionTool[] = TOOLS.map(({ name, description }) => ({
  type: 'function',
  function: { name, description, parameters: CITY, strict: true },
}))

export const openaiChat: OfficialClient = {
  name: 'openai (chat)',
  embeds: true,
  errorClass: openaiErrorClass,
  open(where) {
    const client = openaiClient(where)
    const ask = async (model: string, messages: Message[], more: object = {}) => {
      const reply = await client.chat.completions.create({ model, messages, ...more, stream: false })
      const [choice] = reply.choices
      if (choice === undefined) throw new Error('no choice')
      return choice.message
    }
    return {
      plain: async (model, text) => (await ask(model, [{ role: 'user', content: text }])).content ?? '',
      async *stream(model, text, signal) {
        const messages: Message[] = [{ role: 'user', content: text }]
        const options = signal === undefined ? {} : { signal }
        const stream = await client.chat.completions.create({ model, messages, stream: true }, options)
        for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? ''
      },
      async tools(model, text) {
        const messages: Message[] = [{ role: 'user', content: text }]
        const said = await ask(model, messages, { tools })
        const calls = (said.tool_calls ?? []).flatMap((it) => (it.type === 'function' ? [it] : []))
        const results = calls.map(
          (it): Message => ({ role: 'tool', tool_call_id: it.id, content: resultOf(it.function.name) }),
        )
        const { content } = await ask(model, [...messages, said, ...results], { tools })
        return {
          called: calls.map((it) => ({
            name: it.function.name,
            arguments: JSON.parse(it.function.arguments) as unknown,
          })),
          answer: content ?? '',
        }
      },
      async structured(model, text) {
        const response_format = {
          type: 'json_schema',
          json_schema: { name: 'trip', schema: TRIP, strict: true },
        }
        const said = await ask(model, [{ role: 'user', content: text }], { response_format })
        return JSON.parse(said.content ?? '') as unknown
      },
      async image(model, text) {
        const url = `data:image/png;base64,${PICTURE}`
        const content: OpenAI.Chat.ChatCompletionContentPart[] = [
          { type: 'text', text },
          { type: 'image_url', image_url: { url } },
        ]
        return (await ask(model, [{ role: 'user', content }])).content ?? ''
      },
      embed: embedWith(client),
    }
  },
}
