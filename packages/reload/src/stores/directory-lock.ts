/**
 * One state directory has one process: two that write the same records would each undo the other's.
 *
 * A process announces itself by an empty file whose name says who it is, and only then looks at who else did.
 * If another announcer lives, it withdraws. Of any two, the later to look sees the other, so never do two go on;
 * two that come at the same instant may both withdraw, and one of them tries again. Announcements of the dead
 * are removed by whoever goes on. The start time matters in containers, where every process in turn is number 1.
 *
 * Why not one lock file that is replaced when stale: between finding it stale and replacing it, others may have
 * done the same, and the second replaces a lock that lives.
 *
 * Why not a lock of the operating system: Node offers none. So a process on another host, or in another
 * container that shares only the disk, is not seen: give each instance a state directory of its own.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ReloadError } from '../errors.ts'
import { type FileSystem, hasCode } from './file-system.ts'

export interface LockOwner {
  readonly pid: number
  /** When it started, in any form that differs between two processes of one number; empty when unknown. */
  readonly started: string
}

export interface ProcessTable {
  readonly self: LockOwner
  /** `null` when no process has that number. */
  find(pid: number): LockOwner | null
}

export const systemProcesses: ProcessTable = {
  get self() {
    return { pid: process.pid, started: startOf(process.pid) }
  },
  find(pid) {
    try {
      process.kill(pid, 0)
    } catch (error) {
      if (hasCode(error, 'ESRCH')) return null
    }
    return { pid, started: startOf(pid) }
  },
}

/** Takes the lock of `directory`. Throws `store.locked` when a living process has it. Returns how to let go. */
export async function lockDirectory(
  directory: string,
  files: FileSystem,
  processes: ProcessTable,
): Promise<() => Promise<void>> {
  const { pid, started } = processes.self
  const mine = `lock.${pid}.${markOf(started)}.${randomBytes(4).toString('hex')}`
  const letGo = () => files.remove(join(directory, mine))
  try {
    await (await files.open(join(directory, mine), 'empty')).close()
    const others = (await files.list(directory)).filter((it) => it.startsWith('lock.') && it !== mine)
    const living = others.find((it) => lives(it, processes))
    if (living !== undefined) throw new ReloadError('store.locked', { path: directory, pid: pidOf(living) })
    for (const name of others) await files.remove(join(directory, name))
  } catch (error) {
    await letGo().catch(() => {})
    throw error
  }
  return letGo
}

function lives(name: string, processes: ProcessTable): boolean {
  const running = processes.find(pidOf(name))
  if (running === null) return false
  const marks = [markOf(running.started), name.split('.')[2]]
  return marks.includes(UNKNOWN) || marks[0] === marks[1]
}

function pidOf(name: string): number {
  return Number(name.split('.')[1])
}

const UNKNOWN = 'unknown'

function markOf(started: string): string {
  return started === '' ? UNKNOWN : createHash('sha256').update(started).digest('hex').slice(0, 8)
}

/** Boot and clock tick, from Linux's process table; elsewhere unknown. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    // The second field is a name in brackets that may itself hold brackets and spaces; the start is field 22.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${boot}:${ticks}`
  } catch {
    return ''
  }
}
