/**
 * Whether an audit log is whole: each line names the hash of the line before it, and its own is right.
 *
 * A chain shows that nothing was changed, left out or put elsewhere between two lines. It cannot show that the
 * newest lines were cut off: for that somebody else must keep the hash of a line, and ask whether it is still there.
 * The oldest may be gone because files are kept for a time only; the first line then names one that is not here.
 *
 * Not here: writing lines (`engine/records/audit.ts`).
 */
import { createHash } from 'node:crypto'
import type { AuditLine } from '../contract/store.ts'

export type AuditFault = 'changed' | 'missing_before' | 'moved' | 'repeated' | 'not_there'

export interface AuditProblem {
  /** Counted from 1, from the first of the lines that were looked at; `null` for a line that is not among them. */
  readonly line: number | null
  readonly fault: AuditFault
  /** For people. */
  readonly message: string
}

export interface AuditCheck {
  readonly checked: number
  readonly problems: readonly AuditProblem[]
  /** The first line has none before it: nothing older was put away. */
  readonly isFromTheBeginning: boolean
  /** Hash of the newest line, to be kept elsewhere. */
  readonly last: string | null
}

const NONE = '0'.repeat(64)

/** `lines` may begin anywhere in the log. `kept` are hashes that somebody else has kept. */
export function checkAudit(lines: readonly AuditLine[], kept: readonly string[] = []): AuditCheck {
  const places = new Map<string, number>()
  for (const [i, { hash }] of lines.entries()) if (!places.has(hash)) places.set(hash, i)
  const problems = lines.flatMap((line, i) => [
    ...contentProblem(line, i + 1),
    ...placeProblem(lines, i, places),
  ])
  const gone = kept.filter((it) => !places.has(it)).map(goneProblem)
  return {
    checked: lines.length,
    problems: [...problems, ...gone],
    isFromTheBeginning: lines[0] === undefined || lines[0].previous === NONE,
    last: lines.at(-1)?.hash ?? null,
  }
}

function contentProblem(line: AuditLine, number: number): AuditProblem[] {
  if (hashOf(line) === line.hash) return []
  return [
    { line: number, fault: 'changed', message: `line ${number} was changed: its hash is of something else` },
  ]
}

function placeProblem(
  lines: readonly AuditLine[],
  i: number,
  places: ReadonlyMap<string, number>,
): AuditProblem[] {
  const [before, line] = [lines[i - 1], lines[i]]
  if (before === undefined || line === undefined || line.previous === before.hash) return []
  const number = i + 1
  const first = places.get(line.hash)
  if (first !== undefined && first !== i) {
    const message = `line ${number} is line ${first + 1} once more`
    return [{ line: number, fault: 'repeated', message }]
  }
  const at = places.get(line.previous)
  if (at !== undefined) {
    const message = `line ${number} stands elsewhere than it was written: it comes after line ${at + 1}`
    return [{ line: number, fault: 'moved', message }]
  }
  const message = `before line ${number} something is missing: it names a line that is not line ${number - 1}`
  return [{ line: number, fault: 'missing_before', message }]
}

function goneProblem(hash: string): AuditProblem {
  return { line: null, fault: 'not_there', message: `no line has the hash ${hash}: lines were cut off` }
}

function hashOf({ hash: _hash, ...line }: AuditLine): string {
  return createHash('sha256').update(JSON.stringify(line)).digest('hex')
}
