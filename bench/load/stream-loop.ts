/**
 * Many streams at a time: each caller reads one to its end and then begins the next.
 *
 * They begin spread over a tenth of a second, or over the time between two chunks where that is longer. Streams that all begin together measure how a gateway takes a
 * burst of requests, which the closed loop already does.
 */
import { Connection } from './connection.ts'
import type { StreamJob } from './job.ts'
import { writeRequest } from './request.ts'
import { StreamReader } from './stream-reader.ts'
import type { Tally } from './tally.ts'

const leastSpreadMs = 100

/** Starts the load; the returned function ends it. */
export function startStreams(job: StreamJob, tally: Tally): () => void {
  const listeners: Listener[] = []
  const spreadMs = Math.max(leastSpreadMs, job.periodMs)
  const timers = Array.from({ length: job.streams }, (_, i) =>
    setTimeout(
      () => listeners.push(new Listener(job, tally, i < job.slowReaders)),
      (i * spreadMs) / job.streams,
    ),
  )
  return () => {
    for (const it of timers) clearTimeout(it)
    for (const it of listeners) it.stop()
  }
}

class Listener {
  readonly #request: string
  readonly #chunks: number
  readonly #tally: Tally
  readonly #connection: Connection
  #reader = new StreamReader()
  readonly #isSlow: boolean
  readonly #pauseMs: number
  #pause: NodeJS.Timeout | null = null
  #sentMs: number | null = null

  constructor(job: StreamJob, tally: Tally, isSlow: boolean) {
    this.#isSlow = isSlow
    this.#pauseMs = job.chunks * job.periodMs * 2
    this.#request = writeRequest(job.target, true)
    this.#chunks = job.chunks
    this.#tally = tally
    this.#connection = new Connection(job.target.port, {
      ready: () => this.#send(),
      bytes: (bytes) => this.#read(bytes),
      lost: (reason) => this.#lose(reason),
    })
  }

  stop(): void {
    if (this.#pause !== null) clearTimeout(this.#pause)
    this.#connection.close()
  }

  #send(): void {
    this.#reader = new StreamReader()
    this.#sentMs = performance.now()
    this.#connection.write(this.#request)
  }

  #read(bytes: Buffer): void {
    const nowMs = performance.now()
    const isFirst = this.#reader.stamps === 0
    this.#reader.push(bytes, (sentUs) => {
      // What lay in a buffer because nobody read it says nothing of the gateway.
      if (this.#tally.isOpen && !this.#isSlow) this.#tally.chunkUs.add(nowMs * 1000 - sentUs)
    })
    if (isFirst && this.#isSlow) this.#stopReading()
    if (isFirst && this.#reader.stamps > 0 && this.#tally.isOpen) {
      this.#tally.latencyUs.add((nowMs - (this.#sentMs ?? nowMs)) * 1000)
    }
    if (this.#reader.status !== 0 && this.#reader.status !== 200) {
      this.#connection.fail(`status ${this.#reader.status}`)
    } else if (this.#reader.isComplete) this.#finish()
  }

  #stopReading(): void {
    this.#connection.pause()
    this.#pause = setTimeout(() => this.#connection.resume(), this.#pauseMs)
  }

  #finish(): void {
    if (this.#reader.stamps === this.#chunks) this.#tally.completed()
    else this.#tally.failed(`${this.#reader.stamps} of ${this.#chunks} chunks`)
    this.#send()
  }

  #lose(reason: string): void {
    if (this.#sentMs !== null) this.#tally.failed(reason)
    this.#sentMs = null
  }
}
