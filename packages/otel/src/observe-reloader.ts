/**
 * Shows the state of a reloader as metrics: which version is in force, since when, and what is around it.
 *
 * Asked at each collection, so it costs nothing between two scrapes and can never be out of date.
 *
 * Not here: attempts and their stages, which the engine counts itself.
 */
import type { Clock, Meter, ReloaderStatus, Snapshot } from '@changeover/reload'

export interface ObservedReloader {
  status(): ReloaderStatus
  current(): Pick<Snapshot<unknown>, 'version' | 'since'> | null
}

const BREAKER_STATES: Readonly<Record<ReloaderStatus['breaker'], number>> = {
  closed: 0,
  half_open: 1,
  open: 2,
}

/** Returns a function that stops it. */
export function observeReloader(reloader: ObservedReloader, meter: Meter, clock: Clock): () => void {
  const scope = () => ({ 'config.scope': reloader.status().scope })
  const stops = [
    meter.observe('config.info', () => {
      const current = reloader.current()
      return current === null
        ? []
        : [{ value: 1, attributes: { ...scope(), 'config.version': current.version } }]
    }),
    meter.observe('config.age', () => {
      const current = reloader.current()
      return current === null ? [] : [{ value: (clock.now() - current.since) / 1000, attributes: scope() }]
    }),
    meter.observe('config.stale', () => {
      const stale = reloader.status().handles.some((it) => it.trouble !== null)
      return [{ value: stale ? 1 : 0, attributes: scope() }]
    }),
    meter.observe('reload.quarantined', () => [{ value: reloader.status().quarantine.length }]),
    meter.observe('reload.generations', () => [{ value: reloader.status().generations.length }]),
    meter.observe('reload.pinned_requests', () =>
      reloader
        .status()
        .generations.map((it) => ({ value: it.pins, attributes: { 'config.version': it.version } })),
    ),
    meter.observe('reload.breaker.state', () => [{ value: BREAKER_STATES[reloader.status().breaker] }]),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
