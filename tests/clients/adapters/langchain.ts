/** `@langchain/openai`. It throws what `openai` throws. */
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { CITY, type OfficialClient, PICTURE, resultOf, TOOLS, TRIP } from '../official-client.ts'
import { openaiErrorClass } from './openai-chat.ts'

const tools = TOOLS.map(({ name, description }) => ({
  type: 'function' as const,
  function: { name, description, parameters: CITY },
}))

export const langchain: OfficialClient = {
  name: '@langchain/openai',
  embeds: true,
  errorClass: openaiErrorClass,
  open({ origin, key, retries }) {
    const configuration = { baseURL: `${origin}/v1` }
    const chat = (model: string): ChatOpenAI =>
      new ChatOpenAI({ model, apiKey: key, maxRetries: retries, configuration })
    return {
      plain: async (model, text) => (await chat(model).invoke(text)).text,
      async *stream(model, text, signal) {
        const options = signal === undefined ? {} : { signal }
        for await (const chunk of await chat(model).stream(text, options)) yield chunk.text
      },
      async tools(model, text) {
        const bound = chat(model).bindTools(tools)
        const first = new HumanMessage(text)
        const said = await bound.invoke([first])
        const calls = said.tool_calls ?? []
        const results = calls.map(
          ({ id = '', name }) => new ToolMessage({ tool_call_id: id, content: resultOf(name) }),
        )
        const answer = await bound.invoke([first, said, ...results])
        return { called: calls.map((it) => ({ name: it.name, arguments: it.args })), answer: answer.text }
      },
      structured: async (model, text) =>
        await chat(model).withStructuredOutput(TRIP, { name: 'trip', method: 'jsonSchema' }).invoke(text),
      async image(model, text) {
        const image_url = { url: `data:image/png;base64,${PICTURE}` }
        const content = [
          { type: 'text', text },
          { type: 'image_url', image_url },
        ]
        return (await chat(model).invoke([new HumanMessage({ content })])).text
      },
      async embed(model, texts) {
        const embeddings = new OpenAIEmbeddings({ model, apiKey: key, maxRetries: retries, configuration })
        return await embeddings.embedDocuments([...texts])
      },
    }
  },
}
