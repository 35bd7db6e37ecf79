/**
 * The settings room's reader, with what the asker of a change may say beside the settings: who, why, of which commit,
 * that it may remove much or serve for a time only, and how it is to come in.
 */
import { type Clock, type Reader, systemClock } from '@changeover/reload'
import { COMMIT_LINEAGE } from '../cause/history.ts'
import type { ChangeHint } from '../control/changer.ts'
import { measures } from '../pipeline/measures.ts'
import { settingsReader } from '../settings/reader.ts'
import { chooseRollout } from '../settings/rollout-policy.ts'
import { ROLLOUT_DEFAULTS } from '../settings/rollout-spec.ts'

/** How the audit log and spans tell an override by its source. */
const OVERRIDE_SOURCE = /^override:/

export function createReader(clock: Pick<Clock, 'now'> = systemClock): Reader {
  const read = settingsReader()
  return async (bytes, origin, base) => {
    // Places are told in what was sent, whatever it was sent for.
    const source = origin.source.replace(OVERRIDE_SOURCE, '')
    const draft = await read(bytes, { ...origin, source }, base)
    const { commit, allowShrink, serveTtlMs, rollout = {} } = (origin.hint ?? {}) as ChangeHint
    const chosen = chooseRollout({
      inForce: base,
      next: draft.settings,
      asked: rollout,
      nowMs: clock.now(),
      isTemporary: serveTtlMs !== undefined,
      isForced: origin.manual === true || origin.emergency === true,
      bakeMs: draft.bakeMs ?? ROLLOUT_DEFAULTS.bakeMs,
      measures: measures.map((it) => it.name),
    })
    return {
      ...draft,
      ...chosen,
      ...(origin.actor === undefined ? {} : { author: origin.actor }),
      ...(origin.reason === undefined ? {} : { reason: origin.reason }),
      ...(commit === undefined ? {} : { lineage: { ...draft.lineage, [COMMIT_LINEAGE]: commit } }),
      ...(allowShrink === true ? { allowShrink } : {}),
      ...(serveTtlMs === undefined ? {} : { serveTtlMs }),
    }
  }
}
