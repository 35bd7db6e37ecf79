/**
 * Call records in SQLite: one table, appended to at one end and trimmed at the other.
 *
 * Invariant: a batch is one transaction, so after a crash it is there or is not. It stays open while its rows come
 * in, a few at a time. WAL with `synchronous=NORMAL` may lose the last batches on a power cut, never the file.
 *
 * Why the row number is the cursor and not the time: calls are written when they end, so times are not in
 * order, and two calls may share one.
 *
 * A commit does not wait for the disk; a checkpoint does. So the writer never makes one: the worker does, with
 * the reader's connection (`call-worker.ts`).
 */
import { existsSync, renameSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { CallCopy, CallRecord, Feedback } from '../contract/call.ts'
import { insertSql, type Row, toRecord, toRow } from './call-row.ts'
import { copyMigration, openCopyReader, openCopyTable } from './copy-table.ts'
import { feedbackMigration, openFeedbackReader, openFeedbackTable } from './feedback-table.ts'
import type { CallFilter, CallPage, KeyUse, Retention, VersionSummary } from './questions.ts'

/** Each entry brings the file from the schema before it to its own; the position is the schema version. */
const migrations = [
  `CREATE TABLE calls (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, started_at INTEGER NOT NULL, duration_ms REAL NOT NULL,
    first_token_ms REAL, version TEXT NOT NULL, tenant TEXT, key TEXT, route TEXT, target TEXT, context TEXT,
    stream INTEGER NOT NULL, status INTEGER NOT NULL, error TEXT NOT NULL, input_tokens INTEGER,
    output_tokens INTEGER, cached_input_tokens INTEGER, attempts TEXT NOT NULL, trace_id TEXT NOT NULL,
    request_bytes INTEGER NOT NULL, reply_bytes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX calls_by_id ON calls (id);
  CREATE INDEX calls_by_version ON calls (version);`,
  `ALTER TABLE calls ADD COLUMN cache_write_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN reasoning_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN input_audio_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN output_audio_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN cost_micro_usd INTEGER;
  ALTER TABLE calls ADD COLUMN priced_by TEXT;
  ALTER TABLE calls ADD COLUMN warnings TEXT;`,
  `ALTER TABLE calls ADD COLUMN rollout TEXT;
  ALTER TABLE calls ADD COLUMN role TEXT;
  ALTER TABLE calls ADD COLUMN cohort INTEGER;
  ALTER TABLE calls ADD COLUMN unit TEXT;
  ALTER TABLE calls ADD COLUMN asked_model TEXT;
  ALTER TABLE calls ADD COLUMN endpoint TEXT;
  ALTER TABLE calls ADD COLUMN session TEXT;
  ALTER TABLE calls ADD COLUMN finish TEXT;
  ALTER TABLE calls ADD COLUMN schema_valid INTEGER;`,
  `ALTER TABLE calls ADD COLUMN asked TEXT;`,
  `ALTER TABLE calls ADD COLUMN rule TEXT;
  ALTER TABLE calls ADD COLUMN choice TEXT;
  ALTER TABLE calls ADD COLUMN skipped TEXT;`,
  feedbackMigration,
  `ALTER TABLE calls ADD COLUMN price TEXT;
  ALTER TABLE calls ADD COLUMN estimated INTEGER;
  ALTER TABLE calls ADD COLUMN service_tier TEXT;
  ALTER TABLE calls ADD COLUMN cache_write_hour_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN input_image_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN output_image_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN cached_audio_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN cached_image_tokens INTEGER;`,
  `ALTER TABLE calls ADD COLUMN cache TEXT;`,
  `ALTER TABLE calls ADD COLUMN guards TEXT;`,
  copyMigration,
]

const dayMs = 86_400_000
const defaultLimit = 50
const largestLimit = 500
/** Percentiles are taken from this many of a version's newest calls: exact enough, and bounded. */
const sampleSize = 10_000

/** The log is cut to this when it begins anew after a checkpoint: its size then tells what has gathered since. */
const keptLogBytes = 4 * 1024 * 1024

/** The writer's side. */
export interface CallTable {
  /** Takes rows into the open batch, and opens one where none is. Throws when one of them cannot be written: then all of the batch is gone. */
  add(records: readonly CallRecord[]): void
  /** Takes what was said of a call into the open batch, or opens one. */
  hear(it: Feedback, retention: Retention): void
  /** Takes what a copy was billed for into the open batch, or opens one. */
  copied(it: CallCopy, retention: Retention): void
  /** Ends the batch: from now on it can be read, and outlives a crash. */
  commit(): void
  /** Frees up to `atMost` rows that are too old or too many; true when there is more to free. */
  trim(retention: Retention, nowMs: number, atMost: number): boolean
  /** Waits for the disk. */
  checkpoint(): boolean
  close(): void
}

/** The reader's side: on a connection of its own, in any thread. */
export interface CallReader {
  find(id: string): CallRecord | null
  list(filter: CallFilter): CallPage
  summarise(versions: readonly string[]): readonly VersionSummary[]
  findCopy(id: string): CallCopy | null
  keysUsed(): readonly KeyUse[]
  /** Brings what was written into the main file. False when a writer came between: try again. */
  checkpoint(): boolean
  close(): void
}

/** Opens or makes the file. Throws when it is damaged, or of a newer schema than this build knows. */
export function openCallTable(path: string): CallTable {
  const pragmas = `PRAGMA auto_vacuum=INCREMENTAL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=${keptLogBytes}`
  const database = connect(path, pragmas, migrate)
  const insert = database.prepare(insertSql)
  const feedback = openFeedbackTable(database)
  const copies = openCopyTable(database)
  return {
    add: (records) => add(database, insert, records),
    hear: (it, retention) => {
      if (!database.isTransaction) database.exec('BEGIN IMMEDIATE')
      feedback.keep(it, retention)
    },
    copied: (it, retention) => {
      if (!database.isTransaction) database.exec('BEGIN IMMEDIATE')
      copies.keep(it, retention)
    },
    commit: () => commit(database),
    trim: createTrim(database),
    checkpoint: () => checkpoint(database),
    close: () => database.close(),
  }
}

/** The file is there and of our schema: the writer has opened it. */
export function openCallReader(path: string): CallReader {
  const database = connect(path, 'PRAGMA query_only=ON')
  const selectOne = database.prepare('SELECT * FROM calls WHERE id = ? ORDER BY row DESC LIMIT 1')
  const feedbackOf = openFeedbackReader(database)
  return {
    find: (id) => {
      const row = selectOne.get(id)
      if (row === undefined) return null
      const record = toRecord(row as unknown as Row)
      const said = feedbackOf(id)
      if (said === null) return record
      const { at, score, comment } = said
      return { ...record, feedback: { at, score, comment } }
    },
    list: (filter) => list(database, filter),
    summarise: (versions) => versions.map((it) => summarise(database, it)),
    findCopy: openCopyReader(database),
    keysUsed: () => keysUsed(database),
    checkpoint: () => checkpoint(database),
    close: () => database.close(),
  }
}

/** Like `openCallTable`, but sets a damaged file aside: records of calls are worth less than a gateway that runs. */
export function openOrSetAside(path: string, nowMs: number): { table: CallTable; aside: string | null } {
  try {
    return { table: openCallTable(path), aside: null }
  } catch (error) {
    if (!isDamage(error)) throw error
    const aside = `${path}.damaged-${nowMs}`
    for (const end of ['', '-wal', '-shm'])
      if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${aside}${end}`)
    return { table: openCallTable(path), aside }
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
export function isDamage(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode
  return code === 11 || code === 26
}

export function connect(
  path: string,
  pragmas: string,
  prepare?: (database: DatabaseSync) => void,
): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 2_000 })
  try {
    database.exec(`${pragmas}; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-1024`)
    prepare?.(database)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function checkpoint(database: DatabaseSync): boolean {
  const found = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() as unknown as Checkpoint
  return found.busy === 0 && found.log === found.checkpointed
}

interface Checkpoint {
  readonly busy: number
  readonly log: number
  readonly checkpointed: number
}

function migrate(database: DatabaseSync): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (found > migrations.length)
    throw new Error(`the call log has schema ${found}, this build knows up to ${migrations.length}`)
  for (const [i, sql] of migrations.entries()) {
    if (i < found) continue
    database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${i + 1}; COMMIT`)
  }
}

function add(database: DatabaseSync, insert: StatementSync, records: readonly CallRecord[]): void {
  if (!database.isTransaction) database.exec('BEGIN IMMEDIATE')
  try {
    for (const it of records) insert.run(...toRow(it))
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function commit(database: DatabaseSync): void {
  if (!database.isTransaction) return
  try {
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function list(database: DatabaseSync, filter: CallFilter): CallPage {
  const limit = Math.min(Math.max(Math.trunc(filter.limit ?? defaultLimit), 1), largestLimit)
  const { where, values } = toConditions(filter)
  const sql = `SELECT * FROM calls ${where} ORDER BY row DESC LIMIT ?`
  const rows = database.prepare(sql).all(...values, limit + 1) as unknown as Row[]
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    calls: page.map(toRecord),
    next: rows.length > limit && last !== undefined ? last.row.toString(36) : null,
  }
}

function toConditions(filter: CallFilter): { where: string; values: SQLInputValue[] } {
  const conditions: string[] = []
  const values: SQLInputValue[] = []
  const ask = (condition: string, ...value: SQLInputValue[]): void => {
    conditions.push(condition)
    values.push(...value)
  }
  if (filter.version !== undefined) ask('version = ?', filter.version)
  if (filter.tenant !== undefined) ask('tenant = ?', filter.tenant)
  if (filter.route !== undefined) ask('route = ?', filter.route)
  if (filter.since !== undefined) ask('started_at >= ?', filter.since)
  if (filter.cursor !== undefined) ask('row < ?', Number.parseInt(filter.cursor, 36))
  if (filter.status !== undefined) {
    const from = filter.status.endsWith('xx') ? Number(filter.status[0]) * 100 : Number(filter.status)
    const until = filter.status.endsWith('xx') ? from + 99 : from
    ask('status BETWEEN ? AND ?', from, until)
  }
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values }
}

function summarise(database: DatabaseSync, version: string): VersionSummary {
  const counted = database.prepare('SELECT count(*) AS calls FROM calls WHERE version = ?').get(version)
  const sql = `SELECT duration_ms, error, started_at FROM calls WHERE version = ? ORDER BY row DESC LIMIT ?`
  const sample = database.prepare(sql).all(version, sampleSize) as unknown as Row[]
  const durations = sample.map((it) => it.duration_ms).sort((a, b) => a - b)
  const times = sample.map((it) => it.started_at)
  return {
    version,
    calls: Number(counted?.['calls'] ?? 0),
    sampled: sample.length,
    errors: sample.filter((it) => it.error !== '').length,
    p50Ms: percentile(durations, 0.5),
    p99Ms: percentile(durations, 0.99),
    firstAt: times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b)),
    lastAt: times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b)),
  }
}

function keysUsed(database: DatabaseSync): readonly KeyUse[] {
  const sql = 'SELECT key, max(started_at) AS lastAt FROM calls WHERE key IS NOT NULL GROUP BY key'
  return database.prepare(sql).all() as unknown as KeyUse[]
}

/** Nearest rank: the smallest value that at least `share` of all do not exceed. */
function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? null
}

/** Frees rows at the low end, where the oldest are. Asked after each batch, so mostly it asks and frees nothing. */
function createTrim(database: DatabaseSync): CallTable['trim'] {
  const selectFirst = database.prepare('SELECT row, started_at FROM calls ORDER BY row LIMIT 1')
  const selectLast = database.prepare('SELECT row FROM calls ORDER BY row DESC LIMIT 1')
  const selectOldest = database.prepare('SELECT started_at FROM calls ORDER BY row LIMIT ?')
  const remove = database.prepare('DELETE FROM calls WHERE row < ?')
  return ({ keepDays, maxRows }, nowMs, atMost) => {
    const first = selectFirst.get() as unknown as Row | undefined
    const last = selectLast.get() as unknown as Row | undefined
    if (first === undefined || last === undefined) return false
    const cutoffMs = nowMs - keepDays * dayMs
    // Rows leave only from the low end, in one run: what lies between is the count.
    const tooMany = last.row - first.row + 1 - maxRows
    const tooOld = first.started_at >= cutoffMs ? 0 : countOld(selectOldest, cutoffMs, atMost)
    const free = Math.min(Math.max(tooMany, tooOld), atMost)
    if (free <= 0) return false
    remove.run(first.row + free)
    database.exec('PRAGMA incremental_vacuum(16)')
    return free === atMost
  }
}

/** Those at the low end that are too old, in one run: one long call does not shield those behind it for long. */
function countOld(selectOldest: StatementSync, cutoffMs: number, atMost: number): number {
  const oldest = selectOldest.all(atMost) as unknown as Row[]
  const firstKept = oldest.findIndex((it) => it.started_at >= cutoffMs)
  return firstKept === -1 ? oldest.length : firstKept
}
