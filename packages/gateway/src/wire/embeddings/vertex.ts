/** Vertex AI's embeddings, by `predict`: an instance for each input, a prediction for each vector. */
import type { EmbedWire } from '../../contract/embeddings.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { tokenCount } from '../token-count.ts'
import { googleTask } from './gemini.ts'
import { textsOf, warnOfEmbed } from './texts.ts'
import { readVectors } from './vectors.ts'

export const vertexPredictEmbeddings: EmbedWire = {
  name: 'vertex-predict-embeddings',
  errors: 'gemini',
  caller: null,
  writeRequest(request) {
    const task = googleTask(request.task)
    const instances = textsOf(request, 'vertex-predict-embeddings').map((content) =>
      present({ content, task_type: task, title: request.title }),
    )
    const parameters: Fields = present<Record<string, unknown>>({
      outputDimensionality: request.dimensions,
      autoTruncate: request.truncate === undefined ? undefined : request.truncate !== 'none',
    })
    const body = Object.keys(parameters).length === 0 ? { instances } : { instances, parameters }
    return { body, warnings: warnOfEmbed(request, ['user']) }
  },
  parseReply(body) {
    const { predictions } = body
    if (!Array.isArray(predictions)) return null
    const embeddings = predictions.map((it: unknown) =>
      isFields(it) && isFields(it['embeddings']) ? it['embeddings'] : {},
    )
    const vectors = readVectors(embeddings.map((it) => it['values']))
    if (vectors === null) return null
    const counts = embeddings.map((it) =>
      isFields(it['statistics']) ? tokenCount(it['statistics']['token_count']) : undefined,
    )
    const known = counts.every((it) => it !== undefined)
    const inputTokens = counts.reduce<number>((sum, it) => sum + (it ?? 0), 0)
    return { model: '', vectors, usage: known ? { inputTokens, outputTokens: 0 } : null }
  },
}
