/**
 * Settings in one file, replaced by rename, by a swapped symlink, or written in place by any editor.
 *
 * A file that changes between the look before reading and the look after it is being written, and is read again
 * when it has come to rest. One that is gone or empty is a trouble, never a change.
 */
import type { BigIntStats } from 'node:fs'
import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Handle } from '../contract/handle.ts'
import { looks } from '../looks.ts'
import { mediaTypeOf } from './media-type.ts'
import { digestOf, MAX_BYTES, refuseEmpty, refuseLarge } from './source.ts'
import { type WatchedOptions, type WatchedSource, watchedHandle } from './watched.ts'

export interface FileHandleOptions extends WatchedOptions {
  /** Whether a file that looks like this holds what its writer has offered already, so that it need not be read. */
  readonly isKnown?: (found: BigIntStats) => boolean
}

/** Watches one file. Its directory need not exist yet. */
export function fileHandle(path: string, options: FileHandleOptions = {}): Handle {
  return watchedHandle(fileSource(path, options), options)
}

export function fileSource(
  path: string,
  options: Pick<FileHandleOptions, 'maxBytes' | 'isKnown'> = {},
): WatchedSource {
  const { maxBytes = MAX_BYTES, isKnown } = options
  return {
    kind: 'file',
    place: path,
    async read() {
      const before = await lookAt(path)
      refuseLarge(path, Number(before.size), maxBytes)
      const bytes = await readFile(path)
      if (stampOf(before) !== stampOf(await lookAt(path))) return null
      refuseEmpty(path, bytes)
      const mediaType = mediaTypeOf(path, bytes)
      return { bytes, digest: digestOf(bytes), mediaType, actor: `file:${basename(path)}` }
    },
    async isKnown() {
      if (isKnown === undefined) return false
      const found = await looks.at(path).catch(() => null)
      return found !== null && isKnown(found)
    },
    async spots() {
      const named = resolve(path)
      const target = await realpath(named).catch(() => named)
      const spots = new Map<string, Set<string>>()
      for (const it of [named, target]) {
        const names = spots.get(dirname(it)) ?? new Set()
        spots.set(dirname(it), names.add(basename(it)))
      }
      return spots
    },
  }
}

async function lookAt(path: string): Promise<BigIntStats> {
  const found = await stat(path, { bigint: true })
  // Opening a pipe would wait for whoever writes into it.
  if (!found.isFile()) throw new Error(`"${path}" is no regular file`)
  return found
}

/** What differs between two states of a file. */
export function stampOf(found: BigIntStats): string {
  return `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`
}
