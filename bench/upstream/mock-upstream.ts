/**
 * The one model provider of the benchmark: answers the moment a request is complete, at almost no cost.
 *
 * A plain request gets 615 bytes of JSON. Its text says as which model the upstream was reached, so that the
 * caller sees which target a gateway chose, even where the gateway rewrites `model`. A streamed one gets chunks at a fixed pace, each with the time it was written.
 * Traces that a gateway exports are accepted and forgotten.
 *
 * Why a hand-written reader on `node:net`: `node:http` as upstream would cap the fast candidates and so make
 * the slow ones look better than they are.
 */
import { createServer, type Server, type Socket } from 'node:net'

export interface Pace {
  readonly chunks: number
  readonly periodMs: number
}

interface Stream {
  readonly socket: Socket
  readonly startedMs: number
  readonly chunks: number
  sent: number
}

const answerBytes = 615
const tickMs = 1
const streamHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n' +
  'x-accel-buffering: no\r\ntransfer-encoding: chunked\r\n\r\n'

export class MockUpstream {
  readonly server: Server
  pace: Pace = { chunks: 100, periodMs: 10 }
  readonly #streams = new Set<Stream>()
  readonly #answers = new Map<string, string>()
  #timer: NodeJS.Timeout | null = null

  constructor() {
    this.server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
  }

  #serve(socket: Socket): void {
    let pending: Buffer | null = null
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      let rest = pending === null ? bytes : Buffer.concat([pending, bytes])
      for (;;) {
        const end = findRequestEnd(rest)
        if (end < 0) break
        this.#answer(socket, rest.toString('latin1', 0, end))
        rest = rest.subarray(end)
      }
      pending = rest.length === 0 ? null : rest
    })
  }

  #answer(socket: Socket, request: string): void {
    if (request.startsWith('GET ')) socket.write(jsonAnswer('{}'))
    else if (request.startsWith('POST /v1/traces')) socket.write(exportAnswer)
    else if (request.startsWith('POST /v1/messages')) socket.write(anthropicAnswer, 'latin1')
    else if (request.startsWith('POST /v1beta/')) socket.write(geminiAnswer, 'latin1')
    else if (/"stream" ?: ?true/.test(request)) this.#startStream(socket, tokensOf(request))
    else socket.write(this.#plainAnswer(modelOf(request)), 'latin1')
  }

  #plainAnswer(model: string): string {
    const known = this.#answers.get(model)
    if (known !== undefined) return known
    const made = jsonAnswer(completion(model))
    this.#answers.set(model, made)
    return made
  }

  #startStream(socket: Socket, tokens: number): void {
    socket.write(streamHead)
    const chunks = Math.min(tokens, this.pace.chunks)
    const stream = { socket, startedMs: performance.now(), chunks, sent: 0 }
    this.#streams.add(stream)
    socket.once('close', () => this.#streams.delete(stream))
    this.#timer ??= setInterval(() => this.#tick(), tickMs)
  }

  #tick(): void {
    const nowMs = performance.now()
    for (const stream of this.#streams) this.#advance(stream, nowMs)
    if (this.#streams.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #advance(stream: Stream, nowMs: number): void {
    while (stream.sent < stream.chunks && nowMs >= stream.startedMs + stream.sent * this.pace.periodMs) {
      stream.sent++
      stream.socket.write(frame(event(performance.now())), 'latin1')
    }
    if (stream.sent < stream.chunks) return
    stream.socket.write(`${frame(lastEvent)}${frame('data: [DONE]\n\n')}0\r\n\r\n`, 'latin1')
    this.#streams.delete(stream)
  }
}

function findRequestEnd(buffer: Buffer): number {
  const headEnd = buffer.indexOf('\r\n\r\n')
  if (headEnd < 0) return -1
  const head = buffer.toString('latin1', 0, headEnd + 2)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) {
    const end = headEnd + 4 + Number(length)
    return end <= buffer.length ? end : -1
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return headEnd + 4
  const end = buffer.indexOf('\r\n0\r\n\r\n', headEnd)
  return end < 0 ? -1 : end + 7
}

function modelOf(request: string): string {
  return /"model" ?: ?"([^"]*)"/.exec(request)?.[1] ?? 'none'
}

function tokensOf(request: string): number {
  return Number(/"max_tokens" ?: ?(\d+)/.exec(request)?.[1] ?? Number.POSITIVE_INFINITY)
}

/** Padded to the same length for every model, so that no target is cheaper than another. */
function completion(model: string): string {
  const make = (content: string): string =>
    JSON.stringify({
      id: 'chatcmpl-bench00000000000000000001',
      object: 'chat.completion',
      created: 1_760_000_000,
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content, refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 211, completion_tokens: 48, total_tokens: 259 },
      system_fingerprint: 'fp_bench0001',
    })
  const text = `reached ${model}: ${'all work and no play '.repeat(40)}`
  return make(text.slice(0, Math.max(0, answerBytes - make('').length)))
}

const spokenText = 'all work and no play '.repeat(20)

const anthropicAnswer = jsonAnswer(
  JSON.stringify({
    id: 'msg_bench00000000000000000001',
    type: 'message',
    role: 'assistant',
    model: 'bench',
    content: [{ type: 'text', text: spokenText }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 211, output_tokens: 48 },
  }),
)

const geminiAnswer = jsonAnswer(
  JSON.stringify({
    candidates: [
      { content: { role: 'model', parts: [{ text: spokenText }] }, finishReason: 'STOP', index: 0 },
    ],
    usageMetadata: { promptTokenCount: 211, candidatesTokenCount: 48, totalTokenCount: 259 },
    modelVersion: 'bench',
    responseId: 'bench00000000000000000001',
  }),
)

function jsonAnswer(body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

const exportAnswer = 'HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n'

const chunkEnvelope =
  '"id":"chatcmpl-bench00000000000000000001","object":"chat.completion.chunk","created":1760000000,' +
  '"model":"bench","system_fingerprint":"fp_bench0001"'

const lastEvent = `data: {${chunkEnvelope},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`

function event(nowMs: number): string {
  const content = `@${Math.round(nowMs * 1000)}@ word`
  return `data: {${chunkEnvelope},"choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":null}]}\n\n`
}

function frame(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}
