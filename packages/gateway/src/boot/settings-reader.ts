/**
 * The settings room's reader, with what the asker of a change may say beside the settings: who, why, and that it
 * may remove much.
 */
import type { Reader } from '@changeover/reload'
import { settingsReader } from '../settings/reader.ts'

export function createReader(): Reader {
  const read = settingsReader()
  return async (bytes, origin, base) => {
    const draft = await read(bytes, origin, base)
    const { allowShrink } = (origin.hint ?? {}) as { allowShrink?: boolean }
    return {
      ...draft,
      ...(origin.actor === undefined ? {} : { author: origin.actor }),
      ...(origin.reason === undefined ? {} : { reason: origin.reason }),
      ...(allowShrink === true ? { allowShrink } : {}),
    }
  }
}
