/** The wire formats by name, sorted. A new format is one file and one line here. */
import type { Wire, WireName } from '../contract/wire.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { bedrockConverse } from './bedrock-converse.ts'
import { gemini } from './gemini.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiCompletions } from './openai-completions.ts'
import { openaiResponses } from './openai-responses.ts'

const list: readonly Wire[] = [
  anthropicMessages,
  bedrockConverse,
  gemini,
  openaiChat,
  openaiCompletions,
  openaiResponses,
]

export const wires: ReadonlyMap<WireName, Wire> = new Map(list.map((it) => [it.name, it]))

/** The format of that name, which some provider or path of this program names. */
export function wireOf(name: WireName): Wire {
  const wire = wires.get(name)
  if (wire === undefined) throw new TypeError(`no wire format ${name}`)
  return wire
}
