/**
 * A provider that counts who reaches it, takes its time, and is well or ill by the name of the model. What was let
 * through is what it has counted, whatever became of it afterwards.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pause } from '../../journeys/rig/until.ts'

export interface CountedProvider {
  readonly origin: string
  /** Requests that have reached it since it was reset. */
  readonly count: number
  reset(): void
  close(): Promise<void>
}

/** Of an answer, and of each half of a stream. */
const TAKES_MS = 150

export async function startCountedProvider(): Promise<CountedProvider> {
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
    reset() {
      count = 0
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const asked = JSON.parse(Buffer.concat(parts).toString()) as { model: string; stream?: boolean }
  if (asked.stream === true) return await stream(response)
  await pause(TAKES_MS)
  const isIll = asked.model === 'ill'
  response.writeHead(isIll ? 500 : 200, { 'content-type': 'application/json' })
  const message = { role: 'assistant', content: 'counted' }
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
  const well = {
    ...COMMON,
    object: 'chat.completion',
    usage,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
  }
  response.end(JSON.stringify(isIll ? { error: { message: 'ill', type: 'server_error' } } : well))
}

const COMMON = { id: 'chatcmpl-counted', created: 1_700_000_000, model: 'well' }

async function stream(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const event = (delta: object, reason: string | null): string => {
    const choices = [{ index: 0, delta, finish_reason: reason }]
    return `data: ${JSON.stringify({ ...COMMON, object: 'chat.completion.chunk', choices })}\n\n`
  }
  await pause(TAKES_MS)
  response.write(event({ role: 'assistant', content: 'coun' }, null))
  await pause(TAKES_MS)
  response.end(`${event({ content: 'ted' }, 'stop')}data: [DONE]\n\n`)
}
