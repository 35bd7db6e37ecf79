/**
 * Names and counts the steps by which a process writes to its disk, and kills the process at one of them.
 *
 * A step is a call of the file system on one kind of file, before it or after it, and, for a write, in the middle:
 * `audit write after`. A write of a record is named after what it says: `floor write before`. The same names come from the file system that is handed to an embedded engine and from
 * the one that is put under a whole gateway.
 */
import { writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { KillAt } from './life.ts'

export type Moment = 'before' | 'midway' | 'after'

export interface StepsOptions {
  readonly killAt: KillAt
  /** Told each step before it is taken. */
  readonly passing: (name: string, version: string | undefined) => void
  readonly killing: (name: string) => void
}

export class Steps {
  private readonly options: StepsOptions
  private readonly lastIn = new Map<string, string>()
  private readonly written = new Map<string, { subject: string; version: string | undefined }>()
  private calls = 0
  private occurrences = 0

  constructor(options: StepsOptions) {
    this.options = options
  }

  /** Told what is about to be written: of the records, the last line says what it is about. */
  writes(path: string, bytes: Uint8Array): void {
    const line = Buffer.from(bytes).toString().trimEnd().split('\n').at(-1) ?? ''
    const subject = /"records":\{"(\w+)":/.exec(line)?.[1]
    const version = /"version":"([^"]+)"/.exec(line)?.[1]
    if (subject !== undefined) this.written.set(path.replace(/\.tmp$/, ''), { subject, version })
  }

  /** Goes by this step, or does not come back. */
  pass(call: string, path: string, moment: Moment): void {
    const name = `${this.subjectOf(call, path)} ${call} ${moment}`
    const { killAt, passing, killing } = this.options
    this.calls += 1
    passing(name, this.written.get(path)?.version)
    if (killAt === null) return
    if ('step' in killAt && killAt.step === name) this.occurrences += 1
    const isIt = 'step' in killAt ? this.occurrences === killAt.occurrence : killAt.call === this.calls
    if (!isIt) return
    killing(name)
    process.kill(process.pid, 'SIGKILL')
  }

  /** A directory is forced to the disk because of what changed in it last. */
  private subjectOf(call: string, path: string): string {
    if (call === 'syncDirectory') return this.lastIn.get(path) ?? 'directory'
    const subject = this.written.get(path)?.subject ?? subjectOf(path)
    this.lastIn.set(dirname(path), subject)
    return subject
  }
}

function subjectOf(path: string): string {
  const name = basename(path)
  if (name === 'records.jsonl.tmp') return 'aside'
  if (/^[0-9a-f]{64}$/.test(name)) return 'blob'
  if (name.startsWith('lock.')) return 'lock'
  if (name.includes('changeover.yaml')) return 'settings'
  if (name === 'audit.jsonl') return 'audit'
  if (/^audit\.\d+\.jsonl$/.test(name)) return 'older audit'
  return name === 'records.jsonl' ? 'records' : 'directory'
}

/** Written at once, whatever happens next. */
export function sayLine(said: object): void {
  const line = Buffer.from(`${JSON.stringify({ atMs: performance.now(), ...said })}\n`)
  for (let at = 0; at < line.length; ) at += writeSome(line.subarray(at))
}

/** A pipe that is full for the moment takes nothing, and says so. */
function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
  }
}
