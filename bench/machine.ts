/**
 * The machine that was measured, and which of its CPUs take part: one for the gateway, one for the load side.
 *
 * Everything here is best effort. Where something cannot be pinned or read, the report says so, because a
 * figure without its circumstances cannot be compared with any other.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { delimiter, join } from 'node:path'

export interface Machine {
  readonly cpuModel: string
  readonly cpuCount: number
  readonly kernel: string
  readonly memoryBytes: number
  readonly node: string
  /** The path of taskset; `null` when processes cannot be pinned. */
  readonly taskset: string | null
  readonly loadCpu: number
  readonly gatewayCpu: number
  /** The CPUs whose foreign use is watched. */
  readonly watched: readonly number[]
}

export function describeMachine(): Machine {
  const allowed = allowedCpus()
  const loadCpu = allowed[0] ?? 0
  const gatewayCpu = allowed.at(-1) ?? 0
  const taskset = loadCpu === gatewayCpu ? null : findCommand('taskset')
  return {
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cpuCount: allowed.length,
    kernel: release(),
    memoryBytes: totalmem(),
    node: process.version,
    taskset,
    loadCpu,
    gatewayCpu,
    watched: taskset === null ? allowed : [loadCpu, gatewayCpu],
  }
}

/** The path of a command, also looked for where Debian keeps servers; `null` when it is absent. */
export function findCommand(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((it) => join(it, name)).find(isExecutable) ?? null
}

/** What `pattern` finds in what a command prints about its version, on either stream. */
export function versionOf(command: string, argument: string, pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(command, [argument], { encoding: 'utf8', timeout: 10_000 })
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'unknown'
}

function allowedCpus(): number[] {
  const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
