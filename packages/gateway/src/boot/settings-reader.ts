/**
 * The settings room's reader, with what the asker of a change may say beside the settings: who, why, and that it
 * may remove much or serve for a time only.
 */
import type { Reader } from '@changeover/reload'
import type { ChangeHint } from '../control/changer.ts'
import { settingsReader } from '../settings/reader.ts'

/** How the audit log and spans tell an override by its source. */
const OVERRIDE_SOURCE = /^override:/

export function createReader(): Reader {
  const read = settingsReader()
  return async (bytes, origin, base) => {
    // Places are told in what was sent, whatever it was sent for.
    const source = origin.source.replace(OVERRIDE_SOURCE, '')
    const draft = await read(bytes, { ...origin, source }, base)
    const { allowShrink, serveTtlMs } = (origin.hint ?? {}) as ChangeHint
    return {
      ...draft,
      ...(origin.actor === undefined ? {} : { author: origin.actor }),
      ...(origin.reason === undefined ? {} : { reason: origin.reason }),
      ...(allowShrink === true ? { allowShrink } : {}),
      ...(serveTtlMs === undefined ? {} : { serveTtlMs }),
    }
  }
}
