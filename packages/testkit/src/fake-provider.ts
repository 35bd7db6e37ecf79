/**
 * A provider of models that does what a test tells it: a real HTTP server on a free loopback port, which speaks
 * OpenAI's chat format and, at paths that end in `/messages`, Anthropic's.
 *
 * Each request takes the next step of the script; without one it answers well. Everything that came in is
 * kept, byte for byte, and whether its sender left before the end.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { anthropicBodies, type FakeBodies, openaiBodies } from './fake-bodies.ts'

export type FakeStep =
  /** Answers well, whole or streamed as asked. */
  | { readonly kind: 'reply'; readonly text?: string; readonly delayMs?: number; readonly eventMs?: number }
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

export async function startFakeProvider(): Promise<FakeProvider> {
  const provider = new ScriptedProvider()
  await provider.listen()
  return provider
}

class ScriptedProvider implements FakeProvider {
  origin = ''
  connections = 0
  readonly requests: ReceivedRequest[] = []
  readonly #steps: FakeStep[] = []
  readonly #numbers = new WeakMap<Socket, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    this.#receive(request, response)
  })

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
    const bodies = received.path.endsWith('/messages') ? anthropicBodies : openaiBodies
    const asked = parse(received.body)
    const stream = asked['stream'] === true
    const model = typeof asked['model'] === 'string' ? asked['model'] : ''
    switch (step.kind) {
      case 'hang':
        return
      case 'refuse':
        response.writeHead(step.status, { 'content-type': 'application/json', ...step.headers })
        response.end(JSON.stringify(bodies.error(step.status)))
        return
      case 'raw':
        response.writeHead(step.status ?? 200, { 'content-type': 'application/json', ...step.headers })
        this.#write(response, step.chunks, step.chunkMs ?? 0)
        return
      case 'cut':
        this.#cut(step.after, response, bodies.whole(model, 'half of this'), stream)
        return
      case 'endless':
        this.#endless(response, bodies, { ...step, received })
        return
      case 'echo':
        this.#reply(response, bodies, { model, stream, text: received.body.toString(), eventMs: 0 })
        return
      case 'reply': {
        const answer = {
          model,
          stream,
          text: step.text ?? 'Hello there, friend.',
          eventMs: step.eventMs ?? 0,
        }
        if (step.delayMs === undefined) this.#reply(response, bodies, answer)
        else this.#after(step.delayMs, () => this.#reply(response, bodies, answer))
      }
    }
  }

  #reply(
    response: ServerResponse,
    bodies: FakeBodies,
    it: { model: string; stream: boolean; text: string; eventMs: number },
  ): void {
    if (it.stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_fake' })
      this.#write(response, bodies.events(it.model, it.text), it.eventMs)
      return
    }
    const body = JSON.stringify(bodies.whole(it.model, it.text))
    const length = Buffer.byteLength(body)
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': length,
      'x-request-id': 'req_fake',
    })
    response.end(body)
  }

  #cut(after: 'request' | 'head' | 'middle', response: ServerResponse, whole: object, stream: boolean): void {
    if (after === 'request') {
      response.destroy()
      return
    }
    const body = JSON.stringify(whole)
    const headers = stream
      ? { 'content-type': 'text/event-stream' }
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    response.writeHead(200, headers)
    response.flushHeaders()
    const half = stream ? openaiBodies.events('m', 'one two three').slice(0, 2).join('') : body.slice(0, 40)
    if (after === 'middle') response.write(half)
    this.#after(20, () => response.destroy())
  }

  #endless(
    response: ServerResponse,
    bodies: FakeBodies,
    step: { readonly eventMs?: number; readonly padBytes?: number; readonly received: ReceivedRequest },
  ): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const [start, word] = bodies.events('endless', 'word'.padEnd(step.padBytes ?? 0, 'x'))
    response.write(start)
    const next = () => {
      step.received.waiting = false
      if (response.destroyed) return
      // Like a real one it stops producing when nobody reads.
      if (response.write(word ?? '')) {
        this.#after(step.eventMs ?? 5, next)
        return
      }
      step.received.waiting = true
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

function parse(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString()) as Record<string, unknown>
  } catch {
    return {}
  }
}
