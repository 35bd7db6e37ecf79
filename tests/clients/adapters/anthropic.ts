/** `@anthropic-ai/sdk`, Messages. */
import Anthropic from '@anthropic-ai/sdk'
import { CITY, type OfficialClient, PICTURE, resultOf, TOOLS, TRIP } from '../official-client.ts'

type Message = Anthropic.MessageParam

const tools: Anthropic.Tool[] = TOOLS.map(({ name, description }) => ({
  name,
  description,
  input_schema: { ...CITY, required: [...CITY.required] },
}))

export const anthropic: OfficialClient = {
  name: '@anthropic-ai/sdk',
  embeds: false,
  errorClass(status) {
    if (status === 400) return Anthropic.BadRequestError
    if (status === 401) return Anthropic.AuthenticationError
    if (status === 404) return Anthropic.NotFoundError
    if (status === 429) return Anthropic.RateLimitError
    return status >= 500 ? Anthropic.InternalServerError : Anthropic.APIError
  },
  open(where) {
    const client = new Anthropic({ baseURL: where.origin, apiKey: where.key, maxRetries: where.retries })
    const ask = async (model: string, messages: Message[], more: object = {}): Promise<Anthropic.Message> =>
      await client.messages.create({ model, max_tokens: 256, messages, ...more, stream: false })
    return {
      plain: async (model, text) => textOf(await ask(model, [{ role: 'user', content: text }])),
      async *stream(model, text, signal) {
        const options = signal === undefined ? {} : { signal }
        const messages: Message[] = [{ role: 'user', content: text }]
        const stream = client.messages.stream({ model, max_tokens: 256, messages }, options)
        for await (const event of stream) {
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
            yield event.delta.text
        }
      },
      async tools(model, text) {
        const messages: Message[] = [{ role: 'user', content: text }]
        const said = await ask(model, messages, { tools })
        const calls = said.content.filter((it) => it.type === 'tool_use')
        const results = calls.map((it) => ({
          type: 'tool_result' as const,
          tool_use_id: it.id,
          content: resultOf(it.name),
        }))
        const turns: Message[] = [
          { role: 'assistant', content: said.content },
          { role: 'user', content: results },
        ]
        return {
          called: calls.map((it) => ({ name: it.name, arguments: it.input })),
          answer: textOf(await ask(model, [...messages, ...turns], { tools })),
        }
      },
      async structured(model, text) {
        const output_config = { format: { type: 'json_schema', schema: TRIP } }
        return JSON.parse(
          textOf(await ask(model, [{ role: 'user', content: text }], { output_config })),
        ) as unknown
      },
      async image(model, text) {
        const source = { type: 'base64' as const, media_type: 'image/png' as const, data: PICTURE }
        const content = [
          { type: 'text' as const, text },
          { type: 'image' as const, source },
        ]
        return textOf(await ask(model, [{ role: 'user', content }]))
      },
    }
  },
}

function textOf(message: Anthropic.Message): string {
  return message.content.map((it) => (it.type === 'text' ? it.text : '')).join('')
}
