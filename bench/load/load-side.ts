/**
 * The load side: one process that is both the mock upstream and all the callers, driven over IPC.
 *
 * Both in one process, on one core: the open loop spins, and as a process of its own it would take the core
 * from the upstream at just the moment at which the upstream has to answer. In one event loop they take
 * turns, and stamps and reads are of one clock. What it costs, it costs every candidate, and the direct run
 * (no gateway between) says how much.
 */
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Window } from '../measure/window.ts'
import { MockUpstream } from '../upstream/mock-upstream.ts'
import { startClosedLoop } from './closed-loop.ts'
import type { FromLoadSide, Job, Measured, ToLoadSide } from './job.ts'
import { startOpenLoop } from './open-loop.ts'
import { startStreams } from './stream-loop.ts'
import { Tally } from './tally.ts'

const upstream = new MockUpstream()
const say = (message: FromLoadSide): void => void process.send?.(message)

process.on('message', (message: ToLoadSide) => void answer(message))
process.on('disconnect', () => process.exit(0))

upstream.server.listen(0, '127.0.0.1', () => {
  say({ kind: 'listening', port: (upstream.server.address() as AddressInfo).port })
})

async function answer({ ask, job, cpus }: ToLoadSide): Promise<void> {
  try {
    say({ kind: 'measured', ask, measured: await measure(job, cpus) })
  } catch (error) {
    say({ kind: 'failed', ask, message: error instanceof Error ? error.message : String(error) })
  }
}

async function measure(job: Job, cpus: readonly number[]): Promise<Measured> {
  const tally = new Tally()
  const stop = start(job, tally)
  await sleep(job.leadMs)
  const window = new Window(job.target.pid, cpus)
  tally.isOpen = true
  await sleep(job.measureMs)
  const use = window.close()
  stop()
  tally.isOpen = false
  return { ...use, ...tally.results() }
}

function start(job: Job, tally: Tally): () => void {
  if (job.kind === 'closed') return startClosedLoop(job, tally)
  if (job.kind === 'open') return startOpenLoop(job, tally)
  upstream.pace = { chunks: job.chunks, periodMs: job.periodMs }
  return startStreams(job, tally)
}
