/**
 * What a process holds in memory: resident, from the system; and on its heap after a full collection, which says
 * whether anything is kept that should not be.
 *
 * The collection is asked for by a signal that `MEMORY_FLAGS` teach the process; its own doors know nothing of it.
 */
import { readFile } from 'node:fs/promises'
import type { NodeScript } from '@changeover/testkit'
import { until } from './until.ts'

const answer = `process.on('SIGUSR2', () => {
  globalThis.gc()
  process.stderr.write('\\nheap ' + process.memoryUsage().heapUsed + '\\n')
})`

export const MEMORY_FLAGS: readonly string[] = [
  '--expose-gc',
  '--import',
  `data:text/javascript,${encodeURIComponent(answer)}`,
]

/** Resident bytes now. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}

/** Heap bytes in use after a full collection. */
export async function heapBytes(gateway: NodeScript): Promise<number> {
  const said = () => gateway.lines.filter((it) => /^heap \d+$/.test(it))
  const before = said().length
  gateway.send('SIGUSR2')
  const line = await until(() => said()[before] ?? null, { what: 'word of the heap' })
  return Number(line.slice('heap '.length))
}

export interface MemorySample {
  readonly atMs: number
  readonly bytes: number
}

/** Samples resident memory until it is stopped. */
export class MemoryWatch {
  readonly samples: MemorySample[] = []
  private readonly timer: NodeJS.Timeout

  constructor(pid: number, everyMs = 500) {
    this.timer = setInterval(() => {
      void residentBytes(pid)
        .then((bytes) => this.samples.push({ atMs: performance.now(), bytes }))
        .catch(() => clearInterval(this.timer))
    }, everyMs)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Bytes a second, by least squares over the later half. */
  laterSlope(): number {
    const later = this.samples.slice(Math.floor(this.samples.length / 2))
    const [atMean, bytesMean] = [mean(later.map((it) => it.atMs)), mean(later.map((it) => it.bytes))]
    const over = sum(later.map((it) => (it.atMs - atMean) * (it.bytes - bytesMean)))
    const under = sum(later.map((it) => (it.atMs - atMean) ** 2))
    return under === 0 ? 0 : (over / under) * 1000
  }

  get mostBytes(): number {
    return Math.max(0, ...this.samples.map((it) => it.bytes))
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length
}

function sum(values: readonly number[]): number {
  return values.reduce((total, it) => total + it, 0)
}
