/**
 * Whether an audit log is whole: each line names the hash of the line before it, and its own is right.
 *
 * A chain shows that nothing was changed or left out between two lines; it cannot show that the newest lines
 * were not cut off. For that, somebody else must keep a copy of a hash.
 */
import { createHash } from 'node:crypto'
import type { AuditLine } from '@changeover/reload'

/** `lines` may begin anywhere in the log. */
export function isChainWhole(lines: readonly AuditLine[]): boolean {
  return lines.every((line, i) => {
    const before = lines[i - 1]
    return hashOf(line) === line.hash && (before === undefined || line.previous === before.hash)
  })
}

function hashOf({ hash: _hash, ...line }: AuditLine): string {
  return createHash('sha256').update(JSON.stringify(line)).digest('hex')
}
