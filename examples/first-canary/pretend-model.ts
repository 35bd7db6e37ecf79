/**
 * A model that is not there: it answers in OpenAI's format, takes as long as one, and obeys its prompt in one point.
 *
 * Told not to talk about money, it refuses whoever asks about a price. That is how a prompt that reads well to its
 * author goes wrong: not with an error, and not for most callers.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'

const FORBIDS_MONEY = /\bmoney\b/i
const ABOUT_MONEY = /\b(?:price|cost|refund|cheaper)\b/i
const REFUSAL = 'I am sorry, I cannot talk about that.'
const LATENCY_MS = { least: 20, spread: 60 }

interface Message {
  readonly role: string
  readonly content: string
}

export interface PretendModel {
  readonly url: string
  close(): void
}

/** Resolves when it listens, on a free port of loopback. */
export async function startPretendModel(): Promise<PretendModel> {
  const server = createServer((request, response) => {
    void respond(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { messages, model } = JSON.parse(await bodyOf(request)) as { messages: Message[]; model: string }
  await after(LATENCY_MS.least + Math.random() * LATENCY_MS.spread)
  const about = { id: 'chatcmpl-pretend', object: 'chat.completion', created: 0, model }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ ...about, ...answer(messages) }))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function answer(messages: readonly Message[]): object {
  const prompt = messages.find((it) => it.role === 'system')?.content ?? ''
  const question = messages.at(-1)?.content ?? ''
  const refuses = FORBIDS_MONEY.test(prompt) && ABOUT_MONEY.test(question)
  const content = refuses ? null : `About "${question}": the evening show begins at eight.`
  const message = { role: 'assistant', content, refusal: refuses ? REFUSAL : null }
  const usage = {
    prompt_tokens: words(prompt) + words(question),
    completion_tokens: words(content ?? REFUSAL),
  }
  return {
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens },
  }
}

function words(text: string): number {
  return text.split(' ').length
}
