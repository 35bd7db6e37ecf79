/**
 * Asks the call log's worker, and lets it go when nobody asks any more: a thread costs as much memory as all
 * the call log's other parts together, and most gateways are asked rarely. Whoever has asked will ask again; after a
 * checkpoint the next one is half a minute away even under load, so the thread does not wait for it.
 */
import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '@changeover/reload'
import { locateWorker } from './ask-worker.ts'
import type { FromWorker, Question, ToWorker } from './questions.ts'

const idleMs = 10_000

interface Asked {
  resolve(value: unknown): void
  reject(error: Error): void
}

export class CallDesk {
  readonly #path: string
  readonly #clock: Clock
  readonly #asked = new Map<number, Asked>()
  #worker: Worker | null = null
  #idle: Timer | null = null
  #asks = 0
  /** Whether the worker was started for a question, or had one since. */
  #isConsulted = false

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  /** The file is there. Rejects when the worker cannot answer. */
  ask(question: Question): Promise<unknown> {
    const ask = ++this.#asks
    this.#isConsulted = true
    return this.#send(ask, { kind: 'ask', ask, question })
  }

  /** Brings what was written into the main file, which waits for the disk. */
  async checkpoint(): Promise<void> {
    await this.#send(0, { kind: 'checkpoint' })
  }

  async close(): Promise<void> {
    this.#idle?.cancel()
    const worker = this.#worker
    if (worker === null) return
    this.#worker = null
    this.#isConsulted = false
    worker.ref()
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    this.#post(worker, { kind: 'close' })
    await gone
  }

  #send(ask: number, message: ToWorker): Promise<unknown> {
    this.#idle?.cancel()
    return new Promise((resolve, reject) => {
      this.#asked.set(ask, { resolve, reject })
      this.#worker ??= this.#start()
      this.#post(this.#worker, message)
    })
  }

  #post(worker: Worker, message: ToWorker): void {
    worker.postMessage(message)
  }

  #start(): Worker {
    const worker = new Worker(locateWorker('call-worker', import.meta.url), {
      workerData: { path: this.#path },
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
    })
    worker.unref()
    worker.on('message', (message: FromWorker) => this.#hear(message))
    worker.on('error', (error) => this.#lose(worker, error))
    return worker
  }

  #hear(message: FromWorker): void {
    const ask = message.kind === 'answer' ? message.ask : 0
    const asked = this.#asked.get(ask)
    this.#asked.delete(ask)
    if (message.failed !== null) asked?.reject(new Error(`the call log could not answer: ${message.failed}`))
    else asked?.resolve(message.kind === 'answer' ? message.value : null)
    if (this.#asked.size === 0) this.#rest()
  }

  #rest(): void {
    this.#idle?.cancel()
    if (this.#isConsulted) this.#idle = this.#clock.after(idleMs, () => void this.close())
    else void this.close()
  }

  #lose(worker: Worker, error: unknown): void {
    if (this.#worker === worker) this.#worker = null
    this.#isConsulted = false
    for (const it of this.#asked.values()) it.reject(new Error('the call log stopped', { cause: error }))
    this.#asked.clear()
  }
}
