/**
 * What a key looks like: `cok_`, 256 random bits as 43 letters and digits, and six more that are their checksum.
 *
 * The beginning makes a key that got away recognisable to whoever scans a repository, and to the redactor of logs (`otel`); the
 * checksum tells a key that was mistyped or cut off from one that was withdrawn, without asking anybody. There is no
 * sign in it but letters, digits and one underscore, so that a double click takes all of it.
 *
 * Keys of another form are taken too: settings hold hashes, and whoever has keys already keeps them.
 */
import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const PREFIX = 'cok_'
const SIGNS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 62 to the 43rd is more than 2 to the 256th; 62 to the 6th more than 2 to the 32nd. */
const BODY = 43
const CHECK = 6

export interface NewKey {
  /** Shown once, and kept nowhere. */
  readonly key: string
  /** `sha256:` and 64 hex digits. */
  readonly hash: string
}

/** `random` gives so many random bytes; default: of the operating system. */
export function createKey(random: (bytes: number) => Uint8Array = randomBytes): NewKey {
  const body = inSigns(BigInt(`0x${Buffer.from(random(32)).toString('hex')}`), BODY)
  const key = `${PREFIX}${body}${checksumOf(body)}`
  return { key, hash: hashOfKey(key) }
}

export function hashOfKey(key: string): string {
  return `sha256:${hash('sha256', key, 'hex')}`
}

/** Whether a text begins like a key of ours and cannot be one. */
export function isMistyped(key: string): boolean {
  if (!key.startsWith(PREFIX)) return false
  const body = key.slice(PREFIX.length, -CHECK)
  return key.length !== PREFIX.length + BODY + CHECK || checksumOf(body) !== key.slice(-CHECK)
}

function checksumOf(body: string): string {
  return inSigns(BigInt(crc32(body)), CHECK)
}

function inSigns(number: bigint, length: number): string {
  let text = ''
  let left = number
  for (let i = 0; i < length; i += 1) {
    text = `${SIGNS[Number(left % 62n)] ?? ''}${text}`
    left /= 62n
  }
  return text
}
