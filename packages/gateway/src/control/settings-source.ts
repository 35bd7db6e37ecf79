/**
 * Where the settings of this scope come from: the one truth, and whether it is ours to write.
 *
 * Not here: reading the source (its handle does), writing it back (`own-file.ts`, `changer.ts`).
 */
import type { Change, SettingsTree } from '@changeover/reload'

export interface SettingsSource {
  /** The handle's kind: `file`, `directory`, `http-poll`. */
  readonly kind: string
  /** For people: a path, a URL without credentials. */
  readonly place: string
  /** Absolute path of the one file that changes are written back into; `null` when it is not ours to write. */
  readonly ownFile: string | null
}

/** What the admin API needs of the settings room: to read, and to edit with comments kept. */
export interface SettingsText {
  /** Throws a `ReloadError` with issues when the text cannot be read. */
  read(bytes: Uint8Array, path: string): SettingsTree | Promise<SettingsTree>
  /** Makes exactly these changes; everything else, comments included, stays as it is. */
  edit(bytes: Uint8Array, path: string, changes: readonly Change[]): Uint8Array
  /** A whole tree as text, in the format of `path`. */
  write(tree: SettingsTree, path: string): Uint8Array
}
