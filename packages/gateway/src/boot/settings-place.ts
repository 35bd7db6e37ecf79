/**
 * Where this gateway's settings come from, by its flags: one file of its own, a directory, or a URL. The first
 * file is made when there is none.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import {
  type Clock,
  directoryHandle,
  directorySource,
  fileHandle,
  fileSource,
  type Handle,
  type HttpPollHandle,
  httpPollHandle,
  type Source,
} from '@changeover/reload'
import { ownDirectory } from '../control/own-directory.ts'
import { ownFile } from '../control/own-file.ts'
import type { SettingsSource } from '../control/settings-source.ts'
import { settingsText } from '../settings/edit.ts'
import { directoryText } from '../settings/edit-directory.ts'
import { starterSettings } from '../settings/starter.ts'

export interface SettingsPlace {
  readonly source: SettingsSource
  readonly handle: Handle
  /** To read once more at SIGHUP: what is asked for it, where that asks by itself, or what is read beside its handle. */
  readonly again: { readonly asked: HttpPollHandle } | { readonly read: Source }
  /** True when the file was made just now. */
  readonly isNew: boolean
  /** A path as a person standing here would say it. */
  nameOf(path: string): string
}

export interface PlaceOptions {
  readonly settings: string
  readonly poll: string | null
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

export async function openSettingsPlace(options: PlaceOptions): Promise<SettingsPlace> {
  return { ...(await openPlace(options)), nameOf: (path) => nameOf(path, options.cwd) }
}

async function openPlace(options: PlaceOptions): Promise<Omit<SettingsPlace, 'nameOf'>> {
  const { clock, poll } = options
  if (poll !== null) {
    const handle = httpPollHandle(poll, { clock })
    return {
      source: { kind: handle.kind, place: handle.source, own: null },
      handle,
      again: { asked: handle },
      isNew: false,
    }
  }
  const path = resolve(options.cwd, options.settings)
  const place = nameOf(path, options.cwd)
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory() === true) {
    const handle = named(directoryHandle(path, { clock }), place)
    const source = { kind: handle.kind, place, path, own: ownDirectory(path, place, directoryText) }
    return { source, handle, again: { read: directorySource(path) }, isNew: false }
  }
  const isNew = found === null && (await makeFirst(path, options.env))
  const own = ownFile(path, place, settingsText)
  const handle = named(fileHandle(path, { clock, isKnown: (found) => own.isWritten(found) }), place)
  const source = { kind: handle.kind, place, path, own }
  return { source, handle, again: { read: fileSource(path) }, isNew }
}

/** False when somebody else made it in the same moment. */
async function makeFirst(path: string, env: PlaceOptions['env']): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(path, starterSettings(env), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The handle needs the whole path; people are told the name that they gave. */
function named(handle: Handle, source: string): Handle {
  return {
    kind: handle.kind,
    source,
    watch: (offer, signal, report) =>
      handle.watch((bytes, origin) => offer(bytes, { ...origin, source }), signal, report),
  }
}

/** As a person standing in `cwd` would say it. */
function nameOf(path: string, cwd: string): string {
  const name = relative(cwd, path)
  return name.startsWith('..') || isAbsolute(name) ? path : name
}
