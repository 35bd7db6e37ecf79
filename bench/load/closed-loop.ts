/**
 * Closed loop: each connection sends its next request when the last one is answered. Finds how much a
 * gateway can do; its latencies are those of a full gateway.
 */
import { AnswerReader } from './answer-reader.ts'
import { Connection } from './connection.ts'
import type { ClosedJob } from './job.ts'
import { writeDistinct, writeRequest } from './request.ts'
import type { Tally, VersionTrack } from './tally.ts'

/** Longer without an answer is a failure, and not merely slow. */
const patienceMs = 3_000

/** Starts the load; the returned function ends it. */
export function startClosedLoop(job: ClosedJob, tally: Tally): () => void {
  const same = writeRequest(job.target, false)
  const request = job.distinct === true ? writeDistinct(job.target) : () => same
  const callers = Array.from({ length: job.connections }, () => new Caller(job.target.port, request, tally))
  return () => {
    for (const it of callers) it.stop()
  }
}

class Caller {
  readonly #request: () => string
  readonly #tally: Tally
  readonly #connection: Connection
  #reader = new AnswerReader()
  #track: VersionTrack = { newest: null }
  #sentMs: number | null = null

  constructor(port: number, request: () => string, tally: Tally) {
    this.#request = request
    this.#tally = tally
    this.#connection = new Connection(port, {
      ready: () => this.#send(),
      bytes: (bytes) => this.#read(bytes),
      lost: (reason) => this.#lose(reason),
    })
  }

  stop(): void {
    const waitedMs = this.#sentMs === null ? 0 : performance.now() - this.#sentMs
    if (waitedMs > patienceMs) this.#tally.failed('no answer')
    this.#connection.close()
  }

  #send(): void {
    this.#sentMs = performance.now()
    this.#connection.write(this.#request())
  }

  #read(bytes: Buffer): void {
    const answer = this.#reader.push(bytes)
    if (answer === null) return
    const sentMs = this.#sentMs ?? 0
    this.#tally.answered(answer, (performance.now() - sentMs) * 1000, this.#track)
    this.#sentMs = null
    if (/\r\nconnection: *close/i.test(answer.head)) return
    this.#send()
  }

  /** Closing an idle connection is the other side's right; closing one with a request on it is a failure. */
  #lose(reason: string): void {
    if (this.#sentMs !== null) this.#tally.failed(reason)
    this.#sentMs = null
    this.#reader = new AnswerReader()
    this.#track = { newest: null }
  }
}
