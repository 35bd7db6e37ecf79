/** The APIs that a fake provider stands for. The first whose path it is; chat completions take all others. */
import { chatWire } from './chat.ts'
import { completionsWire } from './completions.ts'
import { converseWire } from './converse.ts'
import { embeddingsWire } from './embeddings.ts'
import type { FakeWire } from './fake-wire.ts'
import { geminiWire } from './gemini.ts'
import { messagesWire } from './messages.ts'
import { responsesWire } from './responses.ts'

const list: readonly FakeWire[] = [
  completionsWire,
  converseWire,
  embeddingsWire,
  geminiWire,
  messagesWire,
  responsesWire,
]

export function fakeWireAt(path: string): FakeWire {
  return list.find((it) => it.matches(path)) ?? chatWire
}
