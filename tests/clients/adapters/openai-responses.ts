/** `openai`, Responses. */
import type OpenAI from 'openai'
import { CITY, type OfficialClient, PICTURE, resultOf, TOOLS, TRIP } from '../official-client.ts'
import { openaiClient, openaiErrorClass } from './openai-chat.ts'

type Input = OpenAI.Responses.ResponseInput

const tools: OpenAI.Responses.Tool[] = TOOLS.map(({ name, description }) => ({
  type: 'function',
  name,
  description,
  parameters: CITY,
  strict: true,
}))

export const openaiResponses: OfficialClient = {
  name: 'openai (responses)',
  embeds: false,
  errorClass: openaiErrorClass,
  open(where) {
    const client = openaiClient(where)
    return {
      plain: async (model, text) => (await client.responses.create({ model, input: text })).output_text,
      async *stream(model, text, signal) {
        const options = signal === undefined ? {} : { signal }
        const stream = await client.responses.create({ model, input: text, stream: true }, options)
        for await (const event of stream) if (event.type === 'response.output_text.delta') yield event.delta
      },
      async tools(model, text) {
        const input: Input = [{ role: 'user', content: text }]
        const said = await client.responses.create({ model, input, tools })
        const calls = said.output.filter((it) => it.type === 'function_call')
        const results = calls.map((it) => ({
          type: 'function_call_output' as const,
          call_id: it.call_id,
          output: resultOf(it.name),
        }))
        const next: Input = [...input, ...(said.output as Input), ...results]
        const { output_text } = await client.responses.create({ model, input: next, tools })
        return {
          called: calls.map((it) => ({ name: it.name, arguments: JSON.parse(it.arguments) as unknown })),
          answer: output_text,
        }
      },
      async structured(model, text) {
        const format = { type: 'json_schema' as const, name: 'trip', schema: TRIP, strict: true }
        const said = await client.responses.create({ model, input: text, text: { format } })
        return JSON.parse(said.output_text) as unknown
      },
      async image(model, text) {
        const content: OpenAI.Responses.ResponseInputMessageContentList = [
          { type: 'input_text', text },
          { type: 'input_image', image_url: `data:image/png;base64,${PICTURE}`, detail: 'auto' },
        ]
        return (await client.responses.create({ model, input: [{ role: 'user', content }] })).output_text
      },
    }
  },
}
