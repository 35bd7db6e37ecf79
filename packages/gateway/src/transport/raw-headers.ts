/**
 * Headers in the buffers they came in: name, value, name, value …
 *
 * Of a dozen headers in an answer, two or three are looked at. Finding one compares bytes; only the value
 * found is decoded.
 */
import type { UpstreamHeaders } from '../contract/upstream.ts'

export class RawHeaders implements UpstreamHeaders {
  readonly #raw: readonly Buffer[]

  constructor(raw: readonly Buffer[]) {
    this.#raw = raw
  }

  find(name: string): string | undefined {
    for (let i = 0; i + 1 < this.#raw.length; i += 2) {
      const found = this.#raw[i]
      if (found?.length === name.length && isName(found, name)) return this.#raw[i + 1]?.toString('latin1')
    }
    return undefined
  }
}

/** Setting bit 5 makes an ASCII letter small and leaves digits and `-` as they are. */
function isName(bytes: Buffer, name: string): boolean {
  for (let i = 0; i < bytes.length; i += 1) {
    if (((bytes[i] ?? 0) | 0x20) !== name.charCodeAt(i)) return false
  }
  return true
}
