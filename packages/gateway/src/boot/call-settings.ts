/**
 * Keeps the call log's bounds as the settings in force say, whichever way they came into force.
 *
 * Not a participant: those are told of a swap, and a version that comes back after a regression comes without
 * one.
 */
import type { Reloader } from '@changeover/reload'
import type { CallLog } from '../calls/call-log.ts'
import { recordSpec } from '../calls/spec.ts'
import { entryOf } from '../settings/check.ts'

/** Returns how to stop. */
export function followCallSettings(reloader: Reloader<unknown>, calls: CallLog): () => void {
  let version: string | null = null
  const follow = (): void => {
    const snapshot = reloader.current()
    if (snapshot === null || snapshot.version === version) return
    version = snapshot.version
    const { keepDays, maxRows } =
      entryOf(snapshot.settings, ['calls', 'record'], recordSpec) ?? recordSpec.parse({})
    calls.retain({ keepDays, maxRows })
  }
  follow()
  return reloader.subscribe(follow)
}
