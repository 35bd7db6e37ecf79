/**
 * Whether the operator's own file and the settings in force say the same, for `changer.ts`: a change may only be made of
 * both together.
 *
 * Invariant: `reach` gives a file only when it says what is in force or on trial, unless nothing is in force. A file that says
 * what was compared before, or what a change wrote, is not taken apart again to know that.
 *
 * Not here: what is written (`changer.ts`), and how (`own-file.ts`, `own-directory.ts`).
 */
import {
  changes,
  ENVELOPE_TYPE,
  type Origin,
  type Receipt,
  type Reloader,
  type SettingsTree,
} from '@changeover/reload'
import { GatewayError } from '../errors.ts'
import { treeOfEnvelope } from './envelope-tree.ts'
import { type Head, headOf, headVersion } from './head.ts'
import { overrideInForce } from './override.ts'
import { treeOrNull } from './own-edits.ts'
import type { OwnSettings, SettingsSource } from './settings-source.ts'

/** Bytes that are known to say what this version holds. */
interface Said {
  readonly bytes: Uint8Array
  readonly version: string
}

/** The file or directory as it was read, which is known to say what is in force. */
export interface Agreed {
  readonly own: OwnSettings
  readonly bytes: Uint8Array | null
  readonly tree: SettingsTree | null
  /** What has to be in force when a change of it comes in. */
  readonly version: string | null
}

/** One for each changer; asked in its turns. */
export class Agreement {
  readonly #reloader: Reloader<unknown>
  readonly #source: SettingsSource
  /** What need not be read again to know what it says. */
  #said: Said | null = null
  /** Written by a change, and not yet read by the file's handle. */
  #written: Said | null = null

  constructor(reloader: Reloader<unknown>, source: SettingsSource) {
    this.#reloader = reloader
    this.#source = source
  }

  /** The answer to what the file's handle has read; `null` when the engine has to give it. */
  async answerRead(bytes: Uint8Array, again: boolean): Promise<Receipt | null> {
    const known = { attempt: '', traceId: '' }
    const written = this.#written
    const head = headVersion(this.#reloader)
    const isOurs = written !== null && Buffer.compare(written.bytes, bytes) === 0
    if (!again && isOurs && written.version === head) {
      // Once only: after anything has been read, the same bytes mean that somebody put them back.
      this.#written = null
      return { outcome: 'unchanged', ...known, reason: 'already_applied', version: head }
    }
    // Where that cannot be known, the engine may as well look at it.
    if (!(await this.isThere(bytes).catch(() => true)))
      return { outcome: 'superseded', ...known, by: 'what the file says now' }
    this.#written = null
    return null
  }

  /** Whether the file still holds these bytes. */
  async isThere(bytes: Uint8Array): Promise<boolean> {
    const held = (await this.#source.own?.read()) ?? null
    return held !== null && Buffer.compare(held, bytes) === 0
  }

  /** Whether the file says what is in force or on trial, whoever has brought that; `false` where there is none. */
  async isInForce(): Promise<boolean> {
    const { own } = this.#source
    const bytes = (await own?.read()) ?? null
    const head = await headOf(this.#reloader)
    return own !== null && bytes !== null && head !== null && (await this.#says(own, bytes, head))
  }

  /** Whether an envelope holds just what the file says: the operator's own text, signed. */
  async isSigned(bytes: Uint8Array, { mediaType }: Origin): Promise<boolean> {
    const { own } = this.#source
    const tree = mediaType === ENVELOPE_TYPE ? treeOfEnvelope(bytes) : null
    const held = tree === null ? null : ((await own?.read()) ?? null)
    if (own === null || tree === null || held === null) return false
    const said = await treeOrNull(own, held)
    return said !== null && changes(said, tree).length === 0
  }

  /** The file and what it says, when that is what is in force or on trial; else the change that `origin` asks for is refused. */
  async reach(origin: Origin): Promise<Agreed> {
    const reloader = this.#reloader
    const { own, place } = this.#source
    if (own === null || !(await own.isWritable()))
      throw new GatewayError('settings.read_only', { source: place })
    const override = overrideInForce(reloader)
    if (override !== null)
      throw new GatewayError('settings.overridden', {
        ...override,
        until: new Date(override.until).toISOString(),
      })
    const bytes = await own.read()
    const version = reloader.baseFor(origin)?.version ?? null
    const head = await headOf(reloader)
    // With nothing in force there is nothing that a change could lose: it may be what mends a broken file.
    if (head === null) return { own, bytes, tree: null, version }
    if (bytes !== null && !(await this.#says(own, bytes, head)))
      throw new GatewayError('settings.file_changed', { source: place })
    return { own, bytes, tree: head.settings, version }
  }

  /** Whether the file's bytes say exactly these settings. Read only when that is not known yet. */
  async #says(own: OwnSettings, bytes: Uint8Array, { version, settings }: Head): Promise<boolean> {
    const said = this.#said
    if (said?.version === version && Buffer.compare(said.bytes, bytes) === 0) return true
    const tree = await treeOrNull(own, bytes)
    if (tree === null || changes(settings, tree).length > 0) return false
    this.#said = { bytes, version }
    return true
  }

  /** Read from these bytes, or edited into them and compared: they say what the version holds. */
  rememberWritten(version: string, bytes: Uint8Array): void {
    if (headVersion(this.#reloader) !== version) return
    this.#said = { bytes, version }
    this.#written = this.#said
  }
}
