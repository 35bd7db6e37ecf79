/** What a change makes of settings, and of the file or directory that holds them; for `changer.ts`. */
import type { Change, Json, SettingsTree } from '@changeover/reload'
import { GatewayError, isGatewayError } from '../errors.ts'
import { refuseTooMany } from '../settings/refuse-too-many.ts'
import { FileChangedError } from './own-file.ts'
import type { OwnSettings } from './settings-source.ts'

/** Throws `control.bad_request` when nothing is left of the settings, and `payload.too_many`. */
export function treeBy(change: (tree: Json) => Json, tree: SettingsTree): SettingsTree {
  const next = change(tree)
  if (typeof next === 'object' && next !== null && !Array.isArray(next)) {
    refuseTooMany(next)
    return next as SettingsTree
  }
  throw new GatewayError('control.bad_request', {
    field: 'the patch',
    found: 'something else as the whole of the settings',
    expected: 'an object',
  })
}

/** `null` when it cannot be read. */
export async function treeOrNull(own: OwnSettings, bytes: Uint8Array): Promise<SettingsTree | null> {
  try {
    return await own.treeOf(bytes)
  } catch {
    return null
  }
}

/** `null` when the text has no room for the change: it is then written anew, and the old one kept aside. */
export function editedOrNull(
  own: OwnSettings,
  before: Uint8Array,
  wanted: readonly Change[],
): Uint8Array | null {
  try {
    return own.edit(before, wanted)
  } catch (error) {
    if (isGatewayError(error) && error.code === 'settings.not_editable') return null
    throw error
  }
}

/** The code to tell of what kept the file from being written. */
export function troubleOf(error: unknown): string {
  if (isGatewayError(error)) return error.code
  return error instanceof FileChangedError ? 'settings.file_changed' : 'settings.write_back'
}
