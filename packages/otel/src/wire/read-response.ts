/**
 * How many items a receiver refused, from the answer to an export (`partial_success`, field 1, whose
 * field 1 is the count). An answer that cannot be read counts as none: the items were accepted by status.
 */
export function readRejected(bytes: Uint8Array): number {
  const partial = field(bytes, 1)
  if (partial === null || typeof partial === 'number') return 0
  const rejected = field(partial, 1)
  return typeof rejected === 'number' ? rejected : 0
}

/** First occurrence of a field that is a varint or has a length; `null` when there is none. */
function field(bytes: Uint8Array, wanted: number): number | Uint8Array | null {
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 0x80) {
      const byte = bytes[at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    return value
  }
  while (at < bytes.length) {
    const tag = varint()
    const wire = tag & 7
    if (wire !== 0 && wire !== 2) return null
    const size = varint()
    const found = (tag - wire) / 8 === wanted
    if (wire === 0) {
      if (found) return size
    } else {
      if (found) return bytes.subarray(at, at + size)
      at += size
    }
  }
  return null
}
