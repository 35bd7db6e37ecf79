/**
 * Lets the bytes of a stream pass, but for an event that tells of an error: a provider may quote the key it was
 * called with, so such an event goes through the redactor first, from the line with that word to its end.
 *
 * Nothing waits but an event that has told of an error and has not ended; all other bytes go on as they come, also the
 * beginning of a line whose end is still on its way: what it says before that word has then been passed.
 * Nothing is searched here until whoever searches the stream anyhow has seen the word: only the unfinished last
 * line of a chunk is searched, and mostly a chunk ends with its line.
 */
import { ERROR_MARK, indexOfMark } from '../../wire/failure-scan.ts'

const LF = 10
const CR = 13
/** Of one event. What is longer goes on in pieces of this size. */
const HELD_BYTES = 256 * 1024

export interface FailureGateOptions {
  redact(text: string): string
  send(bytes: Buffer): void
}

export class FailureGate {
  readonly #options: FailureGateOptions
  /** The beginning of the mark; or a line that has it, and what came of its event since. */
  #held: Buffer | null = null
  /** Between such an event's mark and its end. */
  #isFailure = false

  constructor(options: FailureGateOptions) {
    this.#options = options
  }

  /** `isSuspect`: the mark has been seen in the whole lines that have come so far. */
  pass(chunk: Buffer, isSuspect: boolean): void {
    if (this.#held === null && !isSuspect && !this.#isFailure) {
      const open = chunk.lastIndexOf(LF) + 1
      const mark = open === chunk.length ? -1 : markIn(chunk, open)
      if (mark === -1) {
        this.#send(chunk)
        return
      }
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

  /** What tells of no error at once, and the rest of each event that does as soon as it is whole. */
  #passEvents(bytes: Buffer): void {
    let from = 0
    while (from < bytes.length) {
      if (!this.#isFailure) {
        const mark = markIn(bytes, from)
        const isWhole = mark !== -1 && bytes.length - mark >= ERROR_MARK.length
        const start = isWhole ? bytes.lastIndexOf(LF, mark) + 1 : mark
        this.#send(start === -1 ? bytes.subarray(from) : bytes.subarray(from, start))
        if (start === -1) return
        from = start
        this.#isFailure = isWhole
      }
      const end = this.#isFailure ? endOfEvent(bytes, from) : -1
      if (end === -1) {
        this.#hold(bytes.subarray(from))
        return
      }
      this.#send(this.#clean(bytes.subarray(from, end)))
      this.#isFailure = false
      from = end
    }
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
}

/** Where the first mark begins, or what the bytes end with can still become one; -1 for neither. */
function markIn(bytes: Buffer, from: number): number {
  const at = indexOfMark(bytes, from)
  if (at !== -1) return at
  for (let open = Math.max(from, bytes.length - ERROR_MARK.length + 1); open < bytes.length; open++) {
    if (bytes.compare(ERROR_MARK, 0, bytes.length - open, open) === 0) return open
  }
  return -1
}

/** Behind the empty line that ends an event; -1 while none has come. Events of Gemini's may have `\r\n`. */
function endOfEvent(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3
  }
  return -1
}
