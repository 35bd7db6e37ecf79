/**
 * The thread that the call log's database lives in: takes batches, answers questions, trims when idle.
 *
 * Invariant: messages are worked off in order, so a question sees every batch that was sent before it, and
 * `closed` is said after the last batch is on disk.
 *
 * A damaged file is set aside and a new one begun: records of calls are worth less than a gateway that runs.
 *
 * Not here: what a row is (`call-table.ts`). An entry file of its own: nothing imports it.
 */
import { existsSync, renameSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { CallRecord } from '../contract/call.ts'
import { type CallTable, openCallTable } from './call-table.ts'
import type { FromWorker, Question, Retention, ToWorker } from './questions.ts'

const { path, retention: firstRetention } = workerData as { path: string; retention: Retention }
const port = parentPort
if (port === null) throw new Error('the call worker runs only as a worker thread')

const say = (message: FromWorker): void => port.postMessage(message)
const trimPauseMs = 20
let retention = firstRetention
let trimming: NodeJS.Timeout | null = null
const table = open()

port.on('message', (message: ToWorker) => {
  if (message.kind === 'write') write(message.rows, message.count)
  else if (message.kind === 'ask') answer(message.ask, message.question)
  else if (message.kind === 'retain') retain(message.retention)
  else close()
})

function open(): CallTable {
  try {
    return openCallTable(path)
  } catch (error) {
    if (!isDamaged(error)) throw error
    const aside = `${path}.damaged-${Date.now()}`
    for (const end of ['', '-wal', '-shm'])
      if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${aside}${end}`)
    say({ kind: 'trouble', what: `the call log was damaged and is kept as "${aside}"; a new one is begun` })
    return openCallTable(path)
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
function isDamaged(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode
  return code === 11 || code === 26
}

function write(rows: string, count: number): void {
  let failed: string | null = null
  try {
    table.write(JSON.parse(rows) as CallRecord[])
  } catch (error) {
    failed = textOf(error)
  }
  say({ kind: 'wrote', count, failed })
  trimSoon()
}

function answer(ask: number, question: Question): void {
  try {
    say({ kind: 'answer', ask, value: answerTo(question), failed: null })
  } catch (error) {
    say({ kind: 'answer', ask, value: null, failed: textOf(error) })
  }
}

function answerTo(question: Question): unknown {
  if (question.about === 'call') return table.find(question.id)
  if (question.about === 'calls') return table.list(question.filter)
  return table.summarise(question.versions)
}

function retain(next: Retention): void {
  retention = next
  trimSoon()
}

function trimSoon(): void {
  trimming ??= setTimeout(() => {
    trimming = null
    try {
      if (table.trim(retention, Date.now())) trimSoon()
    } catch (error) {
      say({ kind: 'trouble', what: `old call records could not be freed: ${textOf(error)}` })
    }
  }, trimPauseMs)
}

function close(): void {
  if (trimming !== null) clearTimeout(trimming)
  table.close()
  say({ kind: 'closed' })
  port?.close()
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
