/**
 * Keeps the handle of our own file or directory out of the way of changes through the API, which write the same.
 *
 * A change is swapped in first and written into the file a moment later. A handle that reads the file in that
 * moment would offer the old text, which by then is another version than the one in force; one that reads what
 * the change has written would ask for what runs, and so for the end of the change that comes after it. Both are
 * known by their bytes, so neither becomes an offer.
 *
 * After a trouble, or a refusal, every reading is offered: only so the engine hears that the source is well again.
 */
import type { Handle } from '@changeover/reload'
import type { Changer } from '../control/changer.ts'
import type { SettingsPlace } from './settings-place.ts'

export function withoutStaleOffers(
  { handle, source }: Pick<SettingsPlace, 'handle' | 'source'>,
  changer: Pick<Changer, 'offerRead'>,
): Handle {
  if (source.own === null) return handle
  return {
    kind: handle.kind,
    source: handle.source,
    watch(offer, signal, report) {
      let isTroubled = false
      return handle.watch(
        async (bytes, origin) => {
          const receipt = await changer.offerRead(bytes, () => offer(bytes, origin), isTroubled)
          isTroubled = receipt.outcome === 'refused'
          if (receipt.outcome === 'waiting')
            void receipt.decided.then((it) => {
              isTroubled ||= it.outcome === 'refused'
            })
          return receipt
        },
        signal,
        (trouble) => {
          isTroubled = true
          report(trouble)
        },
      )
    },
  }
}
