/**
 * What copies of calls were billed for, beside the calls: one row a copy. Kept as long as the records are.
 *
 * A table of its own, because nobody made these calls: among the records they would count as traffic in every list,
 * comparison and limit that is looked at afterwards.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { CallCopy } from '../contract/call.ts'
import type { Retention } from './questions.ts'

export const copyMigration = `CREATE TABLE copies (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, started_at INTEGER NOT NULL, version TEXT NOT NULL,
    target TEXT NOT NULL, bill TEXT NOT NULL
  ) STRICT;
  ALTER TABLE calls ADD COLUMN tool_calls TEXT;`

const dayMs = 86_400_000
/** Twice what comes in, so that old ones go sooner than new ones come. */
const freedAtOnce = 2

export interface CopyTable {
  /** Writes it in the transaction that is open, or in its own. */
  keep(it: CallCopy, retention: Retention): void
}

export function openCopyTable(database: DatabaseSync): CopyTable {
  const insert = database.prepare(
    'INSERT INTO copies (id, kind, started_at, version, target, bill) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const free = database.prepare(
    'DELETE FROM copies WHERE row IN (SELECT row FROM copies ORDER BY row LIMIT ?) AND (started_at < ? OR row <= ?)',
  )
  return {
    keep: ({ id, of, startedAt, version, target, bill }, { keepDays, maxRows }) => {
      const kept = insert.run(id, of, Math.round(startedAt), version, target, JSON.stringify(bill))
      free.run(freedAtOnce, startedAt - keepDays * dayMs, Number(kept.lastInsertRowid) - maxRows)
    },
  }
}
