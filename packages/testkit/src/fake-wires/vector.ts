/** A vector for a text: the same for the same, and of unit length. */
import { createHash } from 'node:crypto'

const DIMENSIONS = 8

export function vectorOf(text: string, dimensions = DIMENSIONS): readonly number[] {
  const bytes = createHash('sha512').update(text).digest()
  const raw = Array.from({ length: dimensions }, (_, i) => ((bytes[i % bytes.length] ?? 0) - 127.5) / 127.5)
  const length = Math.hypot(...raw)
  return raw.map((it) => it / length)
}
