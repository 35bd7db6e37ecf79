/**
 * Which reload moved a metric: asks a worker, which reads the calls and reckons, and adds to each reload who made it and
 * where its trace is. One question at a time; a window of a month would otherwise be read by as many threads as ask.
 *
 * Not here: the arithmetic (`blame.ts`), the reading of calls (`calls/blame-rows.ts`).
 */
import type { Clock } from '@changeover/reload'
import { askWorker } from '../calls/ask-worker.ts'
import type { BlameMetricName } from '../calls/blame-rows.ts'
import type { BlameReload, BlameReport } from './blame-report.ts'
import type { BlameAnswer, BlameTask } from './blame-task.ts'
import type { Window } from './blame-window.ts'
import type { VersionStep } from './origin.ts'
import type { Provenance } from './provenance.ts'

export interface BlameOptions {
  readonly provenance: Pick<Provenance, 'broughtBetween'>
  readonly clock: Clock
  /** Path of the call log's file, with everything finished so far in it. */
  readable(): Promise<string>
}

export interface FoundBlame {
  readonly report: BlameReport
  /** How each version of the report came in, by version. */
  readonly steps: ReadonlyMap<string, VersionStep>
  /** Calls that were looked at. */
  readonly calls: number
  /** There were more; the newest were looked at. */
  readonly isCut: boolean
}

export interface BlameFinder {
  find(metric: BlameMetricName, window: Window): Promise<FoundBlame>
}

/** Calls of a window that are looked at, the newest: some hundred megabytes in the worker, gone with it. */
const MOST_CALLS = 1_000_000
const LONGEST_MS = 60_000
const WORKER_MEGABYTES = 1_024

const KINDS: Readonly<Record<BlameMetricName, 'proportion' | 'amount'>> = {
  error_rate: 'proportion',
  latency: 'amount',
  first_token: 'amount',
  cost: 'amount',
  tokens: 'amount',
  refusals: 'proportion',
}

export function createBlameFinder(options: BlameOptions): BlameFinder {
  let last: Promise<unknown> = Promise.resolve()
  return {
    find(metric, window) {
      const found = last.then(() => findBlame(options, metric, window))
      last = found.catch(() => undefined)
      return found
    },
  }
}

async function findBlame(
  options: BlameOptions,
  metric: BlameMetricName,
  window: Window,
): Promise<FoundBlame> {
  const steps = await options.provenance.broughtBetween(window.fromMs, window.toMs)
  const task: BlameTask = {
    path: await options.readable(),
    ask: { metric, ...window, most: MOST_CALLS },
    metric: { name: metric, kind: KINDS[metric] },
    reloads: steps.map(reloadOf),
  }
  const answer = await askWorker<BlameAnswer>({
    name: 'blame-worker',
    from: import.meta.url,
    task,
    megabytes: WORKER_MEGABYTES,
    longestMs: LONGEST_MS,
    clock: options.clock,
    what: 'blame',
  })
  return { ...answer, steps: new Map(steps.map((it) => [it.version, it])) }
}

function reloadOf({ version, at, attempt, author, changed }: VersionStep): BlameReload {
  return { version, atMs: Date.parse(at), attempt, author, changed: changed ?? [] }
}
