/** The formats of embeddings by name, in the order in which a provider that speaks several is asked. */
import type { EmbedWire, EmbedWireName } from '../../contract/embeddings.ts'
import { bedrockInvokeEmbeddings } from './bedrock.ts'
import { cohereEmbeddings } from './cohere.ts'
import { geminiBatchEmbeddings, geminiEmbeddings } from './gemini.ts'
import { openaiEmbeddings } from './openai.ts'
import { vertexPredictEmbeddings } from './vertex.ts'

export const embedWires: readonly EmbedWire[] = [
  openaiEmbeddings,
  geminiBatchEmbeddings,
  geminiEmbeddings,
  cohereEmbeddings,
  vertexPredictEmbeddings,
  bedrockInvokeEmbeddings,
]

export function embedWireOf(name: EmbedWireName): EmbedWire {
  const wire = embedWires.find((it) => it.name === name)
  if (wire === undefined) throw new TypeError(`no format of embeddings ${name}`)
  return wire
}
