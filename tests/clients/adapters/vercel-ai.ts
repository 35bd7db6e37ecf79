/** `ai`, with each of its providers that speaks a format of ours. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createMistral } from '@ai-sdk/mistral'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  AISDKError,
  type EmbeddingModel,
  embedMany,
  generateText,
  jsonSchema,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { CITY, type OfficialClient, PICTURE, resultOf, TOOLS, TRIP, type Where } from '../official-client.ts'

interface Models {
  chat(model: string): LanguageModel
  readonly embedding?: (model: string) => EmbeddingModel
}

const tools = Object.fromEntries(
  TOOLS.map(({ name, description }) => [
    name,
    tool({ description, inputSchema: jsonSchema(CITY), execute: () => Promise.resolve(resultOf(name)) }),
  ]),
)

function vercelAi(provider: string, models: (where: Where) => Models, embeds = true): OfficialClient {
  return {
    name: `ai with ${provider}`,
    embeds,
    errorClass: () => AISDKError,
    open(where) {
      const { chat, embedding } = models(where)
      const maxRetries = where.retries
      return {
        plain: async (model, text) =>
          (await generateText({ model: chat(model), prompt: text, maxRetries })).text,
        async *stream(model, text, signal) {
          const abort = signal === undefined ? {} : { abortSignal: signal }
          const { textStream } = streamText({ model: chat(model), prompt: text, maxRetries, ...abort })
          yield* textStream
        },
        async tools(model, text) {
          const stopWhen = stepCountIs(2)
          const { steps, text: answer } = await generateText({
            model: chat(model),
            prompt: text,
            tools,
            stopWhen,
            maxRetries,
          })
          const calls = steps.flatMap((it) => it.toolCalls)
          return {
            called: calls.map((it) => ({ name: it.toolName, arguments: it.input })),
            answer,
          }
        },
        async structured(model, text) {
          const output = Output.object({ schema: jsonSchema(TRIP) })
          // By the name of a route it cannot tell that the model knows schemas, and would ask by a tool.
          const providerOptions = { anthropic: { structuredOutputMode: 'outputFormat' } }
          const asked = { model: chat(model), prompt: text, output, maxRetries, providerOptions }
          return (await generateText(asked)).output
        },
        async image(model, text) {
          const image = { type: 'file' as const, mediaType: 'image/png', data: PICTURE }
          const content = [{ type: 'text' as const, text }, image]
          const messages = [{ role: 'user' as const, content }]
          return (await generateText({ model: chat(model), messages, maxRetries })).text
        },
        ...(embedding === undefined
          ? {}
          : {
              embed: async (model: string, texts: readonly string[]) =>
                (await embedMany({ model: embedding(model), values: [...texts], maxRetries })).embeddings,
            }),
      }
    },
  }
}

export const vercelAiClients: readonly OfficialClient[] = [
  vercelAi('@ai-sdk/openai', ({ origin, key }) => {
    const openai = createOpenAI({ baseURL: `${origin}/v1`, apiKey: key })
    return { chat: (model) => openai(model), embedding: (model) => openai.embedding(model) }
  }),
  vercelAi(
    '@ai-sdk/openai (chat)',
    ({ origin, key }) => {
      const openai = createOpenAI({ baseURL: `${origin}/v1`, apiKey: key })
      return { chat: (model) => openai.chat(model) }
    },
    false,
  ),
  vercelAi('@ai-sdk/openai-compatible', ({ origin, key }) => {
    const compatible = createOpenAICompatible({
      name: 'changeover',
      baseURL: `${origin}/v1`,
      apiKey: key,
      supportsStructuredOutputs: true,
    })
    return { chat: (model) => compatible(model), embedding: (model) => compatible.embeddingModel(model) }
  }),
  vercelAi(
    '@ai-sdk/anthropic',
    ({ origin, key }) => {
      const anthropic = createAnthropic({ baseURL: `${origin}/v1`, apiKey: key })
      return { chat: (model) => anthropic(model) }
    },
    false,
  ),
  vercelAi('@ai-sdk/google', ({ origin, key }) => {
    const google = createGoogleGenerativeAI({ baseURL: `${origin}/v1beta`, apiKey: key })
    return { chat: (model) => google(model), embedding: (model) => google.embedding(model) }
  }),
  vercelAi('@ai-sdk/mistral', ({ origin, key }) => {
    const mistral = createMistral({ baseURL: `${origin}/v1`, apiKey: key })
    return { chat: (model) => mistral(model), embedding: (model) => mistral.embedding(model) }
  }),
]
