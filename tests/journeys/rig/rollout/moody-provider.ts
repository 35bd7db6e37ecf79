/**
 * A provider that behaves by its model and its prompt: `slow` takes longer, `dead` answers 500, and whoever is told
 * to be strict refuses three questions of ten. Everything is counted, nothing is left to chance.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const USUAL_MS = 5
const SLOW_MS = 60
const REFUSED = 0.3
const GOLDEN = 0.618_033_988_75

export interface MoodyProvider {
  readonly url: string
  [Symbol.dispose](): void
}

interface Asked {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
}

export async function startMoodyProvider(): Promise<MoodyProvider> {
  let count = 0
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = JSON.parse(await textOf(request)) as Asked
    count += 1
    const { status, body } = answerTo(asked, count)
    setTimeout(
      () => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      },
      asked.model === 'slow' ? SLOW_MS : USUAL_MS,
    )
  }
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function answerTo({ model, messages }: Asked, count: number): { status: number; body: object } {
  if (model === 'dead') return { status: 500, body: { error: { message: 'out of order' } } }
  const isStrict = messages[0]?.content.includes('strict') === true
  // Spread evenly, and in step with nothing: neither with workers nor with tenants.
  const refuses = isStrict && (count * GOLDEN) % 1 < REFUSED
  const message = refuses
    ? { role: 'assistant', content: null, refusal: 'No.' }
    : { role: 'assistant', content: 'Yes.' }
  return {
    status: 200,
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 0,
      model,
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
