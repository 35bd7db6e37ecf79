/** The wire formats by name, sorted. A new format is one file and one line here. */
import type { Wire, WireName } from '../contract/wire.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { openaiChat } from './openai-chat.ts'

export const wires: Readonly<Record<WireName, Wire>> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat': openaiChat,
}
