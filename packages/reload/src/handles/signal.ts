/**
 * Reads a source again when the process is told to, by SIGHUP for one, as daemons have always been.
 *
 * What is read is offered even if it was offered before: whoever sends a signal wants an answer in the log.
 */
import type { Clock } from '../contract/clock.ts'
import type { Handle } from '../contract/handle.ts'
import { systemClock } from '../system-clock.ts'
import { Offering } from './offering.ts'
import type { Source } from './source.ts'
import { untilAborted, Wake } from './wake.ts'

/** `source` is a `fileSource` or a `directorySource`. While it is watched, the signal no longer ends the process. */
export function signalHandle(
  name: NodeJS.Signals,
  source: Source,
  { clock = systemClock, quietMs = 50 }: { readonly clock?: Clock; readonly quietMs?: number } = {},
): Handle {
  return {
    kind: 'signal',
    source: source.place,
    async watch(offer, signal, report) {
      if (signal.aborted) return
      const wake = new Wake(clock, signal)
      const onSignal = () => wake.ring()
      const place = source.place
      const trigger = () => 'signal' as const
      const offering = new Offering({ place, trigger, offer, signal, report, always: true })
      process.on(name, onSignal)
      try {
        while (!signal.aborted) {
          const isSettled = await untilAborted(offering.readOnce(source), signal)
          await wake.sleep(isSettled === false ? quietMs : null)
        }
      } finally {
        process.off(name, onSignal)
      }
    },
  }
}
