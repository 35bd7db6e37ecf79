/**
 * Settings texts as bytes and back.
 *
 * One change takes a text through many hands: read from the file, edited, offered, read again, kept for later. It comes
 * as the same bytes each time, so what they say is remembered with them, and dies with them.
 *
 * Invariant: bytes of settings are written once, by who made them, and never changed; a memory by identity is right
 * only for such.
 */

const remembered = new WeakMap<Uint8Array, string>()

const strict = new TextDecoder('utf-8', { fatal: true })
const lenient = new TextDecoder()

/** The text of UTF-8 bytes, without the mark at its beginning. Throws a `TypeError` for other bytes. */
export function strictTextOf(bytes: Uint8Array): string {
  const known = remembered.get(bytes)
  if (known !== undefined) return known
  const text = strict.decode(bytes)
  remembered.set(bytes, text)
  return text
}

/** The same, with U+FFFD for what is no UTF-8. */
export function textOf(bytes: Uint8Array): string {
  return remembered.get(bytes) ?? lenient.decode(bytes)
}

/**
 * The bytes that were written last, newest first. A text is as long as the settings, and whoever goes to and fro between
 * two of them has the same ones each time, in place of new ones that all grow old.
 */
let recent: readonly Uint8Array[] = []
const MOST_RECENT = 3
/** Characters. A longer text is written each time rather than kept. */
const LONGEST_KEPT = 4 * 1024 * 1024

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  const bytes = recent.find((it) => remembered.get(it) === text) ?? encode(text)
  if (recent[0] === bytes || text.length > LONGEST_KEPT || !remembered.has(bytes)) return bytes
  recent = [bytes, ...recent.filter((it) => it !== bytes)].slice(0, MOST_RECENT)
  return bytes
}

function encode(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  // Half a surrogate pair and a mark at the beginning do not come back as they were.
  if (text.isWellFormed() && !text.startsWith('\uFEFF')) remembered.set(bytes, text)
  return bytes
}
