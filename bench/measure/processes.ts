/**
 * What processes used, as the kernel counts it, summed over a process and its descendants: time on a CPU
 * (`/proc/<pid>/task/<tid>/schedstat`, nanoseconds) and resident memory.
 *
 * Children that have ended in the meantime count with what their parent inherited from them, in ticks of
 * 10 ms; so a server that replaces its workers while it is measured is not let off.
 */
import { readdirSync, readFileSync } from 'node:fs'

const nanosecondsPerTick = 10_000_000

/** The process and all its descendants that live now. */
export function processTree(pid: number): number[] {
  const children = threadsOf(pid).flatMap((tid) => wordsOf(read(`/proc/${pid}/task/${tid}/children`)))
  return [pid, ...children.flatMap((it) => processTree(Number(it)))]
}

/** Nanoseconds that the process and its descendants, living or ended, have spent on a CPU so far. */
export function cpuNs(pid: number): number {
  return processTree(pid).reduce((total, it) => total + livingNs(it) + inheritedNs(it), 0)
}

/** Resident bytes of the process and its living descendants; pages that they share are counted for each. */
export function rssBytes(pid: number): number {
  return processTree(pid).reduce((total, it) => {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(read(`/proc/${it}/status`))?.[1]
    return total + Number(kilobytes ?? 0) * 1024
  }, 0)
}

function livingNs(pid: number): number {
  return threadsOf(pid).reduce(
    (total, tid) => total + Number(wordsOf(read(`/proc/${pid}/task/${tid}/schedstat`))[0] ?? 0),
    0,
  )
}

/** User and system time of ended children: the 14th and 15th word after the name, which may hold spaces. */
function inheritedNs(pid: number): number {
  const stat = read(`/proc/${pid}/stat`)
  const words = wordsOf(stat.slice(stat.lastIndexOf(')') + 1))
  return (Number(words[13] ?? 0) + Number(words[14] ?? 0)) * nanosecondsPerTick
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((it) => it !== '')
}

/** A process may end between the listing and the read; then it has used nothing more. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
