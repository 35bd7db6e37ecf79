/**
 * The current values of the secrets that settings name.
 *
 * This is a channel of its own, beside the versions: a reference is sealed with the settings, its value is
 * looked up here, and a value that changes acts on the next attempt of any request, whichever version that
 * request is pinned to. Rotating a key must not need a reload, and must not wait for old streams to end.
 *
 * A reference that cannot be read any more keeps its last value: a file that is missing for the moment of
 * its replacement is not a revocation. An empty value is refused like a missing one.
 *
 * Values never leave through errors, logs or receipts; the redactor is told each of them first.
 *
 * What is the gateway's own is nobody's to name: whoever may change settings could otherwise have the token of its owner
 * sent to a provider of his.
 *
 * Not here: when to look again (`main.ts`: on SIGHUP and at intervals).
 */
import { constants } from 'node:fs'
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { replaceSecretReferences, type SecretValues } from '../contract/secret.ts'
import { GatewayError } from '../errors.ts'
import { ownValue } from './own-value.ts'

export interface SecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told every value before anyone can use it. */
  readonly redactor: { add(value: string): void }
  /** What no settings may name. Default: nothing. */
  readonly own?: OwnSecrets
  /** Reads a file that a `${file:…}` names. Default: from disk, 64 KiB at most. */
  readonly read?: (path: string) => Promise<string>
}

export interface OwnSecrets {
  /** Names of variables. */
  readonly environment: readonly string[]
  /** Nothing in it, by whichever way it is named. */
  readonly directory: string
}

export interface Secrets extends SecretValues {
  /**
   * Looks up references that are not known yet. Returns those that name nothing that can be read, with the
   * reason for the log; a reload that needs one of them is refused.
   */
  resolve(references: Iterable<string>): Promise<readonly SecretTrouble[]>
  /**
   * Looks every known reference up again. What changed acts at once; what cannot be read keeps its value
   * and is returned. Calls in parallel are one.
   */
  refresh(): Promise<SecretsRefresh>
}

export interface SecretTrouble {
  readonly reference: string
  readonly cause: unknown
}

export interface SecretsRefresh {
  /** References whose value changed. */
  readonly changed: readonly string[]
  readonly troubles: readonly SecretTrouble[]
}

/** Keys have a hundred characters, certificates some thousand. */
const MOST_BYTES = 64 * 1024
/** Most secrets are in one: all files may be read at the same time. */
const CHUNK_BYTES = 4 * 1024

export function createSecrets(options: SecretsOptions): Secrets {
  return new LiveSecrets(options)
}

class LiveSecrets implements Secrets {
  generation = 0
  readonly #options: SecretsOptions
  readonly #values = new Map<string, string>()
  #refreshing: Promise<SecretsRefresh> | null = null

  constructor(options: SecretsOptions) {
    this.#options = options
  }

  fill(text: string): string {
    return replaceSecretReferences(text, (reference) => {
      const value = this.#values.get(reference)
      if (value === undefined) throw new GatewayError('settings.secret_missing', { reference, pointer: '' })
      return value
    })
  }

  hide(value: string): void {
    this.#options.redactor.add(value)
  }

  async resolve(references: Iterable<string>): Promise<readonly SecretTrouble[]> {
    const unknown = [...new Set(references)].filter((it) => !this.#values.has(it))
    if (unknown.length === 0) return []
    return (await this.#lookUp(unknown)).troubles
  }

  refresh(): Promise<SecretsRefresh> {
    this.#refreshing ??= this.#lookUp([...this.#values.keys()]).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #lookUp(references: readonly string[]): Promise<SecretsRefresh> {
    const changed: string[] = []
    const troubles: SecretTrouble[] = []
    const found = await Promise.allSettled(references.map((it) => this.#read(it)))
    for (const [i, it] of found.entries()) {
      const reference = references[i] ?? ''
      if (it.status === 'rejected') troubles.push({ reference, cause: it.reason })
      else if (this.#put(reference, it.value)) changed.push(reference)
    }
    return { changed, troubles }
  }

  #put(reference: string, value: string): boolean {
    if (this.#values.get(reference) === value) return false
    this.#options.redactor.add(value)
    for (const part of secretsWithin(value)) this.#options.redactor.add(part)
    this.#values.set(reference, value)
    this.generation++
    return true
  }

  async #read(reference: string): Promise<string> {
    const name = reference.slice(reference.indexOf(':') + 1, -1)
    const isFile = reference.startsWith('${file:')
    const text = isFile ? await this.#readFile(name, reference) : this.#readVariable(name, reference)
    // Editors and `echo` end a file with a line break that is not part of the key.
    const value = onOneLine(text?.trim() ?? '')
    if (value === '') throw new GatewayError('settings.secret_missing', { reference, pointer: '' })
    if (/[\r\n\0]/.test(value)) throw new GatewayError('settings.secret_many_lines', { reference })
    return value
  }

  #readVariable(name: string, reference: string): string | undefined {
    const { env, own } = this.#options
    if (own?.environment.includes(name) === true) throw new GatewayError('settings.secret_own', { reference })
    return ownValue(env, name)
  }

  /**
   * Reads from where the links on the way led when that was looked at. A folder on that way may be exchanged before the file
   * is open, so it is asked of the open file once more where it is.
   */
  async #readFile(path: string, reference: string): Promise<string> {
    const { own, read } = this.#options
    if (own === undefined) return await (read ?? readSmallFile)(path)
    const [place, directory] = await Promise.all([realpath(path), placeOf(own.directory)])
    const refuseOwn = (at: string): void => {
      if (at.startsWith(`${directory}${sep}`)) throw new GatewayError('settings.secret_own', { reference })
    }
    refuseOwn(place)
    return await (read ?? readSmallFile)(place, refuseOwn)
  }
}

/** Where an open file is: Linux knows it of the file itself, elsewhere the path is followed once more. */
function placeOfOpen(file: FileHandle, path: string): Promise<string> {
  return readlink(`/proc/self/fd/${file.fd}`).catch(() => realpath(path))
}

/** Where a path ends when all links on its way are followed; the path itself where nothing is there. */
function placeOf(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

/** Of a credential that is JSON, what is secret by itself. */
function secretsWithin(value: string): readonly string[] {
  if (!value.startsWith('{')) return []
  const found = Object.entries(parseOrNothing(value))
  return found.flatMap(([name, it]) =>
    /(?:private_key|secret|token|password)$/i.test(name) && typeof it === 'string' ? [it] : [],
  )
}

/** Some credentials are JSON, such as that of a service account, and files break its lines. */
function onOneLine(text: string): string {
  if (!text.startsWith('{')) return text
  const value = parseOrNothing(text)
  return Object.keys(value).length === 0 ? text : JSON.stringify(value)
}

function parseOrNothing(text: string): object {
  try {
    return JSON.parse(text) as object
  } catch {
    return {}
  }
}

/**
 * Reads no more than it takes to see that there is too much: a device has no end. Waits for nobody to fill a pipe. With
 * `look` the path has no links: one that is there now is not followed, and `look` is told where the file is that was opened.
 */
async function readSmallFile(path: string, look?: (at: string) => void): Promise<string> {
  const follow = look === undefined ? 0 : constants.O_NOFOLLOW
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | follow)
  try {
    look?.(await placeOfOpen(file, path))
    const chunks: Buffer[] = []
    for (let size = 0; size <= MOST_BYTES; ) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES))
      if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8')
      chunks.push(buffer.subarray(0, bytesRead))
      size += bytesRead
    }
    throw new GatewayError('settings.secret_missing', { reference: `\${file:${path}}`, pointer: '' })
  } finally {
    await file.close()
  }
}
