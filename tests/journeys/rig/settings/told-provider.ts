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
  readonly model: string
  readonly system: string
  readonly temperature: number | null
  readonly key: string
}

interface Asked {
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
    if (request.url?.endsWith('/messages') === true) inOtherFormat(response, asked)
    else this.#obey({ what, value, asked, key }, response)
  }

  #obey(it: { what: string; value: string; asked: Asked; key: string }, response: ServerResponse): void {
    const { what, value, asked, key } = it
    const told: Told = {
      provider: this.name,
      model: asked.model,
      system: asked.system,
      temperature: asked.temperature,
      key,
    }
    const answer = () => (asked.stream ? stream(response, told, 0) : whole(response, told))
    if (what === 'status') refuse(response, Number(value), 'as it was told')
    else if (what === 'says') refuse(response, 400, value)
    else if (what === 'flaky' && this.#messages.filter((its) => its === asked.message).length === 1) {
      refuse(response, 500, 'this once')
    } else if (what === 'refuses-key' && value === key) refuse(response, 401, 'no such key')
    else if (what === 'slow') setTimeout(answer, Number(value))
    else if (what === 'gap') stream(response, told, Number(value))
    else if (what === 'forever') forever(response, told)
    else if (what === 'cut') response.destroy()
    else if (what === 'left')
      whole(response, told, { 'x-ratelimit-limit-requests': '100', 'x-ratelimit-remaining-requests': value })
    else if (what !== 'hang') answer()
  }
}

function readAsked(text: string): Asked {
  const body = JSON.parse(text) as {
    model: string
    stream?: boolean
    temperature?: number
    messages: readonly { role: string; content: string }[]
  }
  return {
    model: body.model,
    stream: body.stream === true,
    system: body.messages.find((it) => it.role === 'system')?.content ?? '',
    message: body.messages.at(-1)?.content ?? '',
    temperature: body.temperature ?? null,
  }
}

const usage = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 }

function whole(response: ServerResponse, told: Told, headers: Readonly<Record<string, string>> = {}): void {
  const message = { role: 'assistant', content: JSON.stringify(told) }
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  const body = JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: told.model,
    choices,
    usage,
  })
  const length = String(Buffer.byteLength(body))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length, ...headers })
  response.end(body)
}

/** Anthropic's format, for settings that are about translation. */
function inOtherFormat(response: ServerResponse, { model }: Asked): void {
  const content = [{ type: 'text', text: '{}' }]
  const counts = { input_tokens: 1, output_tokens: 1 }
  const end = { stop_reason: 'end_turn', stop_sequence: null, usage: counts }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ id: 'm', type: 'message', role: 'assistant', model, content, ...end }))
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
