/**
 * Many streams at a time: each caller reads one to its end and then begins the next.
 *
 * They begin spread over a tenth of a second, or over the time between two chunks where that is longer, and the first of
 * each caller is shorter than the others by a different measure, so that from then on their ends are spread over the whole
 * length of a stream. Streams that all begin together, again and again, measure how a gateway takes a burst of requests,
 * which the closed loop already does.
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
    setTimeout(() => listeners.push(new Listener(job, tally, i)), (i * spreadMs) / job.streams),
  )
  return () => {
    for (const it of timers) clearTimeout(it)
    for (const it of listeners) it.stop()
  }
}

class Listener {
  readonly #request: string
  readonly #whole: number
  #chunks: number
  readonly #tally: Tally
  readonly #connection: Connection
  #reader = new StreamReader()
  readonly #isSlow: boolean
  readonly #pauseMs: number
  #pause: NodeJS.Timeout | null = null
  #sentMs: number | null = null
  #first: string | null

  constructor(job: StreamJob, tally: Tally, place: number) {
    this.#isSlow = place < job.slowReaders
    this.#pauseMs = job.chunks * job.periodMs * 2
    this.#request = writeRequest(job.target, true)
    this.#whole = job.chunks
    this.#chunks = Math.max(1, Math.ceil((job.chunks * (place + 1)) / job.streams))
    this.#first = writeRequest(job.target, true, this.#chunks)
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
    this.#connection.write(this.#first ?? this.#request)
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
    this.#first = null
    this.#chunks = this.#whole
    this.#send()
  }

  #lose(reason: string): void {
    if (this.#sentMs !== null) this.#tally.failed(reason)
    this.#sentMs = null
  }
}
