/** What the engine asks before a version takes traffic: whether the settings in force forbid it for a time. */
import type { FreezeQuestion, SettingsTree } from '@changeover/reload'
import { entryOf } from '../settings/check.ts'
import { frozenAt } from '../settings/freeze.ts'
import { freezeSpec } from '../settings/rollout-spec.ts'

export function freezeHook(
  inForce: () => SettingsTree | null,
): (asked: Pick<FreezeQuestion, 'at'>) => string | null {
  return ({ at }) => {
    const settings = inForce()
    const freeze = settings === null ? undefined : entryOf(settings, ['rollout', 'freeze'], freezeSpec)
    const frozen = freeze === undefined ? null : frozenAt(freeze, at)
    if (frozen === null) return null
    const until = `frozen until ${new Date(frozen.untilMs).toISOString()}`
    return frozen.reason === '' ? until : `${until}: ${frozen.reason}`
  }
}
