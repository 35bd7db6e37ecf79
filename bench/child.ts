/**
 * Starts processes for the benchmark and makes sure that none of them outlives it.
 *
 * Each is the leader of a session of its own: the kernel's scheduler groups by session, so what else runs on
 * this terminal does not share its slice, and one signal ends it with all its workers.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine } from './machine.ts'

export interface ChildOptions {
  readonly name: string
  readonly machine: Machine
  readonly cpu: number
  /** Where its output goes, as `<name>.log`: to a file, as in production, so that nobody has to read it. */
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  readonly ipc?: boolean
}

export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** The end of what it printed, for the text of a failure. */
  tail(): string
  stop(): Promise<void>
}

const running = new Set<number>()
const patienceMs = 3_000

process.on('exit', () => {
  for (const pid of running) signalGroup(pid, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))

/** Starts a process, pinned where that is possible. Throws when it cannot be started. */
export function startChild(command: string, args: readonly string[], options: ChildOptions): Child {
  const { machine, cpu, folder, name } = options
  const log = join(folder, `${name}.log`)
  const output = openSync(log, 'a')
  const pinned = machine.taskset === null ? [] : [machine.taskset, '-c', String(cpu)]
  const [first = command, ...rest] = [...pinned, command, ...args]
  const child = spawn(first, rest, {
    cwd: folder,
    env: { ...process.env, ...options.env },
    stdio: options.ipc === true ? ['ignore', output, output, 'ipc'] : ['ignore', output, output],
    detached: true,
  })
  closeSync(output)
  child.on('error', () => undefined)
  const { pid } = child
  if (pid === undefined) throw new Error(`"${command}" cannot be started`)
  running.add(pid)
  preferSession(pid)
  return {
    process: child,
    pid,
    tail: () => readFileSync(log, 'utf8').slice(-2_000),
    stop: () => stop(child, pid),
  }
}

async function stop(child: ChildProcess, pid: number): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  if (child.exitCode === null && child.signalCode === null) {
    signalGroup(pid, 'SIGTERM')
    await Promise.race([ended, sleep(patienceMs, undefined, { ref: false })])
  }
  signalGroup(pid, 'SIGKILL')
  running.delete(pid)
}

/** Both sides alike get more of the CPU than bystanders. Needs root; without it the rounds repeat more often. */
function preferSession(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, '-10')
  } catch {
    // Not permitted or not built into this kernel.
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Already gone.
  }
}
