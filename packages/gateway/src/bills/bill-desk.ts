/**
 * Bills, and calls by other prices: asks a worker, which reads the call log and adds up. One question at a time, since a
 * month may be a million calls.
 *
 * Not here: who may ask (`control/`), the reading of calls (`calls/money-rows.ts`).
 */
import { dirname, join } from 'node:path'
import type { Clock } from '@changeover/reload'
import { askWorker } from '../calls/ask-worker.ts'
import type { Repricing } from '../calls/repricings.ts'
import type { Bill, BillAnswer, BillAsk, BillTask, RepriceAsk, Repriced } from './bill-task.ts'

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
      return await askWorker<BillAnswer>({
        name: 'bill-worker',
        from: import.meta.url,
        task: make(calls, join(dirname(calls), 'repricings.db')),
        megabytes: WORKER_MEGABYTES,
        longestMs: LONGEST_MS,
        clock: options.clock,
        what: 'adding up',
      })
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
