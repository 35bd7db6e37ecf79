/** What is measured of counts that are shared: how takes end, how long they wait, whether the server is there. */
import type { Meter } from '@changeover/reload'

export interface CounterInstruments {
  took(outcome: 'taken' | 'short' | 'unreachable', waitedMs: number): void
}

/** Instruments at one server. `kind` is that of the store: `redis`, `postgres`. */
export function counterInstruments(meter: Meter, kind: string): CounterInstruments {
  return {
    took(outcome, waitedMs) {
      const attributes = { 'changeover.counters.store': kind, 'changeover.outcome': outcome }
      meter.add('changeover.counters.takes', 1, attributes)
      if (outcome !== 'unreachable') meter.record('changeover.counters.duration', waitedMs / 1000, attributes)
    },
  }
}
