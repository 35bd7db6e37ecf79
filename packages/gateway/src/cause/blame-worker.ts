/**
 * The thread that finds out who is to blame: it reads the calls of a window with a connection of its own, and reckons.
 * It serves one question and ends, so that its memory goes with it.
 *
 * Not here: the arithmetic (`blame.ts`). An entry file of its own, which nothing imports; started by `find-blame.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { type BlameColumns, readBlameColumns } from '../calls/blame-rows.ts'
import { blame } from './blame.ts'
import type { BlameReload } from './blame-report.ts'
import type { BlameTask, FromBlameWorker } from './blame-task.ts'
import type { Window } from './blame-window.ts'

const port = parentPort
if (port === null) throw new Error('the blame worker runs only as a worker thread')
const say = (message: FromBlameWorker): void => port.postMessage(message)

try {
  work(workerData as BlameTask)
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}

function work(task: BlameTask): void {
  const { path, ask, metric } = task
  const columns = readBlameColumns(path, ask)
  const { atMs, value, candidate, tenant, route, isCut } = columns
  const reloads = seenFirst(task, columns)
  const places = columns.versions.map((version) => reloads.findIndex((it) => it.version === version))
  const reload = Int32Array.from(columns.version, (it) => places[it] ?? -1)
  const calls = { atMs, value, reload, candidate, tenant, route }
  const report = blame({ metric, ...spanOf(columns, ask), calls, reloads })
  say({ kind: 'done', answer: { report, calls: atMs.length, isCut } })
}

/**
 * From the first call to the last: a day is looked at in steps of half a minute, and of a gateway that came up an hour ago
 * nothing would be seen in those.
 */
function spanOf({ atMs }: BlameColumns, { fromMs, toMs }: BlameTask['ask']): Window {
  let [first, last] = [toMs, fromMs]
  for (const at of atMs) {
    first = Math.min(first, at)
    last = Math.max(last, at)
  }
  return first < last ? { fromMs: first, toMs: last + 1 } : { fromMs, toMs }
}

/** A version took effect with its first call, not when its reload was asked for. In the order in which they did. */
function seenFirst(task: BlameTask, columns: BlameColumns): readonly BlameReload[] {
  return task.reloads
    .map((it) => {
      const firstMs = columns.firstMs[columns.versions.indexOf(it.version)]
      // Of the version before the window, the first call in it says nothing.
      return firstMs === undefined || it.atMs < task.ask.fromMs ? it : { ...it, atMs: firstMs }
    })
    .toSorted((a, b) => a.atMs - b.atMs)
}
