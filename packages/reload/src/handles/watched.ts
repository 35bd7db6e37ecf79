/**
 * A handle over what lies in the file system: a change is heard from the directories around it, or found by a
 * slow poll, and read when it has been quiet for a moment.
 *
 * Why both: directory events are quick but are lost on network file systems, bind mounts and full event queues;
 * the poll finds whatever was missed. What it finds says so (`reload.trigger=poll`): the event was lost.
 */
import type { Clock } from '../contract/clock.ts'
import type { Handle } from '../contract/handle.ts'
import { systemClock } from '../system-clock.ts'
import { DirectoryWatch, type Spots } from './directory-watch.ts'
import { Offering } from './offering.ts'
import type { Source } from './source.ts'
import { untilAborted, Wake, type Woken } from './wake.ts'

export interface WatchedOptions {
  /** How long nothing may have changed before it is read. Default 50. */
  readonly quietMs?: number
  /** How often it is read without having heard of a change. Default 5000. */
  readonly pollMs?: number
  /** More than this is not read. Default 64 MiB. */
  readonly maxBytes?: number
  readonly clock?: Clock
}

export interface WatchedSource extends Source {
  /** Where changes can be heard now. */
  spots(): Promise<Spots>
  /** Whether what is there need not be read, because whoever wrote it has offered it. Read all the same at each poll. */
  isKnown?(): Promise<boolean>
}

export function watchedHandle(source: WatchedSource, options: WatchedOptions): Handle {
  const { quietMs = 50, pollMs = 5_000, clock = systemClock } = options
  return {
    kind: source.kind,
    source: source.place,
    async watch(offer, signal, report) {
      const wake = new Wake(clock, signal)
      const directories = new DirectoryWatch(() => wake.ring())
      // What is there at the start is not what anybody missed.
      let isHeard = true
      let isTorn = false
      // Asked after the reading: what was heard of during it was not lost, only late.
      const trigger = () => (isHeard || wake.hasRung ? 'file' : 'poll')
      const offering = new Offering({ place: source.place, trigger, offer, signal, report })
      const round = async (woken: Woken) => {
        if (woken === 'rung' && !offering.isTroubled && (await source.isKnown?.()) === true)
          return offering.forget()
        // Listening begins before reading, so that no change falls between the two.
        await directories.follow(await source.spots())
        isTorn = !(await offering.readOnce(source))
        if (isTorn) wake.ring()
      }
      try {
        for (let woken: Woken = 'elapsed'; !signal.aborted; ) {
          await untilAborted(round(woken), signal)
          woken = await wake.sleepUntilQuiet(quietMs, pollMs)
          if (!isTorn) isHeard = woken === 'rung'
        }
      } finally {
        directories.close()
      }
    },
  }
}
