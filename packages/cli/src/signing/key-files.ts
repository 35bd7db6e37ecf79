/**
 * Keys as files: a private key that only its owner may read, and the public half beside it.
 *
 * A file that is there is never written over: it may be somebody's only key. What is private is read into a signer
 * and goes nowhere else; nothing here ever prints it.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { keyIdOf, type Signer } from '@changeover/reload'
import { UsageError } from '../command.ts'
import { readNamed } from '../read-named.ts'

export interface PublicKey {
  /** The file it was read from, as it was named. */
  readonly file: string
  readonly keyid: string
  readonly pem: string
}

export interface PrivateKey extends PublicKey {
  readonly signer: Signer
}

/** Where the public half of a key goes: `ann.pub` beside `ann.key`, `ann.pub` beside `ann`. */
export function publicFileOf(file: string): string {
  return `${file.replace(/\.(?:key|pem)$/, '')}.pub`
}

/** Makes a key: PKCS#8 in `file`, readable by its owner only, and SPKI beside it. */
export async function makeKey(file: string, cwd: string): Promise<PrivateKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const path = resolve(cwd, file)
  const pem = pemOf(publicKey)
  await writeNew(path, file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600)
  try {
    await writeNew(publicFileOf(path), publicFileOf(file), pem, 0o644)
  } catch (error) {
    // One half alone is worth nothing, and would stand in the way of the next try.
    await rm(path, { force: true })
    throw error
  }
  return asPrivate(file, privateKey)
}

export async function readPrivateKey(file: string, cwd: string): Promise<PrivateKey> {
  const text = await readNamed(file, cwd)
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch {
    throw new UsageError(`"${file}" holds no private key that can be read, expected Ed25519 in PKCS#8 PEM`)
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new UsageError(`"${file}" holds a key of type ${key.asymmetricKeyType}, expected ed25519`)
  return asPrivate(file, key)
}

/** The public half of a key file, whichever of the two it is. */
export async function readPublicKey(file: string, cwd: string): Promise<PublicKey> {
  const text = await readNamed(file, cwd)
  if (text.includes('PRIVATE KEY')) return publicHalf(await readPrivateKey(file, cwd))
  let key: KeyObject
  try {
    key = createPublicKey(text)
  } catch {
    throw new UsageError(`"${file}" holds no key that can be read, expected Ed25519 in PEM`)
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new UsageError(`"${file}" holds a key of type ${key.asymmetricKeyType}, expected ed25519`)
  return { file, keyid: keyIdOf(key), pem: pemOf(key) }
}

export function publicHalf({ file, keyid, pem }: PublicKey): PublicKey {
  return { file, keyid, pem }
}

/** Writes a file that must not be there. */
export async function writeNew(
  path: string,
  name: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  try {
    await writeFile(path, content, { flag: 'wx', mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new UsageError(`"${name}" is there already; it was not changed`)
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    throw new UsageError(`"${name}" cannot be written (${code})`)
  }
}

function asPrivate(file: string, privateKey: KeyObject): PrivateKey {
  const publicKey = createPublicKey(privateKey)
  const keyid = keyIdOf(publicKey)
  const signer = { keyid, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) }
  return { file, keyid, pem: pemOf(publicKey), signer }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}
