/**
 * Subscriptions in SQLite: one row for each tenant and API, and beside it each word that was ever said about one, which
 * is only added to.
 *
 * Invariant: what has been answered is on the disk (`synchronous=FULL`). Somebody who was let in must not stand outside
 * after a power cut, nor somebody who was put out inside; and there are a few writes a day.
 */
import { DatabaseSync } from 'node:sqlite'
import type { Subscription } from '../contract/apis.ts'

/** Each entry brings the file from the schema before it to its own; the position is the schema version. */
const migrations = [
  `CREATE TABLE subscriptions (
    api TEXT NOT NULL, tenant TEXT NOT NULL, state TEXT NOT NULL, asked_by TEXT NOT NULL, asked_at INTEGER NOT NULL,
    note TEXT NOT NULL, decided_by TEXT, decided_at INTEGER, reason TEXT NOT NULL, PRIMARY KEY (api, tenant)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE words (
    row INTEGER PRIMARY KEY, at INTEGER NOT NULL, api TEXT NOT NULL, tenant TEXT NOT NULL, state TEXT NOT NULL,
    who TEXT NOT NULL, reason TEXT NOT NULL
  ) STRICT;`,
]

/** What was said about a subscription, and by whom. */
export interface SubscriptionWord {
  /** Wall milliseconds. */
  readonly at: number
  readonly state: Subscription['state']
  readonly who: string
  readonly reason: string
}

export interface SubscriptionTable {
  all(): readonly Subscription[]
  /** In one transaction with the word that made it so. */
  put(it: Subscription, word: SubscriptionWord): void
  /** Oldest first. */
  words(api: string, tenant: string): readonly SubscriptionWord[]
  close(): void
}

interface Row {
  readonly api: string
  readonly tenant: string
  readonly state: string
  readonly asked_by: string
  readonly asked_at: number
  readonly note: string
  readonly decided_by: string | null
  readonly decided_at: number | null
  readonly reason: string
}

/** Opens or makes the file. Throws when it is damaged, or of a newer schema than this build knows. */
export function openSubscriptionTable(path: string): SubscriptionTable {
  const database = new DatabaseSync(path, { timeout: 2_000 })
  try {
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-256')
    migrate(database)
  } catch (error) {
    database.close()
    throw error
  }
  const select = database.prepare('SELECT * FROM subscriptions')
  const words = database.prepare(
    'SELECT at, state, who, reason FROM words WHERE api = ? AND tenant = ? ORDER BY row',
  )
  const put = database.prepare('INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const say = database.prepare(
    'INSERT INTO words (at, api, tenant, state, who, reason) VALUES (?, ?, ?, ?, ?, ?)',
  )
  return {
    all: () => (select.all() as unknown as Row[]).map(toSubscription),
    put: (it, word) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        put.run(
          it.api,
          it.tenant,
          it.state,
          it.askedBy,
          it.askedAt,
          it.note,
          it.decidedBy,
          it.decidedAt,
          it.reason,
        )
        say.run(word.at, it.api, it.tenant, word.state, word.who, word.reason)
        database.exec('COMMIT')
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
    words: (api, tenant) => words.all(api, tenant) as unknown as readonly SubscriptionWord[],
    close: () => database.close(),
  }
}

function migrate(database: DatabaseSync): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (found > migrations.length)
    throw new Error(`the subscriptions have schema ${found}, this build knows up to ${migrations.length}`)
  for (const [i, sql] of migrations.entries()) {
    if (i < found) continue
    database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${i + 1}; COMMIT`)
  }
}

function toSubscription(row: Row): Subscription {
  return {
    api: row.api,
    tenant: row.tenant,
    state: row.state as Subscription['state'],
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    note: row.note,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    reason: row.reason,
  }
}
