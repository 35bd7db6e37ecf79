/**
 * Changes asked for through the admin API, kept together with the operator's own file: one truth per scope.
 *
 * Order: the change is offered, and only what was taken is written into the file. A refused change leaves the
 * file alone; a file that cannot be written takes the change back. The other order would put a text on disk
 * that nobody has checked, and a restart would find it there.
 *
 * Invariant: when an answer says `applied`, file and version in force say the same. So a change is refused
 * while the file holds something that is not in force: it would be lost, or come into force unasked.
 *
 * A rollback is the exception: it is what one reaches for when all else is wrong, so it never waits for the
 * file. What the file held is kept beside it, and a file that cannot be written is reported, not obeyed.
 *
 * See docs/decisions/2026-11-21-write-back.md. Not here: how a text is edited (`settings/`), HTTP (`routes/`).
 */
import {
  changes,
  ENVELOPE_TYPE,
  type Json,
  type Origin,
  type Receipt,
  type Reloader,
  type SettingsTree,
  type Telemetry,
} from '@changeover/reload'
import { GatewayError, isGatewayError } from '../errors.ts'
import { FileChangedError, isWritable, keepAside, readOwnFile, replaceOwnFile } from './own-file.ts'
import type { SettingsSource, SettingsText } from './settings-source.ts'

export interface ChangerOptions {
  readonly reloader: Reloader<unknown>
  readonly source: SettingsSource
  readonly text: SettingsText
  readonly telemetry: Telemetry
}

/** What became of the file. */
export interface WrittenBack {
  readonly path: string
  readonly written: boolean
  readonly kept?: string
  readonly trouble?: string
}

export interface Changed {
  readonly receipt: Receipt
  readonly file: WrittenBack | null
}

export interface Changer {
  /** Offers a whole tree: as a person wrote it, or sealed. */
  offer(bytes: Uint8Array, origin: Origin): Promise<Changed>
  /** Offers what `change` makes of the tree in force. */
  patch(change: (tree: Json) => Json, origin: Origin): Promise<Changed>
  /** The text that `patch` would offer, for a plan. */
  draftPatch(change: (tree: Json) => Json): Promise<{ bytes: Uint8Array; path: string }>
  rollback(origin: Origin, to?: string): Promise<Changed>
  /**
   * Takes what the file's handle has read: `offer` is called in turn with the changes, or not at all, when the
   * file no longer holds these bytes, or when they are what a change has just written into it and in force.
   *
   * In turn, because offers win over older ones: one that is made while a change is under way, about the file as
   * it was before, would take that change's place. `again` offers what is in force too.
   */
  offerRead(bytes: Uint8Array, offer: () => Promise<Receipt>, again?: boolean): Promise<Receipt>
}

/** Bytes that are known to say these settings. */
interface Said {
  readonly bytes: Uint8Array
  readonly settings: SettingsTree
}

/** The file as it was read, which is known to say what is in force. */
interface Agreed {
  readonly path: string
  readonly bytes: Uint8Array | null
  readonly tree: SettingsTree | null
  readonly version: string | null
}

export function createChanger(options: ChangerOptions): Changer {
  const inTurn = createTurns()
  const changer = new FileChanger(options, inTurn)
  return {
    offer: (bytes, origin) => inTurn(() => changer.offer(bytes, origin)),
    patch: (change, origin) => inTurn(() => changer.patch(change, origin)),
    draftPatch: (change) => inTurn(() => changer.draftPatch(change)),
    rollback: (origin, to) => inTurn(() => changer.rollback(origin, to)),
    async offerRead(bytes, offer, again = false) {
      // Boxed: the turn ends when the offer is made, not when it is answered, which may take its time at the gate.
      const { receipt } = await inTurn(async () => ({
        receipt: (await changer.answerRead(bytes, again)) ?? offer(),
      }))
      return receipt
    },
  }
}

type InTurn = <T>(run: () => Promise<T>) => Promise<T>

/** One change at a time: the second reads the file that the first has written. */
function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const turn = last.then(run, run)
    last = turn.catch(() => undefined)
    return turn
  }
}

class FileChanger {
  readonly #options: ChangerOptions
  readonly #inTurn: InTurn
  /** What need not be read again to know what it says. */
  #said: Said | null = null
  /** Written by a change, and not yet read by the file's handle. */
  #written: Said | null = null

  constructor(options: ChangerOptions, inTurn: InTurn) {
    this.#options = options
    this.#inTurn = inTurn
  }

  async offer(bytes: Uint8Array, origin: Origin): Promise<Changed> {
    if (await this.#isThere(bytes)) return this.#offerFile(bytes, origin)
    const agreed = await this.#agree()
    const receipt = await this.#ask(bytes, origin, agreed)
    if (!this.#isNew(receipt)) return { receipt, file: null }
    return this.#keep(receipt, agreed, async () => {
      if (origin.mediaType !== ENVELOPE_TYPE && isFormatOf(agreed.path, origin.mediaType)) return bytes
      return this.#edited(agreed, await this.#settingsOf(receipt.version))
    })
  }

  async patch(change: (tree: Json) => Json, origin: Origin): Promise<Changed> {
    const agreed = await this.#agree()
    const bytes = this.#draft(agreed, change)
    const receipt = await this.#ask(bytes, { ...origin, mediaType: mediaTypeOf(agreed.path) }, agreed)
    if (!this.#isNew(receipt)) return { receipt, file: null }
    return this.#keep(receipt, agreed, async () => bytes)
  }

  async draftPatch(change: (tree: Json) => Json): Promise<{ bytes: Uint8Array; path: string }> {
    const agreed = await this.#agree()
    return { bytes: this.#draft(agreed, change), path: agreed.path }
  }

  async rollback(origin: Origin, to?: string): Promise<Changed> {
    const { reloader, source, text } = this.#options
    const path = source.ownFile
    const before = path === null ? null : await readOwnFile(path).catch(() => null)
    const inForce = reloader.current()?.settings ?? null
    const receipt = await reloader.rollback(origin, to)
    if (receipt.outcome !== 'applied' || path === null) return { receipt, file: null }
    const restored = await this.#settingsOf(receipt.version)
    const mark = `before-${receipt.version}`
    try {
      const held = before === null ? null : await this.#treeOf(before, path)
      const agrees = held !== null && inForce !== null && changes(inForce, held).length === 0
      const edited = before === null || held === null ? null : this.#editedOrNull(before, held, restored)
      const keeps = before !== null && (!agrees || edited === null)
      if (keeps) await keepAside(path, before, mark)
      const next = edited ?? text.write(restored, path)
      await replaceOwnFile(path, before, next)
      const kept = keeps ? { kept: `${source.place}.${mark}` } : {}
      return { receipt, file: { path: source.place, written: true, ...kept } }
    } catch (error) {
      this.#warn('the rollback is in force, but the settings file could not be written', error)
      const trouble = error instanceof FileChangedError ? 'settings.file_changed' : 'settings.write_back'
      return { receipt, file: { path: source.place, written: false, trouble } }
    }
  }

  /** The answer to what the file's handle has read; `null` when the engine has to give it. */
  async answerRead(bytes: Uint8Array, again: boolean): Promise<Receipt | null> {
    const known = { attempt: '', traceId: '' }
    const written = this.#written
    const current = this.#options.reloader.current()
    const isOurs = written !== null && Buffer.compare(written.bytes, bytes) === 0
    if (!again && isOurs && current !== null && written.settings === current.settings) {
      // Once only: after anything has been read, the same bytes mean that somebody put them back.
      this.#written = null
      return { outcome: 'unchanged', ...known, reason: 'already_applied', version: current.version }
    }
    // Where that cannot be known, the engine may as well look at it.
    if (!(await this.#isThere(bytes).catch(() => true)))
      return { outcome: 'superseded', ...known, by: 'what the file says now' }
    this.#written = null
    return null
  }

  /** Whether the file still holds these bytes. */
  async #isThere(bytes: Uint8Array): Promise<boolean> {
    const path = this.#options.source.ownFile
    const held = path === null ? null : await readOwnFile(path)
    return held !== null && Buffer.compare(held, bytes) === 0
  }

  /** What the file says already: nothing can be lost, and nothing is to be written. */
  async #offerFile(bytes: Uint8Array, origin: Origin): Promise<Changed> {
    const { reloader, source } = this.#options
    const receipt = await reloader.offer(bytes, origin)
    return { receipt, file: receipt.outcome === 'applied' ? { path: source.place, written: true } : null }
  }

  /** `null` when the text has no room for the change: it is then written anew, and the old one kept aside. */
  #editedOrNull(before: Uint8Array, held: SettingsTree, next: SettingsTree): Uint8Array | null {
    const { source, text } = this.#options
    try {
      return text.edit(before, source.ownFile ?? '', changes(held, next))
    } catch (error) {
      if (isGatewayError(error) && error.code === 'settings.not_editable') return null
      throw error
    }
  }

  /** The file and what it says, when that is what is in force; else the change is refused. */
  async #agree(): Promise<Agreed> {
    const { reloader, source } = this.#options
    const path = source.ownFile
    if (path === null || !(await isWritable(path)))
      throw new GatewayError('settings.read_only', { source: source.place })
    const snapshot = reloader.current()
    const bytes = await readOwnFile(path)
    const version = snapshot?.version ?? null
    // With nothing in force there is nothing that a change could lose: it may be what mends a broken file.
    if (snapshot === null) return { path, bytes, tree: null, version }
    if (bytes !== null && !(await this.#says(bytes, snapshot.settings)))
      throw new GatewayError('settings.file_changed', { source: source.place })
    return { path, bytes, tree: snapshot.settings, version }
  }

  /** Whether the file's bytes say exactly these settings. Read only when that is not known yet. */
  async #says(bytes: Uint8Array, settings: SettingsTree): Promise<boolean> {
    const said = this.#said
    if (said?.settings === settings && Buffer.compare(said.bytes, bytes) === 0) return true
    const tree = await this.#treeOf(bytes, this.#options.source.ownFile ?? '')
    if (tree === null || changes(settings, tree).length > 0) return false
    this.#said = { bytes, settings }
    return true
  }

  async #treeOf(bytes: Uint8Array, path: string): Promise<SettingsTree | null> {
    try {
      return await this.#options.text.read(bytes, path)
    } catch {
      return null
    }
  }

  #draft(agreed: Agreed, change: (tree: Json) => Json): Uint8Array {
    const next = change(agreed.tree ?? {})
    if (typeof next !== 'object' || next === null || Array.isArray(next))
      throw new GatewayError('control.bad_request', {
        field: 'the patch',
        found: 'something else as the whole of the settings',
        expected: 'an object',
      })
    return this.#edited(agreed, next as SettingsTree)
  }

  #edited(agreed: Agreed, next: SettingsTree): Uint8Array {
    const { text } = this.#options
    if (agreed.bytes === null || agreed.tree === null) return text.write(next, agreed.path)
    return text.edit(agreed.bytes, agreed.path, changes(agreed.tree, next))
  }

  #ask(bytes: Uint8Array, origin: Origin, agreed: Agreed): Promise<Receipt> {
    const { reloader } = this.#options
    // Made for this version even when the caller did not say so: a reload in between would be undone.
    const ifMatch = origin.ifMatch ?? agreed.version
    return reloader.offer(bytes, ifMatch === null ? origin : { ...origin, ifMatch })
  }

  /** An answer may be one that was given before, to the same key: what it is about may have gone since. */
  #isNew(receipt: Receipt): receipt is Receipt & { outcome: 'applied' } {
    const { version } = this.#options.reloader.current() ?? {}
    return receipt.outcome === 'applied' && receipt.version === version
  }

  async #keep(
    receipt: Receipt & { outcome: 'applied' },
    agreed: Agreed,
    makeText: () => Promise<Uint8Array>,
  ): Promise<Changed> {
    const { path } = agreed
    try {
      const next = await makeText()
      await replaceOwnFile(path, agreed.bytes, next)
      this.#rememberWritten(receipt.version, next)
      this.#followFate(receipt, agreed, next)
      return { receipt, file: { path: this.#options.source.place, written: true } }
    } catch (error) {
      this.#warn('the settings file could not be written; the change is taken back', error)
      await this.#takeBack(receipt.previous)
      if (isGatewayError(error)) throw error
      const code = error instanceof FileChangedError ? 'settings.file_changed' : 'settings.write_back'
      throw new GatewayError(code, { source: this.#options.source.place }, { cause: error })
    }
  }

  /** Read from these bytes, or edited into them and compared: they say what the version holds. */
  #rememberWritten(version: string, bytes: Uint8Array): void {
    const current = this.#options.reloader.current()
    if (current?.version !== version) return
    this.#said = { bytes, settings: current.settings }
    this.#written = this.#said
  }

  /** When the version is taken back while it is observed, the file goes back with it. */
  #followFate(receipt: Receipt & { outcome: 'applied' }, agreed: Agreed, written: Uint8Array): void {
    receipt.settled
      .then((it) =>
        it.status === 'rolled_back' ? this.#inTurn(() => this.#putBack(agreed, written)) : undefined,
      )
      .catch((error: unknown) => this.#warn('the settings file could not be put back', error))
  }

  async #putBack(agreed: Agreed, written: Uint8Array): Promise<void> {
    const { reloader, text } = this.#options
    const inForce = reloader.current()?.settings
    const held = await this.#treeOf(written, agreed.path)
    if (inForce === undefined || held === null) return
    // Mostly the version before; an older one when that had not been confirmed yet either.
    const wasBefore = agreed.tree !== null && changes(agreed.tree, inForce).length === 0
    const next =
      wasBefore && agreed.bytes !== null
        ? agreed.bytes
        : text.edit(written, agreed.path, changes(held, inForce))
    await replaceOwnFile(agreed.path, written, next)
  }

  async #takeBack(previous: string | null): Promise<void> {
    if (previous === null) return
    const { reloader, source } = this.#options
    const reason = `"${source.place}" could not be written`
    await reloader.rollback(
      { trigger: 'rollback', source: source.place, actor: 'changeover', reason },
      previous,
    )
  }

  async #settingsOf(version: string): Promise<SettingsTree> {
    const settings = await this.#options.reloader.settings(version)
    if (settings === null) throw new GatewayError('control.not_found', { what: `version ${version}` })
    return settings
  }

  #warn(message: string, error: unknown): void {
    this.#options.telemetry.logger.log({ level: 'warn', room: 'control', message, error })
  }
}

/** Content type for a path; the settings room decides by it. */
export function mediaTypeOf(path: string): string {
  if (path.endsWith('.json')) return 'application/json'
  return path.endsWith('.toml') ? 'application/toml' : 'application/yaml'
}

function isFormatOf(path: string, mediaType: string | undefined): boolean {
  return mediaType === undefined || mediaTypeOf(path) === mediaType
}
