/**
 * What the operator's own file is to say: the version on trial beside the one in force, or else the one in force.
 *
 * While a canary goes on, the file holds what was asked for, so that a restart in the middle of it begins it anew. When
 * it is taken back the file goes back too (`changer.ts`).
 */
import type { Reloader, SettingsTree } from '@changeover/reload'

export interface Head {
  readonly version: string
  readonly settings: SettingsTree
}

export type HeadReader = Pick<Reloader<unknown>, 'pointers' | 'current' | 'settings'>

/** `null` before the first version. */
export function headVersion(reloader: Pick<HeadReader, 'pointers' | 'current'>): string | null {
  return reloader.pointers().candidate?.version ?? reloader.current()?.version ?? null
}

/** `null` before the first version. */
export async function headOf(reloader: HeadReader): Promise<Head | null> {
  const current = reloader.current()
  const version = headVersion(reloader)
  if (current === null || version === null || version === current.version) return current
  const settings = await reloader.settings(version)
  // Taken back in this very moment.
  return settings === null ? current : { version, settings }
}
