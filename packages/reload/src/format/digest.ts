/**
 * Digests: the name of bytes, for ever. Always taken of bytes as they came, never of something parsed,
 * so that two readers who disagree about a text still agree about what was signed.
 */
import { hash } from 'node:crypto'

/** `sha256:` and 64 lower-case hex digits, of exactly these bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${hash('sha256', bytes, 'hex')}`
}

/** The digest of a text's UTF-8 bytes. */
export function digestOfText(text: string): string {
  return `sha256:${hash('sha256', text, 'hex')}`
}
