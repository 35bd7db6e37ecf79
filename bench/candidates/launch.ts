/** Starts a candidate's process and measures what a start is: time to the first answer, and memory after it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from '../child.ts'
import type { Target } from '../load/job.ts'
import { rssBytes } from '../measure/processes.ts'
import type { Running, Surroundings } from './candidate.ts'
import { askOnce, waitFor } from './ready.ts'

export interface Launch {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly target: Omit<Target, 'pid'>
  /** Asked until it answers 200; without it, a chat request is. */
  readonly ready?: () => Promise<number>
}

/** What a process frees right after its start is freed by then. */
const settleMs = 500

export async function launch(
  it: Launch,
  surroundings: Surroundings,
): Promise<Running & { readonly child: Child }> {
  const { machine, folder } = surroundings
  const startedMs = performance.now()
  const child = startChild(it.command, it.args, {
    name: it.name,
    machine,
    cpu: machine.gatewayCpu,
    folder,
    ...(it.env !== undefined && { env: it.env }),
  })
  const target: Target = { ...it.target, pid: child.pid }
  try {
    await waitFor(it.ready ?? (() => askOnce(target)), child)
    const startMs = performance.now() - startedMs
    await waitFor(() => askOnce(target), child)
    await sleep(settleMs)
    return {
      target,
      child,
      startMs,
      rssIdleBytes: rssBytes(child.pid),
      stop: () => child.stop(),
    }
  } catch (error) {
    await child.stop()
    throw error
  }
}
