/**
 * What copies of calls were billed for, beside the calls: one row a copy. Kept as long as the records are.
 *
 * A table of its own, because nobody made these calls: among the records they would count as traffic in every list,
 * comparison and limit that is looked at afterwards.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { AttemptBill, CallCopy } from '../contract/call.ts'
import type { Retention } from './questions.ts'

export const copyMigration = `CREATE TABLE copies (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, started_at INTEGER NOT NULL, version TEXT NOT NULL,
    target TEXT NOT NULL, bill TEXT NOT NULL
  ) STRICT;
  CREATE INDEX copies_by_id ON copies (id);
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

export function openCopyReader(database: DatabaseSync): (id: string) => CallCopy | null {
  const select = database.prepare(
    'SELECT id, kind, started_at, version, target, bill FROM copies WHERE id = ? ORDER BY row DESC LIMIT 1',
  )
  return (wanted) => {
    const row = select.get(wanted) as unknown as Raw | undefined
    if (row === undefined) return null
    const { id, kind, started_at, version, target, bill } = row
    return { id, of: kind, startedAt: started_at, version, target, bill: JSON.parse(bill) as AttemptBill }
  }
}

interface Raw {
  readonly id: string
  readonly kind: CallCopy['of']
  readonly started_at: number
  readonly version: string
  readonly target: string
  /** As JSON. */
  readonly bill: string
}
