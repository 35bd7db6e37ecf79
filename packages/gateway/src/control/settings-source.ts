/**
 * Where the settings of this scope come from: the one truth, and whether it is ours to write.
 *
 * Not here: reading the source as it changes (its handle does), when it is written (`changer.ts`).
 */
import type { Change, SettingsTree } from '@changeover/reload'

export interface SettingsSource {
  /** The handle's kind: `file`, `directory`, `http-poll`. */
  readonly kind: string
  /** For people: a path, a URL without credentials. */
  readonly place: string
  /** Where that is on this machine; left out for what is no file or directory. */
  readonly path?: string
  /** What changes are written back into; `null` when it is not ours to write. */
  readonly own: OwnSettings | null
}

/** A file or a directory of the operator's own. Its bytes are what its handle offers: all of it, in one piece. */
export interface OwnSettings {
  /** Of the bytes. */
  readonly mediaType: string
  /** It has several files, of which a change may touch one. */
  readonly isMany: boolean
  /** Whether a text of this type can be put there as it was sent. */
  takes(mediaType: string | undefined): boolean
  isWritable(): Promise<boolean>
  /** `null` when there is nothing yet. */
  read(): Promise<Uint8Array | null>
  /** Throws a `ReloadError` with issues when the bytes cannot be read. */
  treeOf(bytes: Uint8Array): SettingsTree | Promise<SettingsTree>
  /**
   * Makes exactly these changes; everything else, comments included, stays as it is. Throws
   * `settings.not_editable` and, where not all of it is in one file, `settings.many_files`.
   */
  edit(bytes: Uint8Array, changes: readonly Change[]): Uint8Array
  /** The whole tree anew, in place of what cannot be edited. Throws `settings.not_editable` where that must not be. */
  write(tree: SettingsTree, instead: Uint8Array | null): Uint8Array
  /**
   * Puts `next` in place of `expected`, and answers what was written, for people. Throws `FileChangedError`
   * when something else is there by now.
   */
  replace(expected: Uint8Array | null, next: Uint8Array): Promise<string>
  /** Keeps what `next` will replace beside it, and answers where, for people. */
  keepAside(expected: Uint8Array, next: Uint8Array, mark: string): Promise<string>
}

/** What a file of one's own needs of the settings room: to read, and to edit with comments kept. */
export interface SettingsText {
  /** Throws a `ReloadError` with issues when the text cannot be read. */
  read(bytes: Uint8Array, path: string): SettingsTree | Promise<SettingsTree>
  /** Makes exactly these changes; everything else, comments included, stays as it is. */
  edit(bytes: Uint8Array, path: string, changes: readonly Change[]): Uint8Array
  /** A whole tree as text, in the format of `path`. */
  write(tree: SettingsTree, path: string): Uint8Array
}

/** The same for a directory, whose bytes are a bundle of its files. */
export interface DirectoryText {
  read(bundle: Uint8Array): SettingsTree
  /** At most one file of the result differs, or is new. */
  edit(bundle: Uint8Array, changes: readonly Change[]): Uint8Array
  /** A bundle of one file. */
  write(tree: SettingsTree): Uint8Array
}

/** Content type for a path; the settings room decides by it. */
export function mediaTypeOf(path: string): string {
  if (path.endsWith('.json')) return 'application/json'
  return path.endsWith('.toml') ? 'application/toml' : 'application/yaml'
}
