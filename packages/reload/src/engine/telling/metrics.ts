/** What a collector sees of an engine between attempts. Asked at each collection, so nothing is kept. */

import type { Core } from '../core.ts'
import type { BreakerState } from '../storms/breaker.ts'

const BREAKER_STATES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 }

export interface Asked {
  /** Whether what serves may be behind its source. */
  isStale(): boolean
  /** Since the store could last be read; `null` while nobody looks. */
  storeLagSeconds(): number | null
}

/** Returns a function that stops it. */
export function observeCore(core: Core, { isStale, storeLagSeconds }: Asked): () => void {
  const { meter } = core.telemetry
  const scope = { 'config.scope': core.scope }
  const serving = <T>(read: (version: string, since: number) => T): T[] => {
    const { current } = core.cell
    return current === null ? [] : [read(current.ref.version, current.snapshot.since)]
  }
  const stops = [
    meter.observe('config.info', () =>
      serving((version) => ({ value: 1, attributes: { ...scope, 'config.version': version } })),
    ),
    meter.observe('config.age', () =>
      serving((_, since) => ({ value: (core.clock.now() - since) / 1000, attributes: scope })),
    ),
    meter.observe('config.stale', () => [{ value: isStale() ? 1 : 0, attributes: scope }]),
    meter.observe('reload.quarantined', () => [{ value: core.quarantine.entries.length }]),
    meter.observe('reload.generations', () => [{ value: core.generations.size }]),
    meter.observe('reload.generations.limit', () => [{ value: core.limits.generations }]),
    meter.observe('reload.pinned_requests', () =>
      core.generations.all.map((it) => ({
        value: it.pins,
        attributes: { 'config.version': it.ref.version },
      })),
    ),
    meter.observe('reload.breaker.state', () => [{ value: BREAKER_STATES[core.breaker.state] }]),
    meter.observe('reload.store.lag', () => {
      const value = storeLagSeconds()
      return value === null ? [] : [{ value }]
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
