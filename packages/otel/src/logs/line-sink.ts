/**
 * Lines on their way to standard output: gathered, written together, never waited for.
 *
 * What cannot be written to the output goes to standard error, and with that gone too it is counted and
 * forgotten. A reader that is slow costs lines beyond a bound, not memory and not requests.
 */
import type { Clock, Timer } from '@changeover/reload'

export interface LineOutput {
  /** `false` asks to wait for `drain`, as streams do. */
  write(text: string): boolean | undefined
  once?(event: 'drain', listener: () => void): unknown
  on?(event: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean
}

const FLUSH_CHARS = 16 * 1024
const FLUSH_MS = 10
const HELD_CHARS = 4 * 1024 * 1024

export interface LineSinkOptions {
  readonly output: LineOutput
  readonly fallback: LineOutput
  readonly clock: Clock
  readonly lost: (lines: number, error?: unknown) => void
}

export class LineSink {
  readonly #options: LineSinkOptions
  #lines: string[] = []
  #chars = 0
  #timer: Timer | null = null
  #full = false
  #broken = false

  constructor(options: LineSinkOptions) {
    this.#options = options
    options.output.on?.('error', (error) => this.#breakDown(error))
    options.fallback.on?.('error', () => {})
  }

  write(line: string): void {
    if (this.#chars + line.length > HELD_CHARS) return this.#options.lost(1)
    this.#lines.push(line)
    this.#chars += line.length
    if (this.#full) return
    if (this.#chars >= FLUSH_CHARS) this.flush()
    else this.#timer ??= this.#options.clock.after(FLUSH_MS, () => this.flush())
  }

  /** Writes what is held, at once; at the end of the process too. */
  flush(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#chars = 0
    this.#send(lines)
  }

  /** One line to standard error, past everything else. */
  complain(line: string): void {
    try {
      this.#options.fallback.write(line)
    } catch (error) {
      this.#options.lost(1, error)
    }
  }

  #send(lines: readonly string[]): void {
    const text = lines.length === 1 ? (lines[0] as string) : lines.join('')
    if (!this.#broken) {
      try {
        if (this.#options.output.write(text) === false) this.#waitForDrain()
        return
      } catch (error) {
        this.#breakDown(error)
      }
    }
    try {
      this.#options.fallback.write(text)
    } catch (error) {
      this.#options.lost(lines.length, error)
    }
  }

  #waitForDrain(): void {
    const { output } = this.#options
    if (output.once === undefined) return
    this.#full = true
    output.once('drain', () => {
      this.#full = false
      this.flush()
    })
  }

  #breakDown(error: unknown): void {
    if (this.#broken) return
    this.#broken = true
    this.#full = false
    this.#options.lost(0, error)
  }
}
