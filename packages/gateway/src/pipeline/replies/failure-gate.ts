/**
 * Lets the bytes of a stream pass, but for an event that tells of a failure: a provider may quote the key it was
 * called with, so such an event goes through the redactor first, whole.
 *
 * Nothing waits but an event that has begun like a failure and has not ended; all other bytes go on as they come.
 * Nothing is searched here until whoever searches the stream anyhow has seen a failure: only the unfinished last
 * line of a chunk is held against the marks, byte by byte, and mostly a chunk ends with its line.
 */

const LF = 10
const CR = 13
/** Of one event. What is longer goes on in pieces of this size. */
const HELD_BYTES = 256 * 1024

export interface FailureGateOptions {
  /** How a line begins with which such an event begins. */
  readonly marks: readonly Buffer[]
  redact(text: string): string
  send(bytes: Buffer): void
}

export class FailureGate {
  readonly #options: FailureGateOptions
  /** From the beginning of a line: the beginning of a mark, or of an event that tells of a failure. */
  #held: Buffer | null = null
  /** Between such an event's mark and its end. */
  #isFailure = false
  /** In a line whose beginning has been passed. */
  #isInside = false

  constructor(options: FailureGateOptions) {
    this.#options = options
  }

  /** `isSuspect`: a mark has been seen in the whole lines that have come so far. */
  pass(chunk: Buffer, isSuspect: boolean): void {
    if (this.#held === null && !isSuspect && !this.#isFailure) {
      this.#passLines(chunk)
      return
    }
    const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = null
    this.#passEvents(bytes)
  }

  /** The stream is over: what is held is all that will come of it. */
  end(): void {
    if (this.#held !== null) this.#send(this.#isFailure ? this.#clean(this.#held) : this.#held)
    this.#held = null
  }

  #passLines(bytes: Buffer): void {
    const end = bytes.lastIndexOf(LF) + 1
    const isOpen = end < bytes.length
    if (!isOpen || (end === 0 && this.#isInside) || !this.#mayBegin(bytes.subarray(end))) {
      this.#isInside = isOpen
      this.#send(bytes)
      return
    }
    this.#isInside = false
    this.#send(bytes.subarray(0, end))
    this.#passEvents(bytes.subarray(end))
  }

  /** Line by line: what is no failure at once, and each event that is one as soon as it is whole. */
  #passEvents(bytes: Buffer): void {
    let from = 0
    let at = 0
    while (at < bytes.length) {
      const end = bytes.indexOf(LF, at)
      const line = bytes.subarray(at, end === -1 ? bytes.length : end)
      if (!this.#isFailure && !this.#isInside && this.#begins(line)) {
        this.#send(bytes.subarray(from, at))
        from = at
        this.#isFailure = true
      }
      if (end === -1) break
      this.#isInside = false
      at = end + 1
      if (this.#isFailure && isBlank(line)) {
        this.#send(this.#clean(bytes.subarray(from, at)))
        from = at
        this.#isFailure = false
      }
    }
    this.#rest(bytes, from, at)
  }

  /** What is left of a chunk: from `from` on nothing has been sent, at `at` its last line begins. */
  #rest(bytes: Buffer, from: number, at: number): void {
    if (this.#isFailure) {
      this.#hold(bytes.subarray(from))
      return
    }
    const isOpen = at < bytes.length
    const isHeld = isOpen && !this.#isInside && this.#mayBegin(bytes.subarray(at))
    this.#send(bytes.subarray(from, isHeld ? at : bytes.length))
    if (isHeld) this.#held = bytes.subarray(at)
    else if (isOpen) this.#isInside = true
  }

  #hold(bytes: Buffer): void {
    if (bytes.length <= HELD_BYTES) this.#held = bytes
    else this.#send(this.#clean(bytes))
  }

  #send(bytes: Buffer): void {
    if (bytes.length > 0) this.#options.send(bytes)
  }

  /** The same bytes where there is nothing to take out, valid UTF-8 or not. */
  #clean(bytes: Buffer): Buffer {
    const text = bytes.toString('utf8')
    const clean = this.#options.redact(text)
    return clean === text ? bytes : Buffer.from(clean)
  }

  #begins(line: Buffer): boolean {
    return this.#options.marks.some((mark) => line.length >= mark.length && isPrefix(line, mark))
  }

  /** Whether the beginning of a line can still become a mark, or holds one. */
  #mayBegin(line: Buffer): boolean {
    return this.#options.marks.some((mark) => isPrefix(line, mark))
  }
}

function isBlank(line: Buffer): boolean {
  return line.length === 0 || (line.length === 1 && line[0] === CR)
}

/** Whether one of the two begins with the other. */
function isPrefix(line: Buffer, mark: Buffer): boolean {
  const length = Math.min(line.length, mark.length)
  return line.compare(mark, 0, length, 0, length) === 0
}
