/**
 * Load by the official `openai` client, in a process of its own: requests that begin on time whatever the answers
 * do, and long streams beside them.
 *
 * Each client has one connection, so that what is said about a connection can be checked. Nothing is tried again
 * by the client: a request that fails is a failure.
 */
import OpenAI from 'openai'
import { Agent, fetch as undiciFetch } from 'undici'
import { wishing } from './echo-provider.ts'
import { LoadTally } from './load-tally.ts'
import type { FromLoad, LoadOptions, ToLoad } from './load-terms.ts'

const tell = (message: FromLoad): void => void process.send?.(message)

class Load {
  private readonly options: LoadOptions
  private readonly tally = new LoadTally()
  private readonly idle: OneConnection[]
  private readonly waiting: number[] = []
  private readonly streams: Promise<void>[] = []
  private key: string
  private begun = 0
  private ended = 0

  constructor(options: LoadOptions) {
    this.options = options
    this.key = options.key
    this.idle = Array.from({ length: options.connections }, (_, i) => new OneConnection(i, options.baseUrl))
  }

  useKey(key: string): void {
    this.key = key
  }

  /** Resolves when each stream has brought its first chunk, unless they are to come over time. */
  async open(): Promise<void> {
    const { count, overMs } = this.options.streams
    if (overMs === 0) await Promise.all(Array.from({ length: count }, (_, i) => this.openStream(i)))
  }

  async run(): Promise<void> {
    const { rate, seconds, streams } = this.options
    const total = Math.round(rate * seconds)
    const startMs = performance.now()
    const busy = process.cpuUsage()
    if (streams.overMs > 0) this.openOverTime()
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(total, Math.floor(((performance.now() - startMs) * rate) / 1000))
        for (; this.begun < due; this.begun += 1) this.begin(startMs + (this.begun * 1000) / rate)
        if (this.ended < total) return
        clearInterval(timer)
        resolve()
      }, 1)
    })
    const tookMs = performance.now() - startMs
    const { user, system } = process.cpuUsage(busy)
    await Promise.all(this.streams)
    const cpuShare = (user + system) / 1000 / tookMs
    tell({ kind: 'ended', result: this.tally.result({ tookMs, cpuShare }) })
  }

  private begin(dueMs: number): void {
    const connection = this.idle.pop()
    if (connection === undefined) this.waiting.push(dueMs)
    else void this.serve(connection, dueMs)
  }

  private async serve(connection: OneConnection, dueMs: number): Promise<void> {
    for (let due: number | undefined = dueMs; due !== undefined; due = this.waiting.shift()) {
      await this.request(connection, due)
    }
    this.idle.push(connection)
  }

  private async request(connection: OneConnection, dueMs: number): Promise<void> {
    const startMs = performance.now()
    const isStreamed = this.ended % 10 < this.options.streamedTenths
    try {
      const { version, echoes } = isStreamed
        ? await connection.stream(this.asked(), this.key)
        : await connection.whole(this.asked(), this.key)
      this.tally.answered(connection.name, version, echoes)
      this.tally.took({ latenessMs: startMs - dueMs, latencyMs: performance.now() - startMs })
    } catch (error) {
      this.tally.fail(error)
    } finally {
      this.ended += 1
    }
  }

  private openOverTime(): void {
    const { count, overMs } = this.options.streams
    for (let i = 0; i < count; i += 1) setTimeout(() => void this.openStream(i), (overMs * i) / count)
  }

  /** Resolves at the first chunk. */
  private openStream(i: number): Promise<void> {
    const { chunks, everyMs } = this.options.streams
    const connection = new OneConnection(`stream ${i}`, this.options.baseUrl)
    const first = Promise.withResolvers<void>()
    const ended = connection
      .stream(this.asked(wishing({ chunks, everyMs })), this.key, first.resolve)
      .then(({ version, echoes }) => {
        if (echoes.length !== chunks)
          throw new Error(`a stream of ${chunks} chunks ended after ${echoes.length}`)
        this.tally.streamed(version, echoes)
      })
      .catch((error: unknown) => this.tally.fail(error))
      .finally(first.resolve)
    this.streams.push(ended)
    return first.promise
  }

  private asked(content = 'hello') {
    return { model: this.options.model, messages: [{ role: 'user' as const, content }] }
  }
}

interface Answer {
  readonly version: string
  readonly echoes: readonly string[]
}

class OneConnection {
  readonly name: string
  private readonly client: OpenAI

  constructor(name: string | number, baseURL: string) {
    this.name = String(name)
    const dispatcher = new Agent({ connections: 1, pipelining: 1, bodyTimeout: 0 })
    this.client = new OpenAI({
      apiKey: 'given with each request',
      baseURL,
      maxRetries: 0,
      fetch: undiciFetch as unknown as typeof fetch,
      fetchOptions: { dispatcher } as never,
    })
  }

  async whole(asked: Asked, key: string): Promise<Answer> {
    const { data, response } = await this.client.chat.completions.create(asked, headers(key)).withResponse()
    return { version: versionOf(response), echoes: [data.choices[0]?.message.content ?? ''] }
  }

  async stream(asked: Asked, key: string, first = () => {}): Promise<Answer> {
    const { data, response } = await this.client.chat.completions
      .create({ ...asked, stream: true }, headers(key))
      .withResponse()
    const echoes: string[] = []
    let end: string | null = null
    for await (const chunk of data) {
      const [choice] = chunk.choices
      const content = choice?.delta.content ?? ''
      if (content !== '') echoes.push(content.trim())
      if (echoes.length === 1) first()
      end = choice?.finish_reason ?? end
    }
    if (end !== 'stop') throw new Error(`a stream ended with "${String(end)}"`)
    return { version: versionOf(response), echoes }
  }
}

interface Asked {
  model: string
  messages: { role: 'user'; content: string }[]
}

function headers(key: string) {
  return { headers: { authorization: `Bearer ${key}` } }
}

function versionOf(response: { readonly headers: { get(name: string): string | null } }): string {
  return response.headers.get('x-changeover-version') ?? 'none'
}

let load: Load | null = null
process.on('message', (message: ToLoad) => {
  if (message.kind === 'open') {
    load = new Load(message.options)
    void load.open().then(() => tell({ kind: 'opened' }))
  } else if (message.kind === 'go') void load?.run()
  else load?.useKey(message.key)
})
process.on('disconnect', () => process.exit(0))
tell({ kind: 'awake' })
