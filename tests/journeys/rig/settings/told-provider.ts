/**
 * A provider that does what the last message of each request tells it. Several requests at once can want different
 * things, in any order, which a script of next steps could not do.
 *
 * A message is words with spaces between: `one=status:500 two=slow:200` says what provider `one` and provider `two` do;
 * whoever is not named answers at once with what reached him.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ToldProvider {
  readonly name: string
  readonly origin: string
  close(): Promise<void>
}

/** What an answer holds: what reached the provider. */
export interface Told {
  readonly provider: string
  /** How many requests came before, and this one. */
  readonly serial: number
  readonly model: string
  readonly system: string
  readonly temperature: number | null
  readonly key: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  /** The whole request. */
  readonly body: Fields
}

type Fields = Readonly<Record<string, unknown>>

interface Asked {
  readonly body: Fields
  readonly model: string
  readonly stream: boolean
  readonly system: string
  readonly message: string
  readonly temperature: number | null
}

export async function startToldProvider(name: string): Promise<ToldProvider> {
  const provider = new Provider(name)
  await provider.listen()
  return provider
}

class Provider implements ToldProvider {
  readonly name: string
  origin = ''
  readonly #messages: string[] = []
  readonly #server: Server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    void this.#receive(request, response)
  })

  constructor(name: string) {
    this.name = name
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const asked = readAsked(Buffer.concat(parts).toString())
    this.#messages.push(asked.message)
    const order = asked.message.split(' ').find((it) => it.startsWith(`${this.name}=`)) ?? ''
    const [what = '', value = ''] = order.slice(this.name.length + 1).split(':')
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    const { url: path = '', headers } = request
    this.#obey({ what, value, asked, key, path, headers }, response)
  }

  #obey(it: Order, response: ServerResponse): void {
    const { what, value, asked, key, path, headers } = it
    const told: Told = {
      provider: this.name,
      serial: this.#messages.length,
      model: asked.model,
      system: asked.system,
      temperature: asked.temperature,
      key,
      path,
      headers,
      body: asked.body,
    }
    const inPath = FORMATS.find(([end]) => path.split('?')[0]?.endsWith(end) === true)
    const answer = () => {
      if (inPath !== undefined) send(response, inPath[1](told))
      else if (asked.stream) stream(response, told, 0)
      else whole(response, told)
    }
    if (what === 'status') refuse(response, Number(value), 'as it was told')
    else if (what === 'says') refuse(response, 400, value)
    else if (what === 'flaky' && this.#messages.filter((its) => its === asked.message).length === 1) {
      refuse(response, 500, 'this once')
    } else if (what === 'refuses-key' && value === key) refuse(response, 401, 'no such key')
    else if (what === 'slow') setTimeout(answer, Number(value))
    else if (what === 'gap') stream(response, told, Number(value))
    else if (what === 'forever') forever(response, told)
    else if (what === 'cut') response.destroy()
    else if (what === 'parts') send(response, wholeOf(told, [{ type: 'text', text: JSON.stringify(told) }]))
    else if (what === 'fault') send(response, { fault: { text: value } }, 400)
    else if (what === 'all-kinds')
      send(response, { ...wholeOf(told, JSON.stringify(told)), usage: allKinds, service_tier: 'flex' })
    else if (what === 'left')
      whole(response, told, { 'x-ratelimit-limit-requests': '100', 'x-ratelimit-remaining-requests': value })
    else if (what !== 'hang') answer()
  }
}

interface Order {
  readonly what: string
  readonly value: string
  readonly asked: Asked
  readonly key: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
}

function readAsked(text: string): Asked {
  const body = JSON.parse(text) as {
    model: string
    stream?: boolean
    temperature?: number
    messages?: readonly { role: string; content: string }[]
    /** A text to be embedded, or the items of a request in another format. */
    input?: unknown
  }
  const { messages = [] } = body
  return {
    body,
    model: body.model,
    stream: body.stream === true,
    system: messages.find((it) => it.role === 'system')?.content ?? '',
    message: messages.at(-1)?.content ?? (typeof body.input === 'string' ? body.input : ''),
    temperature: body.temperature ?? null,
  }
}

const usage = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 }

/** Of a thousand tokens of the request, 340 are plain; of those of the reply, 550. */
const allKinds = {
  ...usage,
  num_search_queries: 3,
  prompt_tokens_details: {
    cached_tokens: 100,
    cached_tokens_details: { audio_tokens: 40 },
    cache_write_tokens: 200,
    cache_creation_token_details: { ephemeral_1h_input_tokens: 50 },
    audio_tokens: 300,
    image_tokens: 100,
  },
  completion_tokens_details: { audio_tokens: 100, image_tokens: 150, reasoning_tokens: 200 },
}

function whole(response: ServerResponse, told: Told, headers: Readonly<Record<string, string>> = {}): void {
  send(response, wholeOf(told, JSON.stringify(told)), 200, headers)
}

function wholeOf(told: Told, content: unknown): object {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }]
  return { id: 'c', object: 'chat.completion', created: 1, model: told.model, choices, usage }
}

function send(
  response: ServerResponse,
  value: object,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(value)
  const length = String(Buffer.byteLength(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers })
  response.end(body)
}

/** Other formats, by the end of the path, for settings that are about translation. */
const FORMATS: readonly (readonly [string, (told: Told) => object])[] = [
  [
    '/messages',
    (told) => ({
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: told.model,
      content: [{ type: 'text', text: JSON.stringify(told) }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
  ],
  [
    '/responses',
    (told) => ({
      id: 'r',
      object: 'response',
      status: 'completed',
      model: told.model,
      output: [{ type: 'message', content: [{ type: 'output_text', text: JSON.stringify(told) }] }],
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
  ],
  [
    '/texts',
    (told) => ({
      id: 't',
      object: 'text_completion',
      created: 1,
      model: told.model,
      choices: [{ text: JSON.stringify(told), index: 0, logprobs: null, finish_reason: 'stop' }],
      usage,
    }),
  ],
  [
    '/embeddings',
    ({ body, model }) => ({
      object: 'list',
      model,
      data: [{ object: 'embedding', index: 0, embedding: lettersOf(String(body['input'])) }],
      usage: { prompt_tokens: 1, total_tokens: 1 },
    }),
  ],
  [
    '/vectors',
    (told) => ({
      object: 'list',
      model: JSON.stringify(told),
      data: [{ object: 'embedding', index: 0, embedding: [1] }],
      usage: { prompt_tokens: 1, total_tokens: 1 },
    }),
  ],
]

/** How often each letter is in it: the same whatever their order. */
function lettersOf(text: string): readonly number[] {
  return Array.from('abcdefghijklmnopqrstuvwxyz').map((it) => text.split(it).length - 1)
}

function frame(told: Told, content: string, finish: string | null): string {
  const choices = [{ index: 0, delta: finish === null ? { content } : {}, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: told.model, choices })}\n\n`
}

function stream(response: ServerResponse, told: Told, gapMs: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(frame(told, JSON.stringify(told), null))
  setTimeout(() => response.end(`${frame(told, '', 'stop')}data: [DONE]\n\n`), gapMs)
}

function forever(response: ServerResponse, told: Told): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => response.write(frame(told, 'on ', null)), 10)
  response.on('close', () => clearInterval(timer))
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message, type: 'error', code: message } }))
}
