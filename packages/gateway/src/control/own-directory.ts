/**
 * The operator's own directory of settings: read whole, and written one file at a time.
 *
 * Invariant: a change touches one file or none. Two files cannot be replaced at once, and a crash between them would
 * leave a mixture that nobody wrote; what belongs into two is refused before it is offered (`settings/`).
 *
 * The bytes are the bundle that the directory's handle offers, so that what it reads can be known by its bytes.
 */
import { join } from 'node:path'
import {
  directorySource,
  isReloadError,
  looks,
  SETTINGS_DIRECTORY_TYPE,
  type SettingsDirectory,
} from '@changeover/reload'
import { GatewayError } from '../errors.ts'
import { FileChangedError, keepAside, replaceOwnFile } from './own-file.ts'
import type { DirectoryText, OwnSettings } from './settings-source.ts'

/** Somebody writes while we read; it mostly takes them less long than it takes us. */
const READINGS = 5

export function ownDirectory(path: string, place: string, text: DirectoryText): OwnSettings {
  const source = directorySource(path)

  async function read(): Promise<Uint8Array | null> {
    for (let i = 0; i < READINGS; i++) {
      const reading = await source.read().catch(orNothing)
      if (reading !== null) return reading === 'nothing' ? null : reading.bytes
    }
    throw new GatewayError('settings.file_changed', { source: place })
  }

  /** No files at all is nothing yet; an empty file among others is one that somebody is writing. */
  function orNothing(error: unknown): 'nothing' {
    if (isReloadError(error) && error.code === 'handle.empty' && error.message.includes(`"${path}"`))
      return 'nothing'
    throw error
  }

  return {
    mediaType: SETTINGS_DIRECTORY_TYPE,
    isMany: true,
    takes: () => false,
    isWritable: () => looks.mayFill(path),
    read,
    treeOf: (bytes) => text.read(bytes),
    edit: (bytes, changes) => text.edit(bytes, changes),
    write(tree, instead) {
      if (instead === null) return text.write(tree)
      const reason = 'what its files say is not in force, and which of them to keep is not ours to say'
      throw new GatewayError('settings.not_editable', { file: place, reason })
    },
    async replace(expected, next) {
      const held = await read()
      if (!isSame(held, expected)) throw new FileChangedError(`"${place}" was changed meanwhile`)
      const changed = changedFile(expected, next)
      if (changed === null) return place
      const { name, before, after } = changed
      await replaceOwnFile(join(path, name), before === null ? null : Buffer.from(before), Buffer.from(after))
      return `${place}/${name}`
    },
    async keepAside(expected, next, mark) {
      const changed = changedFile(expected, next)
      if (changed?.before == null) return place
      await keepAside(join(path, changed.name), Buffer.from(changed.before), mark)
      return `${place}/${changed.name}.${mark}`
    },
  }
}

interface ChangedFile {
  readonly name: string
  /** `null` for a new one. */
  readonly before: string | null
  readonly after: string
}

function changedFile(expected: Uint8Array | null, next: Uint8Array): ChangedFile | null {
  const before = new Map(filesOf(expected).map((it) => [it.path, it.text]))
  const changed = filesOf(next).filter((it) => before.get(it.path) !== it.text)
  const [first, second] = changed
  if (second !== undefined) throw new TypeError('two files of a directory were to be written as one change')
  return first === undefined
    ? null
    : { name: first.path, before: before.get(first.path) ?? null, after: first.text }
}

function filesOf(bundle: Uint8Array | null): SettingsDirectory['files'] {
  if (bundle === null) return []
  return (JSON.parse(new TextDecoder().decode(bundle)) as SettingsDirectory).files
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0
}
