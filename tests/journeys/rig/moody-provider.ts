/**
 * A provider that does what providers do wrong: it obeys a prompt too well, is slow, is ill, no longer takes a key, and
 * does not take an empty prompt. What it does follows from the request alone, so nothing here is left to chance.
 *
 * Not here: an echo of what was asked (`echo-provider.ts`).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pause } from './until.ts'

/** The model's own id says how it is. */
export const MODELS = { quick: 'quick-model', slow: 'slow-model', ill: 'ill-model' } as const
export const PROVIDER_KEYS = { valid: 'provider-key-valid', revoked: 'provider-key-revoked' } as const
/** Whose prompt has this word does not talk about what people ask for most. */
export const FORBIDDING = 'Never talk about money.'
export const ABOUT_MONEY = 'What is the price of a ticket?'

const QUICK_MS = 40
const SLOW_MS = 400
/** Words of an answer, and of a refusal too: what a change costs is to show only where it is about costs. */
const WORDS = 20

export interface MoodyProvider {
  readonly origin: string
  close(): Promise<void>
}

export async function startMoodyProvider(): Promise<MoodyProvider> {
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Asked {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const { model, messages } = JSON.parse(Buffer.concat(parts).toString()) as Asked
  const prompt = messages.find((it) => it.role === 'system')?.content
  if (request.headers.authorization !== `Bearer ${PROVIDER_KEYS.valid}`)
    return refuse(response, 401, 'invalid_api_key')
  if (prompt?.trim() === '') return refuse(response, 400, 'empty_content')
  if (model === MODELS.ill) return refuse(response, 500, 'server_error')
  await pause(model === MODELS.slow ? SLOW_MS : QUICK_MS)
  send(response, 200, reply(model, prompt ?? '', messages.at(-1)?.content ?? ''))
}

function reply(model: string, prompt: string, question: string): object {
  const refuses = prompt.includes(FORBIDDING) && question === ABOUT_MONEY
  const message = {
    role: 'assistant',
    content: refuses ? null : 'word '.repeat(WORDS),
    refusal: refuses ? 'I cannot talk about that.' : null,
  }
  const promptTokens = 100 + question.length
  return {
    id: 'chatcmpl-moody',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: WORDS,
      total_tokens: promptTokens + WORDS,
    },
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  send(response, status, { error: { message: `this is ${code}`, type: code, code, param: null } })
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
  })
  response.end(text)
}
