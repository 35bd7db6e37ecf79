/** For tests: counts shared through a real server, as one process has them. */
import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@changeover/reload'
import {
  findPostgres,
  findRedis,
  NO_POSTGRES,
  NO_REDIS,
  type ServerProcess,
  startPostgres,
  startRedis,
} from '@changeover/testkit'
import { expect, vi } from 'vitest'
import type { Claim, Correction, CounterStore } from '../contract/counters.ts'
import { LocalCounters } from '../policy/local-counters.ts'
import type { OpenCountServer } from './count-server.ts'
import type { OwnCounts } from './local-share.ts'
import { openPostgres } from './postgres-server.ts'
import { openRedis } from './redis-server.ts'
import { SharedCounts } from './shared-counts.ts'

export interface ServerKind {
  readonly called: string
  /** Why it cannot be had here, or `null`. */
  readonly absent: string | null
  start(): Promise<ServerProcess>
  open(url: string, prefix: string): OpenCountServer
  /** For how long the server keeps the one count that it has. */
  keepsMs(url: string, prefix: string): Promise<number>
}

const connectMs = 2000

export const serverKinds: readonly ServerKind[] = [
  {
    called: 'Redis',
    absent: findRedis() === null ? NO_REDIS : null,
    start: () => startRedis(),
    open: (url, prefix) => (onLost) => openRedis({ url, prefix, cluster: false, connectMs }, onLost),
    keepsMs: keptByRedis,
  },
  {
    called: 'PostgreSQL',
    absent: findPostgres() === null ? NO_POSTGRES : null,
    start: startPostgres,
    open: (url, prefix) => (onLost) => openPostgres({ url, prefix, connectMs }, onLost),
    keepsMs: keptByPostgres,
  },
]

/** For what differs in it: how it is connected to, and that the keys of one take share a slot. */
export const clusterKind: ServerKind = {
  called: 'a cluster of Redis',
  absent: findRedis() === null ? NO_REDIS : null,
  start: startRedisCluster,
  open: (url, prefix) => (onLost) => openRedis({ url, prefix, cluster: true, connectMs }, onLost),
  keepsMs: keptByRedis,
}

async function keptByRedis(url: string, prefix: string): Promise<number> {
  const { Redis } = await import('ioredis')
  const client = new Redis(url)
  const [key = ''] = await client.keys(`*${prefix}*`)
  const leftMs = await client.pttl(key)
  client.disconnect()
  return leftMs
}

async function keptByPostgres(url: string, prefix: string): Promise<number> {
  const { default: connect } = await import('postgres')
  const sql = connect(url, { max: 1 })
  const [row] = await sql`select ends_ms - extract(epoch from clock_timestamp()) * 1000 as left_ms
    from ${sql(`${prefix}.counts_1`)}`
  await sql.end()
  return Number(row?.['left_ms'])
}

export const silent = { enabled: () => false, log: () => undefined }

/** As one process has them: a connection, a sender and queues of its own. */
export async function openShared(
  kind: ServerKind,
  place: { readonly url: string; readonly prefix: string; readonly clock?: Clock },
): Promise<SharedCounts> {
  const shared = new SharedCounts({
    called: kind.called,
    open: kind.open(place.url, place.prefix),
    sender: randomUUID(),
    clock: place.clock ?? systemClock,
    logger: silent,
    instruments: { took: () => undefined },
  })
  await shared.whenUp(AbortSignal.timeout(10_000))
  return shared
}

/** Whose corrections are there when they have been waited for. */
export function asStore(shared: SharedCounts): CounterStore {
  return {
    kind: 'shared',
    take: (claims: readonly Claim[]) => shared.take(claims, 10_000),
    async correct(corrections: readonly Correction[]) {
      shared.correct(corrections)
      await shared.settled()
    },
    read: (claims: readonly Claim[]) => shared.read(claims, 10_000),
    close: () => shared.close(),
  }
}

export const ownCounts = (): OwnCounts => new LocalCounters()

/** One node that has all the slots, and says where it is as one of many does. */
export async function startRedisCluster(): Promise<ServerProcess> {
  const server = await startRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'])
  const { Redis } = await import('ioredis')
  const client = new Redis(server.url)
  await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await vi.waitFor(async () => expect(await client.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), {
    timeout: 20_000,
  })
  client.disconnect()
  return server
}
