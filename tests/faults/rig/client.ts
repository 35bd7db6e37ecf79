/**
 * A caller of the data plane: requests that are counted, and streams that are read as they come, or not at all.
 *
 * Over `node:http`, each stream on a connection of its own, so that a reader can really stop reading.
 */
import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { Gateway } from '../../journeys/rig/gateway.ts'
import { until } from '../../journeys/rig/until.ts'

export interface Asked {
  readonly model?: string
  /** Content of the user's message. */
  readonly content?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function chatBody({ model = 'chat', content = 'hello' }: Asked, stream = false): object {
  return { model, stream, messages: [{ role: 'user', content }] }
}

export interface Answer {
  readonly status: number
  readonly version: string
  readonly target: string
  readonly text: string
}

/** One plain request, read to its end. */
export async function ask(gateway: Gateway, asked: Asked = {}): Promise<Answer> {
  const response = await gateway.chat(chatBody(asked), asked.headers)
  const header = (name: string): string => response.headers.get(name) ?? ''
  const [version, target] = [header('x-changeover-version'), header('x-changeover-target')]
  return { status: response.status, version, target, text: await response.text() }
}

export class OpenStream {
  /** All that has come so far. */
  text = ''
  /** How it ended, as soon as it has. */
  end: 'whole' | 'broken' | null = null
  readonly status: number
  readonly headers: IncomingHttpHeaders
  private readonly response: IncomingMessage

  private constructor(response: IncomingMessage) {
    this.response = response
    this.status = response.statusCode ?? 0
    this.headers = response.headers
    response.on('error', () => {})
    response.on('close', () => {
      this.end = response.complete ? 'whole' : 'broken'
    })
  }

  /** Resolves when the answer has begun. */
  static async open(gateway: Gateway, asked: Asked = {}): Promise<OpenStream> {
    const stream = await OpenStream.openUnread(gateway, asked)
    stream.response.setEncoding('utf8').on('data', (piece: string) => {
      stream.text += piece
    })
    return stream
  }

  /** Reads nothing of the body. */
  static async openUnread(gateway: Gateway, asked: Asked = {}): Promise<OpenStream> {
    const headers = { 'content-type': 'application/json', ...asked.headers }
    const sent = request(`${gateway.dataUrl}/v1/chat/completions`, { method: 'POST', headers, agent: false })
    sent.end(JSON.stringify(chatBody(asked, true)))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    sent.on('error', () => {})
    return new OpenStream(response)
  }

  get version(): string {
    return String(this.headers['x-changeover-version'] ?? '')
  }

  /** The content of each chunk so far. */
  get contents(): string[] {
    const events = this.text.split('\n\n').filter((it) => it.startsWith('data: {'))
    return events.flatMap((it) => {
      const { choices } = JSON.parse(it.slice('data: '.length)) as {
        choices?: { delta: { content?: string } }[]
      }
      return choices?.[0]?.delta.content ?? []
    })
  }

  /** Resolves when at least that many chunks with content have come. */
  async chunks(count: number): Promise<void> {
    await until(() => this.contents.length >= count, { what: `${count} chunks` })
  }

  async ended(): Promise<'whole' | 'broken'> {
    return await until(() => this.end, { what: 'the end of a stream' })
  }

  leave(): void {
    this.response.destroy()
  }
}
