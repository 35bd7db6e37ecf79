/**
 * The measures of a rollout that somebody else takes, asked beside the looks at it.
 *
 * A look never waits: it gets what the last reading said, and asks anew where that is due and nobody is being asked. What
 * does not come in time, cannot be read, or is older than some rounds concludes nothing and begins the count of readings
 * anew; so a source that is down holds a version where it is, and neither promotes it nor takes it back.
 *
 * No timer of its own but the deadline of a question: whoever stops looking has stopped asking, and `stop` ends what is
 * under way. Not here: what a reading says (`../analysis/reading.ts`).
 */
import type { Clock, Timer } from '../../contract/clock.ts'
import type { AnalysisPolicy, ExternalMeasure, MeasureJudgement } from '../../contract/rollout.ts'
import { type Reading, Readings } from '../analysis/reading.ts'
import type { SourceOptions } from './fetch-json.ts'
import { readPrometheus } from './prometheus.ts'
import { type Compared, readWebhook } from './webhook.ts'

export interface ExternalSurroundings {
  readonly clock: Clock
  readonly compared: Compared
  /** `null`: references cannot be filled, and nobody is asked who wants one. */
  readonly secrets: { fill(text: string): string } | null
  /** Between two looks. */
  readonly everyMs: number
}

/** Sources are scraped every some seconds; asked more often they say the same thing again. */
const EVERY_MS = 10_000
const TIMEOUT_MS = 5_000
const TOLERANCE = 0.1
const MIN_SAMPLES = 50
/** Rounds after which a reading is too old to count. */
const STALE_ROUNDS = 3

export class ExternalMeasures {
  private readonly sources: readonly Source[]

  constructor({ external = {} }: Pick<AnalysisPolicy, 'external'>, around: ExternalSurroundings) {
    this.sources = Object.entries(external).map(([name, it]) => new Source(name, it, around))
  }

  /** What each says now, and asks those that are due. Never throws, never waits. */
  look(): readonly MeasureJudgement[] {
    return this.sources.map((it) => it.look())
  }

  /** Ends every question under way; none is asked any more. */
  stop(): void {
    for (const it of this.sources) it.stop()
  }
}

interface Question {
  readonly abort: AbortController
  readonly deadline: Timer
}

class Source {
  private readonly measure: ExternalMeasure
  private readonly around: ExternalSurroundings
  private readonly readings: Readings
  private readonly everyMs: number
  private readonly timeoutMs: number
  private judgement: MeasureJudgement
  /** Monotonic. */
  private askedMs: number | null = null
  private readMs: number | null = null
  private question: Question | null = null
  private isStopped = false

  constructor(name: string, measure: ExternalMeasure, around: ExternalSurroundings) {
    const { kind = 'amount', worse = 'higher', tolerance = TOLERANCE, minSamples = MIN_SAMPLES } = measure
    this.measure = measure
    this.around = around
    this.readings = new Readings({ name, kind, worse, tolerance, minSamples })
    // Asked at looks, so never more often than these.
    this.everyMs = Math.max(measure.everyMs ?? EVERY_MS, around.everyMs)
    this.timeoutMs = measure.timeoutMs ?? TIMEOUT_MS
    this.judgement = this.judge(null, 'has not answered yet')
  }

  look(): MeasureJudgement {
    const nowMs = this.around.clock.monotonic()
    const staleMs = STALE_ROUNDS * this.everyMs + this.timeoutMs
    if (this.readMs !== null && nowMs - this.readMs > staleMs) {
      this.readMs = null
      this.judgement = this.judge(null, 'has not answered for a while')
    }
    const isDue = this.askedMs === null || nowMs - this.askedMs >= this.everyMs
    if (isDue && this.question === null && !this.isStopped) this.ask(nowMs)
    return this.judgement
  }

  stop(): void {
    this.isStopped = true
    this.end()
  }

  private ask(nowMs: number): void {
    this.askedMs = nowMs
    const abort = new AbortController()
    const deadline = this.around.clock.after(this.timeoutMs, () => this.answered(question, null))
    const question: Question = { abort, deadline }
    this.question = question
    this.read(abort.signal).then(
      (it) => this.answered(question, it),
      () => this.answered(question, null),
    )
  }

  /** Later answers to the same question are not heard. */
  private answered(question: Question, reading: Reading | null): void {
    if (this.question !== question) return
    this.end()
    this.readMs = this.around.clock.monotonic()
    this.judgement = this.judge(reading, 'gave no reading')
  }

  private end(): void {
    this.question?.deadline.cancel()
    this.question?.abort.abort()
    this.question = null
  }

  private judge(reading: Reading | null, lack: string): MeasureJudgement {
    const judgement = this.readings.judge(reading)
    return reading === null ? { ...judgement, reason: `the ${this.measure.source} ${lack}` } : judgement
  }

  private async read(signal: AbortSignal): Promise<Reading | null> {
    const { source, url, value, samples, authorization } = this.measure
    const { compared, secrets } = this.around
    const options: SourceOptions = { signal, headers: {} }
    if (authorization !== undefined) {
      if (secrets === null) return null
      Object.assign(options, { headers: { authorization: secrets.fill(authorization) } })
    }
    if (source === 'webhook') return await readWebhook(url, compared, options)
    if (value === undefined) return null
    return await readPrometheus({ url, value, ...(samples !== undefined && { samples }) }, compared, options)
  }
}
