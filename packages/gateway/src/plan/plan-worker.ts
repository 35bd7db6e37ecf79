/**
 * The thread that replays recorded calls: it reads them with a connection of its own, compiles both versions from
 * their settings, and says what differs. It serves one plan and ends, so that its memory goes with it.
 *
 * Not here: an entry file of its own, which nothing imports; started by `planner.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { readReplayRows } from '../calls/replay-rows.ts'
import { loadShipped } from '../catalogue/catalogue.ts'
import { factsOf } from './facts.ts'
import type { FromPlanWorker, WorkerTask } from './messages.ts'
import { replayCalls } from './replay/replay-calls.ts'
import { findWarnings } from './warnings/find-warnings.ts'

const port = parentPort
if (port === null) throw new Error('the plan worker runs only as a worker thread')
const say = (message: FromPlanWorker): void => port.postMessage(message)

try {
  await work(workerData as WorkerTask)
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}

async function work({ path, before, after, changed, ask, nowMs }: WorkerTask): Promise<void> {
  const startedMs = performance.now()
  const shipped = await loadShipped()
  const sinceMs = ask.lastMs === null ? null : nowMs - ask.lastMs
  const rows = readReplayRows(path, { most: ask.most, sinceMs }, (calls) =>
    say({ kind: 'progress', stage: 'read', calls }),
  )
  const onProgress = (calls: number): void => say({ kind: 'progress', stage: 'replay', calls })
  const replay = replayCalls({ before, after, shipped, nowMs, rows, onProgress })
  const warnings = findWarnings({ before, after, changed, shipped, nowMs, facts: factsOf(rows) })
  const tookMs = Math.round(performance.now() - startedMs)
  say({ kind: 'done', answer: { replay: { ...replay, tookMs }, warnings } })
}
