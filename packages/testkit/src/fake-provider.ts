/**
 * A provider of models that does what a test tells it: a real HTTP server on a free loopback port, which speaks
 * the API that the path of a request is of: OpenAI's chat, Responses, completions and embeddings, Anthropic's
 * Messages, Gemini's, Bedrock's Converse in AWS's framing.
 *
 * Each request takes the next step of the script; without one it answers well: with a fixed text, or, as a model
 * (`behave: 'model'`), with what follows from the request. Everything that came in is kept, byte for byte, and
 * whether its sender left before the end.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answerOf } from './fake-model.ts'
import type { FakeAsk, FakeSaid, FakeWire, Fields } from './fake-wires/fake-wire.ts'
import { fakeWireAt } from './fake-wires/list.ts'

export type FakeStep =
  /** Answers well, whole or streamed as asked. What is not said follows from how it behaves. */
  | ({
      readonly kind: 'reply'
      readonly delayMs?: number
      readonly eventMs?: number
      /** Breaks the connection after so many events of a stream. */
      readonly cutAfter?: number
    } & Partial<Omit<FakeSaid, 'model'>>)
  /** Answers with the request it got, as JSON in the content. */
  | { readonly kind: 'echo' }
  /** Answers with these bytes, each chunk in a write of its own. */
  | {
      readonly kind: 'raw'
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      readonly chunks: readonly (string | Uint8Array)[]
      readonly chunkMs?: number
    }
  /** Refuses in the format's error shape. */
  | { readonly kind: 'refuse'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Breaks the connection: before an answer, after its head, or in the middle of its body. */
  | { readonly kind: 'cut'; readonly after: 'request' | 'head' | 'middle' }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Streams until its reader leaves. */
  | { readonly kind: 'endless'; readonly eventMs?: number; readonly padBytes?: number }

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Which connection it came on, counted from 1. */
  readonly connection: number
  /** Its sender left before the answer was complete. */
  left: boolean
  /** An endless answer waits: its reader does not take what is sent. */
  waiting: boolean
}

export interface FakeProvider {
  readonly origin: string
  readonly requests: readonly ReceivedRequest[]
  /** Connections opened so far. */
  readonly connections: number
  /** Steps for the next requests, in order. */
  script(...steps: readonly FakeStep[]): void
  /** Closes idle connections, as a provider does between two requests. */
  closeIdle(): void
  close(): Promise<void>
}

export interface FakeProviderOptions {
  /** `text`: the same text for all. `model`: what follows from the request (`fake-model.ts`). Default `text`. */
  readonly behave?: 'text' | 'model'
}

export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = new ScriptedProvider(options.behave ?? 'text')
  await provider.listen()
  return provider
}

interface Exchange {
  readonly wire: FakeWire
  readonly ask: FakeAsk
  readonly response: ServerResponse
  readonly received: ReceivedRequest
}

class ScriptedProvider implements FakeProvider {
  origin = ''
  connections = 0
  readonly requests: ReceivedRequest[] = []
  readonly #steps: FakeStep[] = []
  readonly #numbers = new WeakMap<Socket, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #behave: 'text' | 'model'
  readonly #server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    this.#receive(request, response)
  })

  constructor(behave: 'text' | 'model') {
    this.#behave = behave
  }

  async listen(): Promise<void> {
    this.#server.on('connection', (socket) => {
      this.connections += 1
      this.#numbers.set(socket, this.connections)
    })
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  script(...steps: readonly FakeStep[]): void {
    this.#steps.push(...steps)
  }

  closeIdle(): void {
    this.#server.closeIdleConnections()
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const received: ReceivedRequest = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
        connection: this.#numbers.get(request.socket) ?? 0,
        left: false,
        waiting: false,
      }
      this.requests.push(received)
      response.on('close', () => {
        received.left = !response.writableFinished
      })
      this.#play(this.#steps.shift() ?? { kind: 'reply' }, received, response)
    })
  }

  #play(step: FakeStep, received: ReceivedRequest, response: ServerResponse): void {
    const [path = ''] = received.path.split('?')
    const wire = fakeWireAt(path)
    const ask = wire.ask(path, parse(received.body))
    const exchange: Exchange = { wire, ask, response, received }
    switch (step.kind) {
      case 'hang':
        return
      case 'refuse': {
        const own = wire.errorHeaders?.(step.status) ?? {}
        response.writeHead(step.status, { 'content-type': 'application/json', ...own, ...step.headers })
        response.end(JSON.stringify(wire.error(step.status)))
        return
      }
      case 'raw':
        response.writeHead(step.status ?? 200, { 'content-type': 'application/json', ...step.headers })
        this.#write(response, step.chunks, step.chunkMs ?? 0)
        return
      case 'cut':
        this.#cut(step.after, exchange)
        return
      case 'endless':
        this.#endless(exchange, step)
        return
      case 'echo':
        this.#reply(exchange, { model: ask.model, text: received.body.toString() }, 0)
        return
      case 'reply': {
        const { kind: _kind, delayMs, eventMs = 0, cutAfter, ...own } = step
        const said = { ...this.#answer(ask), ...own }
        if (cutAfter !== undefined) {
          this.#breakOff(exchange, said, cutAfter)
          return
        }
        if (delayMs === undefined) this.#reply(exchange, said, eventMs)
        else this.#after(delayMs, () => this.#reply(exchange, said, eventMs))
      }
    }
  }

  #answer(ask: FakeAsk): FakeSaid {
    return this.#behave === 'model' ? answerOf(ask) : { model: ask.model, text: 'Hello there, friend.' }
  }

  #reply({ wire, ask, response }: Exchange, said: FakeSaid, eventMs: number): void {
    if (ask.stream) {
      response.writeHead(200, { 'content-type': wire.streamType, 'x-request-id': 'req_fake' })
      this.#write(response, wire.events(said, ask), eventMs)
      return
    }
    const body = JSON.stringify(wire.whole(said, ask))
    const length = Buffer.byteLength(body)
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': length,
      'x-request-id': 'req_fake',
    })
    response.end(body)
  }

  #breakOff({ wire, ask, response }: Exchange, said: FakeSaid, events: number): void {
    response.writeHead(200, { 'content-type': wire.streamType })
    for (const event of wire.events(said, ask).slice(0, events)) response.write(event)
    this.#after(20, () => response.destroy())
  }

  #cut(after: 'request' | 'head' | 'middle', { wire, ask, response }: Exchange): void {
    if (after === 'request') {
      response.destroy()
      return
    }
    const body = JSON.stringify(wire.whole({ model: ask.model, text: 'half of this' }, ask))
    const headers = ask.stream
      ? { 'content-type': wire.streamType }
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    response.writeHead(200, headers)
    response.flushHeaders()
    const [first = '', second = ''] = wire.events({ model: 'm', text: 'one two three' }, ask)
    const half = ask.stream ? [first, second] : [body.slice(0, 40)]
    if (after === 'middle') for (const it of half) response.write(it)
    this.#after(20, () => response.destroy())
  }

  #endless({ wire, ask, response, received }: Exchange, step: Extract<FakeStep, { kind: 'endless' }>): void {
    response.writeHead(200, { 'content-type': wire.streamType })
    const [start, word] = wire.events({ model: 'endless', text: 'word'.padEnd(step.padBytes ?? 0, 'x') }, ask)
    response.write(start)
    const next = () => {
      received.waiting = false
      if (response.destroyed) return
      // Like a real one it stops producing when nobody reads.
      if (response.write(word ?? '')) {
        this.#after(step.eventMs ?? 5, next)
        return
      }
      received.waiting = true
      response.once('drain', next)
    }
    next()
  }

  #write(response: ServerResponse, chunks: readonly (string | Uint8Array)[], chunkMs: number): void {
    if (chunkMs === 0) {
      for (const chunk of chunks) response.write(chunk)
      response.end()
      return
    }
    const [first, ...rest] = chunks
    if (first === undefined) {
      response.end()
      return
    }
    response.write(first)
    this.#after(chunkMs, () => this.#write(response, rest, chunkMs))
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
  }
}

function parse(body: Buffer): Fields {
  try {
    return JSON.parse(body.toString()) as Fields
  } catch {
    return {}
  }
}
