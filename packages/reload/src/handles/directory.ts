/**
 * Settings in many files: every YAML, JSON and TOML file below a directory, offered as one.
 *
 * The offer is a bundle, `{"files":[{"path":…,"text":…}]}`, sorted by path and so the same bytes for the same
 * files. Names that begin with a dot are left out: editors' and Git's own, and the versions behind a mounted
 * ConfigMap, whose files are reached by their links.
 *
 * A set that changes while it is read is read again when it has come to rest, so that an offer never mixes two
 * versions of a volume that is swapped at once. An empty file among the others is one that is being written.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Handle } from '../contract/handle.ts'
import { ReloadError } from '../errors.ts'
import { stampOf } from './file.ts'
import { isSettingsName } from './media-type.ts'
import { digestOf, MAX_BYTES, refuseEmpty, refuseLarge } from './source.ts'
import { type WatchedOptions, type WatchedSource, watchedHandle } from './watched.ts'

/** Media type of a bundle. */
export const SETTINGS_DIRECTORY_TYPE = 'application/vnd.changeover.settings-directory+json'

/** What a bundle holds, once parsed. Paths are relative, with `/`. */
export interface SettingsDirectory {
  readonly files: readonly { readonly path: string; readonly text: string }[]
}

/** A link may lead back up; nobody nests settings this deep. */
const MAX_DEPTH = 8
const MAX_FILES = 2_000

/** Watches a directory and those below it. It need not exist yet. */
export function directoryHandle(path: string, options: WatchedOptions = {}): Handle {
  return watchedHandle(directorySource(path, options), options)
}

export function directorySource(path: string, options: { readonly maxBytes?: number } = {}): WatchedSource {
  const { maxBytes = MAX_BYTES } = options
  return {
    kind: 'directory',
    place: path,
    async read() {
      const before = await survey(path)
      if (before.files.size === 0) throw new ReloadError('handle.empty', { source: path })
      const files = await readAll(path, before, maxBytes)
      if (!isSame(before, await survey(path))) return null
      const bytes = Buffer.from(JSON.stringify({ files } satisfies SettingsDirectory))
      const actor = `file:${basename(resolve(path))}`
      return { bytes, digest: digestOf(bytes), mediaType: SETTINGS_DIRECTORY_TYPE, actor }
    },
    async spots() {
      const { directories } = await survey(path).catch(() => ({ directories: [''] }))
      return new Map(directories.map((it) => [resolve(path, it), null]))
    },
  }
}

interface Survey {
  /** Relative path to what differs between two states of the file. */
  readonly files: ReadonlyMap<string, { readonly stamp: string; readonly sizeBytes: number }>
  readonly directories: readonly string[]
}

async function survey(root: string): Promise<Survey> {
  const files = new Map<string, { stamp: string; sizeBytes: number }>()
  const directories: string[] = []
  const visit = async (directory: string, depth: number): Promise<void> => {
    directories.push(directory)
    for (const name of await readdir(join(root, directory))) {
      if (name.startsWith('.')) continue
      const relative = directory === '' ? name : `${directory}/${name}`
      const found = await stat(join(root, relative), { bigint: true })
      if (found.isDirectory() && depth < MAX_DEPTH) await visit(relative, depth + 1)
      if (!found.isFile() || !isSettingsName(name)) continue
      files.set(relative, { stamp: stampOf(found), sizeBytes: Number(found.size) })
      refuseLarge(root, files.size > MAX_FILES ? Number.POSITIVE_INFINITY : 0, MAX_BYTES)
    }
  }
  await visit('', 0)
  return { files, directories }
}

async function readAll(
  root: string,
  { files }: Survey,
  maxBytes: number,
): Promise<SettingsDirectory['files']> {
  const sizesBytes = [...files.values()].map((it) => it.sizeBytes)
  refuseLarge(
    root,
    sizesBytes.reduce((sum, it) => sum + it, 0),
    maxBytes,
  )
  const read: { path: string; text: string }[] = []
  for (const path of [...files.keys()].sort()) {
    const bytes = await readFile(join(root, path))
    refuseEmpty(join(root, path), bytes)
    read.push({ path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) })
  }
  return read
}

function isSame(one: Survey, other: Survey): boolean {
  if (one.files.size !== other.files.size) return false
  return [...one.files].every(([path, { stamp }]) => other.files.get(path)?.stamp === stamp)
}
