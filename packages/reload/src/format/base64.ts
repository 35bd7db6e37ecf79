/**
 * Base64 as DSSE allows it: either alphabet (RFC 4648 sections 4 and 5), whole and exact.
 *
 * `Buffer.from` skips what it does not know and forgives missing ends, so two different texts could carry
 * one signature; here a text is taken only when writing its bytes again gives the same text.
 */

export function writeBase64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64')
}

/** The bytes, or `null` when the text is not exact base64 with its padding. */
export function readBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64')
  const again = bytes.toString('base64')
  if (again === text) return bytes
  return again.replaceAll('+', '-').replaceAll('/', '_') === text ? bytes : null
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
