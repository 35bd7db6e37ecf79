/** `@openai/agents`, which speaks Responses, and runs the tools by itself. It throws what `openai` throws. */
import {
  Agent,
  type AgentInputItem,
  OpenAIResponsesModel,
  Runner,
  setTracingDisabled,
  tool,
} from '@openai/agents'
import { CITY, type OfficialClient, PICTURE, resultOf, TOOLS, TRIP } from '../official-client.ts'
import { openaiClient, openaiErrorClass } from './openai-chat.ts'

setTracingDisabled(true)

export const agents: OfficialClient = {
  name: '@openai/agents',
  embeds: false,
  errorClass: openaiErrorClass,
  open(where) {
    const client = openaiClient(where)
    const runner = new Runner()
    const agentOf = (model: string, more: object = {}) =>
      new Agent({ name: 'guide', model: new OpenAIResponsesModel(client, model), ...more })
    const run = async (model: string, input: string | AgentInputItem[], more: object = {}) =>
      await runner.run(agentOf(model, more), input)
    return {
      plain: async (model, text) => String((await run(model, text)).finalOutput),
      async *stream(model, text, signal) {
        const options = signal === undefined ? {} : { signal }
        const result = await runner.run(agentOf(model), text, { stream: true, ...options })
        for await (const piece of result.toTextStream()) yield piece
        await result.completed
      },
      async tools(model, text) {
        const called: { name: string; arguments: unknown }[] = []
        const tools = TOOLS.map(({ name, description }) =>
          tool({
            name,
            description,
            parameters: { ...CITY, required: [...CITY.required] },
            strict: true,
            execute: (given) => {
              called.push({ name, arguments: given })
              return resultOf(name)
            },
          }),
        )
        return { called, answer: String((await run(model, text, { tools })).finalOutput) }
      },
      async structured(model, text) {
        const outputType = { type: 'json_schema', name: 'trip', strict: true, schema: TRIP }
        return (await run(model, text, { outputType })).finalOutput
      },
      async image(model, text) {
        const content = [
          { type: 'input_text' as const, text },
          { type: 'input_image' as const, image: `data:image/png;base64,${PICTURE}` },
        ]
        return String((await run(model, [{ role: 'user', content }])).finalOutput)
      },
    }
  },
}
