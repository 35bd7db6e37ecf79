/** Says once that what serves may be out of date, and once that it is not any more. */
import type { Clock } from '../../contract/clock.ts'
import type { Telemetry } from '../../contract/telemetry.ts'
import type { Staleness } from '../../contract/trust.ts'
import type { Events } from './events.ts'

export interface Hearers {
  readonly telemetry: Telemetry
  readonly events: Events
  readonly scope: string
  readonly clock: Clock
}

const EVENT = 'config.stale'

const WORDS: Readonly<Record<Staleness['reason'], string>> = {
  age: 'no publisher has been heard for too long: what serves may be out of date, or somebody holds back what is new',
  root_expired: 'the root has expired: nothing new is taken until another follows',
}

export function tellStaleness(
  { telemetry, events, scope, clock }: Hearers,
  staleness: Staleness | null,
): void {
  const reason = staleness?.reason ?? ''
  const state = staleness === null ? 'fresh' : 'stale'
  telemetry.logger.log({
    level: staleness === null ? 'info' : 'error',
    room: 'engine',
    message: staleness === null ? 'what serves is fresh again' : WORDS[staleness.reason],
    eventName: EVENT,
    attributes: {
      'event.type': EVENT,
      'config.scope': scope,
      'reload.reason': reason === '' ? undefined : reason,
    },
  })
  events.tell({ at: clock.now(), attempt: '', state, version: null, reason, traceId: '' })
}
