/** `@google/genai`, Gemini. */
import { ApiError, type Content, type GenerateContentParameters, GoogleGenAI } from '@google/genai'
import { CITY, type OfficialClient, PICTURE, resultOf, TOOLS, TRIP } from '../official-client.ts'

const tools = [
  {
    functionDeclarations: TOOLS.map(({ name, description }) => ({
      name,
      description,
      parametersJsonSchema: CITY,
    })),
  },
]

/** It calls `/v1/…` unless told otherwise; people tell it otherwise. */
export const googleGenai = (apiVersion: 'v1' | 'v1beta'): OfficialClient => ({
  name: `@google/genai (${apiVersion})`,
  embeds: true,
  errorClass: () => ApiError,
  open(where) {
    const retryOptions = { attempts: where.retries + 1, initialDelay: 0.01 }
    const client = new GoogleGenAI({
      apiKey: where.key,
      apiVersion,
      httpOptions: { baseUrl: where.origin, retryOptions },
    })
    const ask = async (asked: GenerateContentParameters) => await client.models.generateContent(asked)
    return {
      plain: async (model, text) => (await ask({ model, contents: text })).text ?? '',
      async *stream(model, text, signal) {
        const config = signal === undefined ? {} : { abortSignal: signal }
        const stream = await client.models.generateContentStream({ model, contents: text, config })
        for await (const chunk of stream) yield chunk.text ?? ''
      },
      async tools(model, text) {
        const first: Content = { role: 'user', parts: [{ text }] }
        const said = await ask({ model, contents: [first], config: { tools } })
        const calls = said.functionCalls ?? []
        const parts = calls.map(({ id, name = '' }) => ({
          functionResponse: {
            ...(id === undefined ? {} : { id }),
            name,
            response: { result: resultOf(name) },
          },
        }))
        const spoken = said.candidates?.[0]?.content
        if (spoken === undefined) throw new Error('no candidate')
        const answer = await ask({
          model,
          contents: [first, spoken, { role: 'user', parts }],
          config: { tools },
        })
        return {
          called: calls.map((it) => ({ name: it.name ?? '', arguments: it.args })),
          answer: answer.text ?? '',
        }
      },
      async structured(model, text) {
        const config = { responseMimeType: 'application/json', responseJsonSchema: TRIP }
        return JSON.parse((await ask({ model, contents: text, config })).text ?? '') as unknown
      },
      async image(model, text) {
        const parts = [{ text }, { inlineData: { mimeType: 'image/png', data: PICTURE } }]
        return (await ask({ model, contents: [{ role: 'user', parts }] })).text ?? ''
      },
      async embed(model, texts) {
        const { embeddings = [] } = await client.models.embedContent({ model, contents: [...texts] })
        return embeddings.map((it) => it.values ?? [])
      },
    }
  },
})
