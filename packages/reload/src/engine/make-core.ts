/** Puts the parts of an engine together from the options of one reloader. */
import { hostname } from 'node:os'
import type { Clock } from '../contract/clock.ts'
import type { Participant } from '../contract/participant.ts'
import type { ReloaderOptions } from '../contract/reloader.ts'
import type { StateStore } from '../contract/store.ts'
import { kindsOf } from '../trust/approvals.ts'
import { Cell } from './cell.ts'
import { type Core, say } from './core.ts'
import { Freshness } from './freshness.ts'
import { limitsWith } from './limits.ts'
import { CarryShelf } from './live/carry.ts'
import { Generations } from './live/generations.ts'
import { AuditChain } from './records/audit.ts'
import { Library } from './records/library.ts'
import { Recorder } from './records/recorder.ts'
import { jsonReader } from './stages/json-reader.ts'
import { Breaker } from './storms/breaker.ts'
import { Idempotency } from './storms/idempotency.ts'
import { Quarantine } from './storms/quarantine.ts'
import { Events } from './telling/events.ts'
import { safeTelemetry } from './telling/safe-telemetry.ts'
import { silentTelemetry } from './telling/silent-telemetry.ts'
import { tellStaleness } from './telling/tell-staleness.ts'
import { TrustInForce } from './trust-in-force.ts'

export interface Surroundings {
  readonly store: StateStore
  readonly clock: Clock
}

export function makeCore<Parts>(options: ReloaderOptions<Parts>, { store, clock }: Surroundings): Core {
  const telemetry = safeTelemetry(options.telemetry ?? silentTelemetry)
  const limits = limitsWith(options.limits)
  const scope = options.scope ?? 'default'
  const cell = new Cell()
  const events = new Events((error) => say(telemetry, 'error', 'a listener threw', { error }))
  const roots = new TrustInForce(options.trust ?? null)
  const freshness = new Freshness({
    clock,
    wanted: options.freshness ?? null,
    rootExpiresMs: () => roots.now?.expiresMs ?? null,
    told: (it) => tellStaleness({ telemetry, events, scope, clock }, it),
  })
  const unwritten = (error: unknown): void =>
    say(telemetry, 'error', 'the store did not take a record', { error })
  const participants = Object.entries(options.participants as Record<string, Participant>).map(
    ([name, participant]) => ({ name, participant }),
  )
  return {
    scope,
    instance: options.instance ?? hostname(),
    limits,
    participants,
    kinds: new Set(participants.flatMap((it) => it.participant.kinds)),
    provides: new Map(Object.entries(options.provides ?? {})),
    read: options.read ?? jsonReader(limits.depth),
    get trust() {
      return roots.now
    },
    roots,
    changeClasses: options.changeClasses ?? kindsOf,
    freshness,
    signer: options.signer ?? null,
    approve: options.approve ?? null,
    sources: options.artifactSources ?? [],
    clock,
    telemetry,
    cell,
    generations: new Generations({ cell, limits, clock, telemetry }),
    shelf: new CarryShelf(),
    recorder: new Recorder(store, clock, unwritten),
    library: new Library(store, scope, limits),
    audit: new AuditChain(store, clock, unwritten),
    quarantine: new Quarantine(clock),
    breaker: new Breaker(clock, limits),
    idempotency: new Idempotency(),
    events,
    measures: options.measures ?? [],
    frozen: options.frozen ?? null,
    lately: options.lately ?? null,
    secrets: options.secrets ?? null,
  }
}
