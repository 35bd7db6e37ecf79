/**
 * Reads the records of a state directory as someone who does not trust the store: from the file, with a hash of
 * one's own.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceRecords } from '@changeover/reload'

export interface RecordsFile {
  /** The newest of each. */
  readonly records: Partial<{ readonly [Name in keyof InstanceRecords]: InstanceRecords[Name] | null }>
  /** What is wrong with a line; `null` when nothing is. */
  readonly damage: string | null
}

/** A torn last line was promised to nobody. */
export async function readRecordsFile(directory: string): Promise<RecordsFile> {
  const text = await readFile(join(directory, 'records.jsonl'), 'utf8').catch(() => '')
  const records = {}
  let damage: string | null = null
  for (const line of text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)) {
    const read = JSON.parse(line) as { sha256: string; records: object }
    const found = createHash('sha256').update(JSON.stringify(read.records)).digest('hex')
    if (found !== read.sha256) damage = `not the text of its digest: ${line}`
    Object.assign(records, read.records)
  }
  return { records, damage }
}
