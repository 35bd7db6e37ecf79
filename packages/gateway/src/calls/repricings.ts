/**
 * What calls would have cost by other prices, beside the call log and never in it: a record keeps for ever what it said.
 * One entry for each time that somebody priced a span anew, and one row for each call that it changed.
 *
 * A file of its own, because it is written by a worker, in one transaction of any size, while the call log's writer has a
 * batch open at nearly all times. Costs of calls whose records are gone by age go with the next entry; the entries stay.
 */
import type { DatabaseSync } from 'node:sqlite'
import { connect } from './call-table.ts'

export interface Repricing {
  /** `rp_…` */
  readonly id: string
  /** Wall milliseconds. */
  readonly at: number
  /** Who asked for it. */
  readonly by: string
  /** Which prices: `version 1.7`, or the name of a file and the digest of its bytes. */
  readonly prices: string
  readonly fromMs: number
  readonly toMs: number
  /** Calls of the span that anything was counted of, and how many of them have a new cost. */
  readonly calls: number
  readonly repriced: number
  readonly beforeMicroUsd: number
  readonly afterMicroUsd: number
}

export interface RepricedCall {
  readonly call: string
  readonly costMicroUsd: number
  /** Of each part that was billed, in turn, with a space between. */
  readonly price: string
  /** Of each part; `null` for one that has no price by these either. */
  readonly costs: readonly (number | null)[]
}

/** What a repricing made of a call. */
export interface RepricedCost extends Pick<RepricedCall, 'costMicroUsd' | 'price'> {
  /** `null` in entries from before it was kept. */
  readonly costs: RepricedCall['costs'] | null
}

/** Each entry brings the file from the schema before it to its own; the position is the schema version. */
const migrations = [
  // Files of this schema were made without saying so.
  `CREATE TABLE IF NOT EXISTS repricings (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, prices TEXT NOT NULL, from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL, calls INTEGER NOT NULL, repriced INTEGER NOT NULL, before_micro_usd INTEGER NOT NULL,
    after_micro_usd INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS repriced (
    repricing TEXT NOT NULL, call TEXT NOT NULL, cost_micro_usd INTEGER NOT NULL, price TEXT NOT NULL,
    PRIMARY KEY (repricing, call)
  ) STRICT, WITHOUT ROWID`,
  `ALTER TABLE repriced ADD COLUMN costs TEXT`,
]

const MOST_LISTED = 200

export interface RepricingBook {
  /** All of it or nothing: the calls that `make` adds, and the entry that it returns. Costs of spans that ended before `oldestMs` are freed. */
  write(id: string, make: (add: (it: RepricedCall) => void) => Repricing, oldestMs: number): void
  /** Newest first. */
  list(): readonly Repricing[]
  find(id: string): Repricing | null
  /** `null` where that repricing left the call as it was. */
  costOf(id: string, call: string): RepricedCost | null
  close(): void
}

/** The file is made where there is none. */
export function openRepricings(path: string): RepricingBook {
  const database = connect(path, 'PRAGMA auto_vacuum=INCREMENTAL', migrate)
  const insert = database.prepare('INSERT OR REPLACE INTO repriced VALUES (?, ?, ?, ?, ?)')
  const enter = database.prepare('INSERT INTO repricings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const free = database.prepare(
    'DELETE FROM repriced WHERE repricing IN (SELECT id FROM repricings WHERE to_ms <= ?)',
  )
  const select = database.prepare(
    'SELECT cost_micro_usd AS cost, price, costs FROM repriced WHERE repricing = ? AND call = ?',
  )
  const selectOne = database.prepare('SELECT * FROM repricings WHERE id = ?')
  const selectAll = database.prepare(
    `SELECT * FROM repricings ORDER BY at DESC, id DESC LIMIT ${MOST_LISTED}`,
  )
  return {
    write(id, make, oldestMs) {
      database.exec('BEGIN IMMEDIATE')
      try {
        const it = make(
          ({ call, costMicroUsd, price, costs }) =>
            void insert.run(id, call, costMicroUsd, price, JSON.stringify(costs)),
        )
        enter.run(
          it.id,
          it.at,
          it.by,
          it.prices,
          it.fromMs,
          it.toMs,
          it.calls,
          it.repriced,
          it.beforeMicroUsd,
          it.afterMicroUsd,
        )
        free.run(oldestMs)
        database.exec('COMMIT')
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
    list: () => (selectAll.all() as unknown as Raw[]).map(toRepricing),
    find: (id) => {
      const row = selectOne.get(id) as unknown as Raw | undefined
      return row === undefined ? null : toRepricing(row)
    },
    costOf: (id, call) => {
      const row = select.get(id, call) as unknown as RawCost | undefined
      return row === undefined ? null : toCost(row)
    },
    close: () => database.close(),
  }
}

/** In a transaction: whoever else opens the file meanwhile waits, and finds it done. */
function migrate(database: DatabaseSync): void {
  if (schemaOf(database) === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    const found = schemaOf(database)
    if (found > migrations.length)
      throw new Error(`the repricings have schema ${found}, this build knows up to ${migrations.length}`)
    for (const sql of migrations.slice(found)) database.exec(sql)
    database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function schemaOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

interface RawCost {
  readonly cost: number
  readonly price: string
  readonly costs: string | null
}

function toCost({ cost: costMicroUsd, price, costs }: RawCost): RepricedCost {
  return {
    costMicroUsd,
    price,
    costs: costs === null ? null : (JSON.parse(costs) as readonly (number | null)[]),
  }
}

interface Raw {
  readonly id: string
  readonly at: number
  readonly by: string
  readonly prices: string
  readonly from_ms: number
  readonly to_ms: number
  readonly calls: number
  readonly repriced: number
  readonly before_micro_usd: number
  readonly after_micro_usd: number
}

function toRepricing(row: Raw): Repricing {
  const { id, at, by, prices, calls, repriced } = row
  return {
    id,
    at,
    by,
    prices,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    calls,
    repriced,
    beforeMicroUsd: row.before_micro_usd,
    afterMicroUsd: row.after_micro_usd,
  }
}
