/**
 * Keeps the file's handle from bringing back what a change through the API has just replaced.
 *
 * A change is swapped in first and written into the file a moment later. A handle that reads the file in that
 * moment offers the old text, which by then is another version than the one in force. Such an offer is
 * dropped: the write that follows wakes the handle again.
 */
import type { Handle } from '@changeover/reload'
import type { Changer } from '../control/changer.ts'
import type { SettingsPlace } from './settings-place.ts'

export function withoutStaleOffers({ handle, source }: SettingsPlace, changer: Changer): Handle {
  if (source.ownFile === null) return handle
  return {
    kind: handle.kind,
    source: handle.source,
    watch: (offer, signal, report) =>
      handle.watch(
        async (bytes, origin) => {
          const isThere = await changer.isStillThere(bytes).catch(() => true)
          if (isThere) return offer(bytes, origin)
          return { outcome: 'superseded', attempt: '', traceId: '', by: 'what the file says now' }
        },
        signal,
        report,
      ),
  }
}
