/**
 * Reads an audit log as someone who does not trust the engine: from the files, with a hash of one's own.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditLine } from '@changeover/reload'

/** All whole lines, oldest first. A torn last line was promised to nobody. */
export async function readAuditFiles(directory: string): Promise<AuditLine[]> {
  const names = (await readdir(directory)).filter((it) => /^audit\.\d+\.jsonl$/.test(it)).sort()
  const lines: AuditLine[] = []
  for (const name of [...names, 'audit.jsonl']) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => '')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    for (const line of whole.split('\n')) if (line !== '') lines.push(JSON.parse(line) as AuditLine)
  }
  return lines
}

/** What is wrong with the chain, or `null`. */
export function chainBreak(lines: readonly AuditLine[]): string | null {
  let previous = '0'.repeat(64)
  for (const [i, line] of lines.entries()) {
    const { hash, ...rest } = line
    const found = createHash('sha256').update(JSON.stringify(rest)).digest('hex')
    if (line.previous !== previous) return `line ${i + 1} does not follow the line before it`
    if (found !== hash) return `line ${i + 1} does not have the hash that it names`
    previous = hash
  }
  return null
}

/** A rollout that moves neither begins nor ends its attempt. */
export function isMove(event: AuditLine['event']): boolean {
  return event.startsWith('config.rollout.')
}

export interface Endings {
  /** Attempts that began and have no line that ends them. */
  readonly open: readonly string[]
  /** Attempts with more than one line that begins or ends them, or one that begins after the end. */
  readonly wrong: readonly string[]
}

export function endingsOf(lines: readonly AuditLine[]): Endings {
  const begun = new Set<string>()
  const ended = new Set<string>()
  const wrong: string[] = []
  for (const { attempt, event } of lines) {
    if (isMove(event)) continue
    const isStart = event === 'config.reload.started'
    if (ended.has(attempt) || (isStart && begun.has(attempt))) wrong.push(attempt)
    if (isStart) begun.add(attempt)
    else ended.add(attempt)
  }
  return { open: [...begun].filter((it) => !ended.has(it)), wrong }
}
