/**
 * Takes the count of tokens out of a stream again, where the provider was asked for it and the caller had not
 * asked: OpenAI's streams count in an event of its own, which has no choices, and not every client expects one.
 *
 * Only whole events go on, so an event is held until its end has come; providers mostly send whole ones. Where
 * no event of a chunk looks like a count the bytes go on as they are.
 */

const LF = 10
const CR = 13
/** What is longer than this is no count, and is not held. */
const HELD_BYTES = 256 * 1024
const EMPTY = Buffer.alloc(0)
const MARKS = ['"choices":[]', '"choices": []']
const COUNT = /"usage":\s*\{/

export class UsageCut {
  #held: Buffer | null = null

  /** What of it may go on now; may be empty. */
  pass(chunk: Buffer): Buffer {
    const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
    const end = endOfEvents(bytes)
    const isHeld = end < bytes.length && bytes.length - end <= HELD_BYTES
    this.#held = isHeld ? bytes.subarray(end) : null
    return withoutCounts(isHeld ? bytes.subarray(0, end) : bytes)
  }

  /** The stream is over: what is held is all that will come of it. */
  end(): Buffer {
    const held = this.#held ?? EMPTY
    this.#held = null
    return withoutCounts(held)
  }
}

/** Behind the last blank line. */
function endOfEvents(bytes: Buffer): number {
  for (let at = bytes.lastIndexOf(LF); at > 0; at = bytes.lastIndexOf(LF, at - 1)) {
    if (isBlankBefore(bytes, at)) return at + 1
  }
  return 0
}

/** Whether the line that ends at `at` is empty. */
function isBlankBefore(bytes: Buffer, at: number): boolean {
  return bytes[at - 1] === LF || (bytes[at - 1] === CR && bytes[at - 2] === LF)
}

function withoutCounts(bytes: Buffer): Buffer {
  if (!MARKS.some((it) => bytes.includes(it))) return bytes
  const kept: Buffer[] = []
  let from = 0
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (!isBlankBefore(bytes, at)) continue
    keep(bytes.subarray(from, at + 1), kept)
    from = at + 1
  }
  keep(bytes.subarray(from), kept)
  return Buffer.concat(kept)
}

function keep(event: Buffer, kept: Buffer[]): void {
  const isCount = MARKS.some((it) => event.includes(it)) && COUNT.test(event.toString('latin1'))
  if (!isCount && event.length > 0) kept.push(event)
}
