/**
 * Open loop: requests are due at a constant rate, whatever became of the earlier ones, and latency counts
 * from the instant at which each was due. A gateway that stalls is charged for all that had to wait.
 *
 * Timers have a resolution of a millisecond, so the last stretch before each send is spun through
 * `setImmediate`, which lets answers in. How late the load side was nevertheless is measured too, and the
 * rounds throw away a run in which it was late.
 */
import { AnswerReader } from './answer-reader.ts'
import { Connection } from './connection.ts'
import type { OpenJob } from './job.ts'
import { writeRequest } from './request.ts'
import type { Tally, VersionTrack } from './tally.ts'

const spinBelowMs = 2.5

/** Starts the load; the returned function ends it and counts what was never answered. */
export function startOpenLoop(job: OpenJob, tally: Tally): () => void {
  const clock = new Clockwork(job, tally)
  clock.step()
  return () => clock.stop()
}

class Clockwork {
  readonly #tally: Tally
  readonly #request: string
  readonly #intervalMs: number
  readonly #lines: Line[]
  readonly #free: Line[] = []
  /** When those that wait for a free connection were due. */
  readonly #waiting: number[] = []
  #dueMs = performance.now() + 50
  #isStopped = false

  constructor(job: OpenJob, tally: Tally) {
    this.#tally = tally
    this.#request = writeRequest(job.target, false)
    this.#intervalMs = 1000 / job.perSecond
    this.#lines = Array.from({ length: job.connections }, () => new Line(job.target.port, tally, this))
  }

  step = (): void => {
    if (this.#isStopped) return
    const nowMs = performance.now()
    while (this.#dueMs <= nowMs) {
      if (this.#tally.isOpen) this.#tally.latenessUs.add((nowMs - this.#dueMs) * 1000)
      this.#send(this.#dueMs)
      this.#dueMs += this.#intervalMs
    }
    const waitMs = this.#dueMs - nowMs
    if (waitMs > spinBelowMs) setTimeout(this.step, waitMs - spinBelowMs)
    else setImmediate(this.step)
  }

  stop(): void {
    this.#isStopped = true
    const nowMs = performance.now()
    for (const dueMs of this.#waiting) this.#tally.latencyUs.add((nowMs - dueMs) * 1000)
    for (const line of this.#lines) line.stop(nowMs)
  }

  #send(dueMs: number): void {
    const line = this.#free.shift()
    if (line === undefined) this.#waiting.push(dueMs)
    else line.send(this.#request, dueMs)
  }

  /** A connection can take a request. */
  freed(line: Line): void {
    const dueMs = this.#waiting.shift()
    if (dueMs === undefined) this.#free.push(line)
    else line.send(this.#request, dueMs)
  }

  /** A connection closed; it is freed again once it is open again. */
  lost(line: Line): void {
    const at = this.#free.indexOf(line)
    if (at >= 0) this.#free.splice(at, 1)
  }
}

interface Pool {
  freed(line: Line): void
  lost(line: Line): void
}

class Line {
  readonly #tally: Tally
  readonly #pool: Pool
  readonly #connection: Connection
  #reader = new AnswerReader()
  #track: VersionTrack = { newest: null }
  #dueMs: number | null = null

  constructor(port: number, tally: Tally, pool: Pool) {
    this.#tally = tally
    this.#pool = pool
    this.#connection = new Connection(port, {
      ready: () => pool.freed(this),
      bytes: (bytes) => this.#read(bytes),
      lost: (reason) => this.#lose(reason),
    })
  }

  send(request: string, dueMs: number): void {
    this.#dueMs = dueMs
    this.#connection.write(request)
  }

  /** What is still unanswered counts with the time it has waited so far: leaving it out would flatter a stall. */
  stop(nowMs: number): void {
    if (this.#dueMs !== null) this.#tally.latencyUs.add((nowMs - this.#dueMs) * 1000)
    this.#connection.close()
  }

  #read(bytes: Buffer): void {
    const answer = this.#reader.push(bytes)
    if (answer === null) return
    this.#tally.answered(answer, (performance.now() - (this.#dueMs ?? 0)) * 1000, this.#track)
    this.#dueMs = null
    this.#pool.freed(this)
  }

  #lose(reason: string): void {
    if (this.#dueMs !== null) this.#tally.failed(reason)
    this.#dueMs = null
    this.#reader = new AnswerReader()
    this.#track = { newest: null }
    this.#pool.lost(this)
  }
}
