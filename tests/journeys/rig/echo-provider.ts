/**
 * A provider that answers with what reached it: model, system prompt, and whose key. From the answer a test can
 * tell which settings a request ran under, without believing the gateway's own word.
 *
 * The last user message says how to answer: `{"chunks":20,"everyMs":50}`. Each chunk of a stream carries the whole
 * echo, so that the first and the last byte can be compared.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Echo {
  readonly model: string
  /** Text of the system message; empty when there is none. */
  readonly prompt: string
  /** Bearer key that the gateway sent. */
  readonly key: string
  /** `traceparent` that the gateway sent. */
  readonly traceparent: string
}

export interface Wish {
  /** Of a stream, beside the one that ends it. Default 3. */
  readonly chunks?: number
  /** Default 0. */
  readonly everyMs?: number
}

export interface EchoProvider {
  readonly origin: string
  readonly count: number
  close(): Promise<void>
}

interface Asked {
  readonly model?: string
  readonly stream?: boolean
  readonly messages?: readonly { readonly role: string; readonly content: string }[]
}

export async function startEchoProvider(): Promise<EchoProvider> {
  let count = 0
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    count += 1
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get count() {
      return count
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What to ask for, as the content of a user message. */
export function wishing(wish: Wish): string {
  return JSON.stringify(wish)
}

export function readEcho(content: string): Echo {
  return JSON.parse(content) as Echo
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const asked = JSON.parse(Buffer.concat(parts).toString()) as Asked
  const { model = '', messages = [] } = asked
  const echo: Echo = {
    model,
    prompt: messages.find((it) => it.role === 'system')?.content ?? '',
    key: (request.headers.authorization ?? '').replace(/^Bearer /, ''),
    traceparent: String(request.headers['traceparent'] ?? ''),
  }
  const wish = wishOf(messages.at(-1)?.content)
  if (asked.stream === true) stream(response, echo, wish)
  else whole(response, echo)
}

function wishOf(content: string | undefined): Wish {
  return content?.startsWith('{') === true ? (JSON.parse(content) as Wish) : {}
}

const head = { id: 'chatcmpl-echo', created: 1_700_000_000 }

function whole(response: ServerResponse, echo: Echo): void {
  const message = { role: 'assistant', content: JSON.stringify(echo), refusal: null }
  const body = JSON.stringify({
    ...head,
    object: 'chat.completion',
    model: echo.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
  })
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  })
  response.end(body)
}

function stream(response: ServerResponse, echo: Echo, { chunks = 3, everyMs = 0 }: Wish): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const frame = (delta: object, finish: string | null): string => {
    const choices = [{ index: 0, delta, finish_reason: finish }]
    const chunk = { ...head, object: 'chat.completion.chunk', model: echo.model, choices }
    return `data: ${JSON.stringify(chunk)}\n\n`
  }
  const piece = frame({ content: `${JSON.stringify(echo)}\n` }, null)
  let left = chunks
  const next = (): void => {
    if (response.destroyed) return
    if (left === 0) {
      response.end(`${frame({}, 'stop')}data: [DONE]\n\n`)
      return
    }
    left -= 1
    response.write(piece)
    if (everyMs === 0) next()
    else setTimeout(next, everyMs)
  }
  next()
}
