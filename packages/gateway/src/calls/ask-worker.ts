/**
 * One question for a thread of its own that reads the call log: it is started, asked by its data, answers once, and ends,
 * so that its memory goes with it. However it goes, it is ended: done, failed, too late, or not waited for any more.
 *
 * It stands beside the call log because that is what all such threads read, and by whose door those who ask may come.
 *
 * Not here: what is asked (`bills/`, `cause/`, `plan/`), and the thread that stays for a while (`call-desk.ts`).
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Clock } from '@changeover/reload'

export interface WorkerAsk<Message> {
  /** Of the worker's file, without its ending: `bill-worker`. */
  readonly name: string
  /** `import.meta.url` of whoever asks: the file is beside it. */
  readonly from: string
  /** What the thread reads as its data. */
  readonly task: unknown
  readonly megabytes: number
  readonly longestMs: number
  readonly clock: Clock
  /** For errors: `adding up`. */
  readonly what: string
  readonly signal?: AbortSignal | undefined
  /** For what it says before it is done. */
  readonly onMessage?: (message: Message) => void
}

/** How a thread ends its work; other messages are its own. */
type Ending<Answer> =
  | { readonly kind: 'done'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly message: string }

/** Rejects with what went wrong, in words. */
export function askWorker<Answer, Message extends { readonly kind: string } = never>(
  ask: WorkerAsk<Message>,
): Promise<Answer> {
  const { what, signal, longestMs } = ask
  const worker = start(ask)
  const ended = Promise.withResolvers<Answer>()
  const stop = (why: string) => () => ended.reject(new Error(why))
  const timer = ask.clock.after(longestMs, stop(`${what} took longer than ${longestMs} ms`))
  const leave = stop(`nobody waits for ${what} any more`)
  signal?.addEventListener('abort', leave, { once: true })
  worker.on('message', (message: Ending<Answer> | Message) => {
    const ending = message as Ending<Answer>
    if (ending.kind === 'done') ended.resolve(ending.answer)
    else if (ending.kind === 'failed') ended.reject(new Error(ending.message))
    else ask.onMessage?.(message as Message)
  })
  worker.on('error', ended.reject)
  worker.on('exit', stop(`${what} ended without an answer`))
  return ended.promise.finally(() => {
    timer.cancel()
    signal?.removeEventListener('abort', leave)
    void worker.terminate()
  })
}

function start({ name, from, task, megabytes }: Omit<WorkerAsk<never>, 'onMessage'>): Worker {
  const url = locateWorker(name, from)
  const worker = new Worker(url, {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: megabytes },
    ...(url.pathname.endsWith('.ts') ? { execArgv: ['-C', '@changeover/source'] } : {}),
  })
  worker.unref()
  return worker
}

/** Beside that file in the source; beside or above it in a bundle, whose chunks have a folder of their own. */
export function locateWorker(name: string, from: string): URL {
  const places = [`./${name}.ts`, `./${name}.js`, `../${name}.js`]
  const urls = places.map((it) => new URL(it, from))
  const found = urls.find((it) => existsSync(fileURLToPath(it)))
  if (found === undefined) throw new Error(`${name}.js is not beside the program; build it again`)
  return found
}
