/**
 * What users said of calls, beside the calls: one row a call, the last word counts. Kept as long as the records are.
 *
 * A table of its own, because it comes after the record was written, or never, and is about somebody's opinion.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Feedback } from '../contract/call.ts'
import type { Retention } from './questions.ts'

export const feedbackMigration = `CREATE TABLE feedback (
    call TEXT PRIMARY KEY, at INTEGER NOT NULL, score REAL NOT NULL, comment TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX feedback_by_time ON feedback (at);`

const dayMs = 86_400_000
/** Twice what comes in, so that old ones go sooner than new ones come. */
const freedAtOnce = 2

export interface FeedbackTable {
  /** Writes it in the transaction that is open, or in its own. */
  keep(it: Feedback, retention: Retention): void
}

export function openFeedbackTable(database: DatabaseSync): FeedbackTable {
  const insert = database.prepare(
    'INSERT OR REPLACE INTO feedback (call, at, score, comment) VALUES (?, ?, ?, ?)',
  )
  const free = database.prepare(
    'DELETE FROM feedback WHERE call IN (SELECT call FROM feedback WHERE at < ? ORDER BY at LIMIT ?)',
  )
  return {
    keep: ({ call, at, score, comment }, { keepDays }) => {
      insert.run(call, Math.round(at), score, comment)
      free.run(at - keepDays * dayMs, freedAtOnce)
    },
  }
}

export function openFeedbackReader(database: DatabaseSync): (call: string) => Feedback | null {
  const select = database.prepare('SELECT call, at, score, comment FROM feedback WHERE call = ?')
  return (call) => (select.get(call) as unknown as Feedback | undefined) ?? null
}
