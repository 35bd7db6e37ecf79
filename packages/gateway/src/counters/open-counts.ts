/**
 * Shared counts from what the settings say of their server. Nothing waits here: the connection is made aside, and
 * whoever wants to know whether it is there asks `whenUp`.
 *
 * The address is read anew for each connection, because a password that was changed must work at the next one.
 */
import type { Clock, Telemetry } from '@changeover/reload'
import type { SecretValues } from '../contract/secret.ts'
import type { OpenCountServer } from './count-server.ts'
import { counterInstruments } from './instruments.ts'
import { LiveCounts } from './live-counts.ts'
import type { OwnCounts } from './local-share.ts'
import { openPostgres } from './postgres-server.ts'
import { openRedis } from './redis-server.ts'
import { SharedCounts } from './shared-counts.ts'
import type { CounterStoreSpec } from './spec.ts'

export interface OpenCountsOptions {
  readonly store: CounterStoreSpec
  readonly secrets: SecretValues
  readonly clock: Clock
  readonly telemetry: Pick<Telemetry, 'logger' | 'meter'>
  /** Of this process and no other, ever. */
  readonly sender: string
  /** Counts of this process alone, for while the server is away. */
  readonly own: OwnCounts
}

const CONNECT_MS = 3000

export function openCounts(options: OpenCountsOptions): LiveCounts {
  const { clock, telemetry, own, sender, store } = options
  const kind = store.redis === undefined ? 'postgres' : 'redis'
  const shared = new SharedCounts({
    called: calledAs(store),
    open: openerOf(options),
    sender,
    clock,
    logger: telemetry.logger,
    instruments: counterInstruments(telemetry.meter, kind),
  })
  return new LiveCounts(kind, shared, { clock, own })
}

/** For people. */
export function calledAs(store: CounterStoreSpec): string {
  return store.redis === undefined ? 'PostgreSQL' : 'Redis'
}

/** The same for settings that mean the same counts, so that a reload keeps the connection. */
export function identityOf({ redis, postgres, prefix }: CounterStoreSpec): string {
  return `counters:${prefix}:${redis?.cluster === true ? 'cluster:' : ''}${redis?.url ?? postgres?.url ?? ''}`
}

function openerOf({ store, secrets }: OpenCountsOptions): OpenCountServer {
  const { redis, postgres, prefix } = store
  const addressOf = (text: string): string => {
    const url = secrets.fill(text)
    const { password } = new URL(url)
    if (password !== '') secrets.hide?.(decodeURIComponent(password))
    return url
  }
  const common = { prefix, connectMs: CONNECT_MS }
  // Async functions: an address that is none rejects as one where nobody answers.
  if (redis !== undefined) {
    const { cluster } = redis
    return async (onLost) => openRedis({ ...common, cluster, url: addressOf(redis.url) }, onLost)
  }
  return async (onLost) => openPostgres({ ...common, url: addressOf(postgres?.url ?? '') }, onLost)
}
