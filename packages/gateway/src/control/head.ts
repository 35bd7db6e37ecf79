/**
 * What the operator's own file is to say: the version on trial beside the one in force, or else the one in force.
 *
 * While a canary goes on, the file holds what was asked for, so that a restart in the middle of it begins it anew. When
 * it is taken back the file goes back too (`changer.ts`).
 */
import type { Reloader, SettingsTree } from '@changeover/reload'
import { defaultOf, entryOf } from '../settings/check.ts'
import { policySpec } from '../settings/rollout-spec.ts'

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

/**
 * What has to be in force when a change made of the head comes in. One that takes the place of what is on trial comes in
 * over the version in force; one that waits in the queue for its end must find what it was made of, and not what a trial
 * that went wrong left behind: it would bring that back in.
 */
export function baseOf(reloader: Pick<HeadReader, 'pointers' | 'current'>): string | null {
  const current = reloader.current()
  if (current === null) return null
  const { meanwhile } = entryOf(current.settings, ['rollout', 'policy'], policySpec) ?? defaultOf(policySpec)
  return meanwhile === 'queue' ? headVersion(reloader) : current.version
}
