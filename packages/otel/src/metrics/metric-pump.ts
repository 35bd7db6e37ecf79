/**
 * Sends the metrics every so often to the target now in force, if there is one.
 *
 * Points are cumulative, so a batch that does not arrive costs resolution and no counts. When the target
 * changes, the old one gets a last reading before it is closed.
 */
import type { Clock, Timer } from '@changeover/reload'
import type { Loss } from '../wire/batch-queue.ts'
import type { MetricBatch } from '../wire/encode-metrics.ts'
import type { Exporter } from '../wire/exporter.ts'

export interface MetricPumpOptions {
  readonly clock: Clock
  readonly read: () => MetricBatch
  readonly lost: (loss: Loss) => void
}

export class MetricPump {
  readonly #options: MetricPumpOptions
  #exporter: Exporter<MetricBatch> | null = null
  #intervalMs = 0
  #timer: Timer | null = null
  readonly #sending = new Set<Promise<void>>()

  constructor(options: MetricPumpOptions) {
    this.#options = options
  }

  exchange(next: Exporter<MetricBatch> | null, intervalMs: number): void {
    const old = this.#exporter
    this.#exporter = next
    this.#intervalMs = intervalMs
    this.#timer?.cancel()
    this.#timer = null
    if (old !== null && old !== next) this.#track(this.#send(old).then(() => old.close()))
    if (next !== null) this.#schedule()
  }

  /** Changes how often, and leaves the exporter as it is. */
  pace(intervalMs: number): void {
    if (this.#intervalMs === intervalMs) return
    this.#intervalMs = intervalMs
    this.#timer?.cancel()
    this.#timer = null
    if (this.#exporter !== null) this.#schedule()
  }

  async flush(): Promise<void> {
    if (this.#exporter !== null) this.#track(this.#send(this.#exporter))
    await Promise.all(this.#sending)
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.flush()
    await this.#exporter?.close()
    this.#exporter = null
  }

  #schedule(): void {
    this.#timer = this.#options.clock.after(this.#intervalMs, () => {
      const exporter = this.#exporter
      if (exporter === null) return
      this.#track(this.#send(exporter))
      this.#schedule()
    })
  }

  async #send(exporter: Exporter<MetricBatch>): Promise<void> {
    const { target } = exporter
    try {
      const refused = await exporter.send(this.#options.read())
      if (refused > 0) this.#options.lost({ signal: 'metrics', count: refused, reason: 'refused', target })
    } catch (error) {
      this.#options.lost({ signal: 'metrics', count: 1, reason: 'export_failed', target, error })
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) =>
        this.#options.lost({ signal: 'metrics', count: 0, reason: 'export_failed', error }),
      )
      .finally(() => this.#sending.delete(tracked))
    this.#sending.add(tracked)
  }
}
