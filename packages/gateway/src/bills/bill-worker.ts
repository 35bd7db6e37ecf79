/**
 * The thread that adds up bills and prices calls anew: it reads the call log with a connection of its own. It serves one
 * question and ends, so that its memory goes with it.
 *
 * Not here: the arithmetic (`make-bill.ts`, `reprice-span.ts`). An entry file of its own, which nothing imports; started
 * by `bill-desk.ts`.
 */
import { existsSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { type MoneyRow, oldestCallMs, readMoneyRows } from '../calls/money-rows.ts'
import { openRepricings, type RepricedCall } from '../calls/repricings.ts'
import { loadShipped } from '../catalogue/catalogue.ts'
import type { Bill, BillAnswer, BillTask, FromBillWorker, RepriceAsk, Repriced } from './bill-task.ts'
import { makeBill } from './make-bill.ts'
import { openPriceBook, type PriceBook } from './price-book.ts'
import { repriceSpan } from './reprice-span.ts'

const port = parentPort
if (port === null) throw new Error('the bill worker runs only as a worker thread')
const say = (message: FromBillWorker): void => port.postMessage(message)

/** A record is written when its call ends: the first one may have begun later than some that are behind it. */
const LONGEST_CALL_MS = 86_400_000

try {
  say({ kind: 'done', answer: await work(workerData as BillTask) })
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}

async function work(task: BillTask): Promise<BillAnswer> {
  if (task.kind === 'bill') return bill(task)
  if (task.kind === 'reprice') return await priceAnew(task)
  if (!existsSync(task.repricings)) return []
  const book = openRepricings(task.repricings)
  const list = book.list()
  book.close()
  return list
}

/** `null` where there is no such repricing. */
function bill({ calls, repricings, ask }: Extract<BillTask, { kind: 'bill' }>): Bill | null {
  const rows = readMoneyRows(calls, ask)
  const recordsFromMs = oldestCallMs(calls)
  const { repricing } = ask
  if (repricing === null) return { ...makeBill(rows, ask, () => null), recordsFromMs }
  if (!existsSync(repricings)) return null
  const book = openRepricings(repricings)
  try {
    if (book.find(repricing) === null) return null
    return { ...makeBill(rows, ask, (call) => book.costOf(repricing, call)), recordsFromMs }
  } finally {
    book.close()
  }
}

async function priceAnew({
  calls,
  repricings,
  ask,
}: Extract<BillTask, { kind: 'reprice' }>): Promise<Repriced> {
  const prices = openPriceBook(ask.settings, ask.withShipped ? await loadShipped() : {})
  const rows = readMoneyRows(calls, ask)
  const { write } = ask
  const recordsFromMs = oldestCallMs(calls)
  if (write === null)
    return { ...repriceSpan(rows, ask, { book: prices, keep: () => undefined }), recordsFromMs }
  const oldestMs = (recordsFromMs ?? write.at) - LONGEST_CALL_MS
  return { ...writeAnew(rows, ask, { path: repricings, write, prices, oldestMs }), recordsFromMs }
}

function writeAnew(
  rows: Iterable<MoneyRow>,
  ask: RepriceAsk,
  to: {
    readonly path: string
    readonly write: NonNullable<RepriceAsk['write']>
    readonly prices: PriceBook
    readonly oldestMs: number
  },
): Omit<Repriced, 'recordsFromMs'> {
  const { id, at, by } = to.write
  const book = openRepricings(to.path)
  let done: Omit<Repriced, 'recordsFromMs'> | null = null
  const make = (keep: (it: RepricedCall) => void) => {
    const made = repriceSpan(rows, ask, { book: to.prices, keep })
    done = made
    const { prices, fromMs, toMs, calls, repriced, beforeMicroUsd, afterMicroUsd } = made
    return { id, at, by, prices, fromMs, toMs, calls, repriced, beforeMicroUsd, afterMicroUsd }
  }
  try {
    book.write(id, make, to.oldestMs)
  } finally {
    book.close()
  }
  if (done === null) throw new Error('nothing was priced')
  return done
}
