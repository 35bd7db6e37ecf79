/**
 * Shared counts as a part of the reload: which server they are kept in, and how this version asks it.
 *
 * A server that is new must answer before a version that names it comes in, unless calls may go on without it: a
 * mistyped address is refused, and what serves stays. One that is known already, or that is away while the gateway
 * starts, holds up nothing: a reload or a restart may be what an outage needs.
 */
import { randomUUID } from 'node:crypto'
import {
  type Clock,
  type Participant,
  type PrepareInput,
  ReloadError,
  type SettingsTree,
  type Telemetry,
} from '@changeover/reload'
import type { z } from 'zod'
import type { CounterStore, CountersHealth } from '../contract/counters.ts'
import { type CounterNumbers, countsUnder, type LiveCounts } from '../counters/live-counts.ts'
import { calledAs, identityOf, openCounts } from '../counters/open-counts.ts'
import {
  type CounterStoreSpec,
  counterLocalShareSpec,
  counterModeSpec,
  counterPortionSpec,
  counterStoreSpec,
  counterTimeoutSpec,
  counterUnreachableSpec,
} from '../counters/spec.ts'
import { sayError } from '../errors.ts'
import { LocalCounters } from '../policy/local-counters.ts'
import { entryOf } from '../settings/check.ts'
import type { Secrets } from '../settings/secrets.ts'
import { type ReferencePlace, resolveOrThrow } from './participant.ts'

export interface CountersPart {
  /** `null` where each process counts by itself. */
  readonly store: CounterStore | null
  readonly live: LiveCounts | null
}

export interface CountersOptions {
  readonly secrets: Secrets
  readonly clock: Clock
  readonly telemetry: Pick<Telemetry, 'logger' | 'meter'>
}

export interface SharedCounters {
  readonly participant: Participant<CountersPart>
  /** Of the server that the version in force counts in; `null` for none. */
  health(): CountersHealth | null
}

const NONE: CountersPart = Object.freeze({ store: null, live: null })
const POINTER = '/counters/store'
/** How long a reload, or a start, waits for a server that was not asked before. */
const PATIENCE_MS = 3000
/** The same where calls go on without it. */
const SHORT_PATIENCE_MS = 500

export function sharedCounters(options: CountersOptions): SharedCounters {
  let inForce: LiveCounts | null = null
  return {
    participant: {
      kinds: ['counters'],
      prepare: (input) => prepare(input, options),
      committed: ({ live }) => {
        inForce = live
      },
    },
    health: () => inForce?.health ?? null,
  }
}

async function prepare(input: PrepareInput, options: CountersOptions): Promise<CountersPart> {
  const { settings, previous, version } = input
  const store = storeOf(settings)
  if (store === null) return NONE
  await resolveOrThrow(options.secrets, [...addressesOf(store)], { participant: 'counters', version })
  const live = input.carry.keep(
    identityOf(store),
    () => open(store, options),
    (it) => it.close(),
  )
  const numbers = numbersOf(settings)
  const known = previous === null ? null : storeOf(previous)
  const isKnown = known !== null && identityOf(known) === identityOf(store)
  if (!isKnown && !(await isThere(live.it, numbers, input))) {
    if (previous !== null && numbers.onUnreachable === 'refuse') throw notUsable(store, version)
  }
  return { store: live.under(numbers), live: live.it }
}

/** Resolves to whether the server answers. */
async function isThere(
  live: LiveCounts,
  { onUnreachable }: CounterNumbers,
  { signal }: PrepareInput,
): Promise<boolean> {
  const patienceMs = onUnreachable === 'local' ? SHORT_PATIENCE_MS : PATIENCE_MS
  try {
    await live.shared.whenUp(AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]))
    return true
  } catch {
    return false
  }
}

function notUsable(store: CounterStoreSpec, version: string): ReloadError {
  const message = sayError('counters.not_usable', { store: calledAs(store), pointer: POINTER })
  const issues = [{ code: 'counters.not_usable', message, pointer: POINTER }]
  return new ReloadError('prepare.failed', { participant: 'counters', version }, { issues })
}

interface Opened {
  readonly it: LiveCounts
  /** The same for the same numbers, so that what is compiled from it can be taken over. */
  under(numbers: CounterNumbers): CounterStore
  close(): Promise<void>
}

function open(store: CounterStoreSpec, options: CountersOptions): Opened {
  const { meter } = options.telemetry
  const it = openCounts({ ...options, store, sender: randomUUID(), own: new LocalCounters() })
  const attributes = { 'changeover.counters.store': it.kind }
  const stops = [
    meter.observe('changeover.counters.up', () => [{ value: it.shared.isUp ? 1 : 0, attributes }]),
    meter.observe('changeover.counters.untold', () => [{ value: it.health.untold, attributes }]),
  ]
  let newest: { readonly text: string; readonly store: CounterStore } | null = null
  return {
    it,
    under(numbers) {
      const text = JSON.stringify(numbers)
      if (newest?.text !== text) newest = { text, store: countsUnder(it, numbers) }
      return newest.store
    },
    async close() {
      for (const stop of stops) stop()
      await it.close()
    },
  }
}

function storeOf(settings: SettingsTree): CounterStoreSpec | null {
  return entryOf(settings, ['counters', 'store'], counterStoreSpec) ?? null
}

function numbersOf(settings: SettingsTree): CounterNumbers {
  const valueOf = <Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> =>
    entryOf(settings, ['counters', name], schema) ?? schema.parse(undefined)
  return {
    mode: valueOf('mode', counterModeSpec),
    portion: valueOf('portion', counterPortionSpec),
    onUnreachable: valueOf('onUnreachable', counterUnreachableSpec),
    localShare: valueOf('localShare', counterLocalShareSpec),
    timeoutMs: valueOf('timeoutMs', counterTimeoutSpec),
  }
}

function* addressesOf({ redis, postgres }: CounterStoreSpec): Iterable<ReferencePlace> {
  if (redis !== undefined) yield { text: redis.url, steps: ['counters', 'store', 'redis', 'url'] }
  if (postgres !== undefined) yield { text: postgres.url, steps: ['counters', 'store', 'postgres', 'url'] }
}
