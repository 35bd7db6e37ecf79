/**
 * Bills, and calls by other prices: asks a worker, which reads the call log and adds up. One question at a time, since a
 * month may be a million calls.
 *
 * Not here: who may ask (`control/`), the reading of calls (`calls/money-rows.ts`).
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Clock } from '@changeover/reload'
import type { Repricing } from '../calls/repricings.ts'
import type {
  Bill,
  BillAnswer,
  BillAsk,
  BillTask,
  FromBillWorker,
  RepriceAsk,
  Repriced,
} from './bill-task.ts'

const LONGEST_MS = 300_000
const WORKER_MEGABYTES = 512

export interface BillDeskOptions {
  readonly clock: Clock
  /** Path of the call log's file, with everything finished so far in it. */
  readable(): Promise<string>
}

export interface BillDesk {
  /** `null` where the repricing that it asks for is not there. */
  bill(ask: BillAsk): Promise<Bill | null>
  reprice(ask: RepriceAsk): Promise<Repriced>
  /** Newest first. */
  list(): Promise<readonly Repricing[]>
}

export function createBillDesk(options: BillDeskOptions): BillDesk {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (make: (calls: string, repricings: string) => BillTask): Promise<BillAnswer> => {
    const answer = last.then(async () => {
      const calls = await options.readable()
      return await runWorker(make(calls, join(dirname(calls), 'repricings.db')), options.clock)
    })
    last = answer.catch(() => undefined)
    return answer
  }
  return {
    bill: (ask) =>
      inTurn((calls, repricings) => ({ kind: 'bill', calls, repricings, ask })) as Promise<Bill | null>,
    reprice: (ask) =>
      inTurn((calls, repricings) => ({ kind: 'reprice', calls, repricings, ask })) as Promise<Repriced>,
    list: () => inTurn((_, repricings) => ({ kind: 'list', repricings })) as Promise<readonly Repricing[]>,
  }
}

function runWorker(task: BillTask, clock: Clock): Promise<BillAnswer> {
  const url = locateWorker()
  const worker = new Worker(url, {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: WORKER_MEGABYTES },
    ...(url.pathname.endsWith('.ts') ? { execArgv: ['-C', '@changeover/source'] } : {}),
  })
  worker.unref()
  const ended = Promise.withResolvers<BillAnswer>()
  const timer = clock.after(LONGEST_MS, () =>
    ended.reject(new Error(`adding up took longer than ${LONGEST_MS} ms`)),
  )
  worker.on('message', (message: FromBillWorker) => {
    if (message.kind === 'done') ended.resolve(message.answer)
    else ended.reject(new Error(message.message))
  })
  worker.on('error', ended.reject)
  worker.on('exit', () => ended.reject(new Error('adding up ended without an answer')))
  return ended.promise.finally(() => {
    timer.cancel()
    void worker.terminate()
  })
}

/** Beside this file in the source; beside or above it in a bundle, whose chunks have a folder of their own. */
function locateWorker(): URL {
  const places = ['./bill-worker.ts', './bill-worker.js', '../bill-worker.js']
  const urls = places.map((it) => new URL(it, import.meta.url))
  const found = urls.find((it) => existsSync(fileURLToPath(it)))
  if (found === undefined) throw new Error('bill-worker.js is not beside the program; build it again')
  return found
}
