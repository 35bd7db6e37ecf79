/**
 * One signal's way out: which target is in force, and the exchange of one exporter for another.
 *
 * Building happens aside (`prepare`) and may fail there; `apply` only moves a pointer. An exporter that
 * already serves the same target is kept, so a reload that changes something else costs nothing.
 */
import { TelemetryError } from '../errors.ts'
import type { OtlpTarget } from '../settings.ts'
import { type Exporter, type ExporterMaker, type Signal, targetKey } from './exporter.ts'

export interface SignalPortOptions<Batch> {
  readonly signal: Signal
  readonly maker: ExporterMaker<Batch>
  /** `waiting`: an exporter will come; keep what would go to it. */
  readonly exchange: (next: Exporter<Batch> | null, waiting: boolean) => void
  /** The code that sends could not be loaded; nothing is exported until the next change. */
  readonly failed: (error: unknown) => void
}

/** An exporter that was built aside: used once by `apply`, or let go. */
export interface Built<Batch> {
  readonly key: string
  exporter: Exporter<Batch> | null
}

export class SignalPort<Batch> {
  readonly #options: SignalPortOptions<Batch>
  #key = ''

  constructor(options: SignalPortOptions<Batch>) {
    this.#options = options
  }

  /** Identity of the target in force; empty when there is none. */
  get key(): string {
    return this.#key
  }

  check(target: OtlpTarget | undefined): void {
    if (target !== undefined) this.#options.maker.check(target)
  }

  async prepare(target: OtlpTarget | undefined): Promise<Built<Batch>> {
    const key = targetKey(target)
    if (target === undefined) return { key, exporter: null }
    this.#options.maker.check(target)
    await this.#ready(target)
    return { key, exporter: key === this.#key ? null : this.#options.maker.make(target) }
  }

  async #ready(target: OtlpTarget): Promise<void> {
    try {
      await this.#options.maker.ready()
    } catch (cause) {
      const { signal } = this.#options
      throw new TelemetryError('telemetry.exporter', { signal, target: target.endpoint }, { cause })
    }
  }

  /** Whether the target is another than before. Never throws for a target that was checked. */
  apply(target: OtlpTarget | undefined, built: Built<Batch> | null): boolean {
    const key = targetKey(target)
    if (key === this.#key) return false
    this.#key = key
    if (target === undefined) this.#options.exchange(null, false)
    else if (built !== null && built.key === key && built.exporter !== null) {
      this.#options.exchange(built.exporter, false)
      built.exporter = null
    } else if (this.#options.maker.isReady()) this.#make(target)
    else this.#makeLater(target, key)
    return true
  }

  #make(target: OtlpTarget): void {
    try {
      this.#options.exchange(this.#options.maker.make(target), false)
    } catch (error) {
      this.#options.exchange(null, false)
      this.#options.failed(error)
    }
  }

  #makeLater(target: OtlpTarget, key: string): void {
    this.#options.exchange(null, true)
    this.#options.maker.ready().then(
      () => {
        if (this.#key === key) this.#make(target)
      },
      (error: unknown) => {
        if (this.#key === key) this.#options.exchange(null, false)
        this.#options.failed(error)
      },
    )
  }
}
