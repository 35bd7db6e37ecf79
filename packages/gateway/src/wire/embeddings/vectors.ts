/** Vectors as they are written: lists of numbers, or the bytes of their 32-bit floats, little end first, in base64. */

export function writeVector(vector: readonly number[], encoding: 'float' | 'base64'): unknown {
  if (encoding === 'float') return vector
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4)
  return bytes.toString('base64')
}

/** `null` for what is no vector. */
export function readVector(value: unknown): readonly number[] | null {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'base64')
    if (bytes.length === 0 || bytes.length % 4 !== 0) return null
    return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
  }
  if (!Array.isArray(value)) return null
  return value.every((it) => typeof it === 'number') ? value : null
}

/** `null` unless each of them is one. */
export function readVectors(values: readonly unknown[]): readonly (readonly number[])[] | null {
  const vectors: (readonly number[])[] = []
  for (const value of values) {
    const vector = readVector(value)
    if (vector === null) return null
    vectors.push(vector)
  }
  return vectors
}
