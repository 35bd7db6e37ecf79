/**
 * The thread that does what takes long with the call log's file: answering questions, and checkpoints, which
 * wait for the disk. It writes no records, so it never stands in the writer's way.
 *
 * Not here: what a row is (`call-table.ts`). An entry file of its own: nothing imports it.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { openCallReader } from './call-table.ts'
import type { FromWorker, Question, ToWorker } from './questions.ts'

const port = parentPort
if (port === null) throw new Error('the call worker runs only as a worker thread')

const { path } = workerData as { path: string }
const reader = openCallReader(path)
const say = (message: FromWorker): void => port.postMessage(message)
/** A writer that comes in between leaves something over; between two batches there is time enough. */
const checkpointTries = 20
const againMs = 15

port.on('message', (message: ToWorker) => {
  if (message.kind === 'ask') answer(message.ask, message.question)
  else if (message.kind === 'checkpoint') void checkpoint()
  else close()
})

function answer(ask: number, question: Question): void {
  try {
    say({ kind: 'answer', ask, value: answerTo(question), failed: null })
  } catch (error) {
    say({ kind: 'answer', ask, value: null, failed: textOf(error) })
  }
}

function answerTo(question: Question): unknown {
  if (question.about === 'call') return reader.find(question.id)
  if (question.about === 'calls') return reader.list(question.filter)
  if (question.about === 'keys') return reader.keysUsed()
  if (question.about === 'copy') return reader.findCopy(question.id)
  return reader.summarise(question.versions)
}

async function checkpoint(): Promise<void> {
  try {
    for (let i = 0; i < checkpointTries && !reader.checkpoint(); i++) await wait(againMs)
    say({ kind: 'checkpointed', failed: null })
  } catch (error) {
    say({ kind: 'checkpointed', failed: textOf(error) })
  }
}

function close(): void {
  reader.close()
  port?.close()
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
