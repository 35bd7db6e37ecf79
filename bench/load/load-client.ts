/** The conductor's end of the load side: starts it, asks it to measure, one job at a time. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Child, type ChildOptions, startChild } from '../child.ts'
import type { FromLoadSide, Job, Measured, ToLoadSide } from './job.ts'

export interface LoadClient {
  readonly upstreamPort: number
  readonly pid: number
  /** Rejects when the load side fails or does not answer in the time that the job takes and a little more. */
  measure(job: Job): Promise<Measured>
  stop(): Promise<void>
}

const graceMs = 15_000

export async function startLoadSide(
  options: Omit<ChildOptions, 'name' | 'cpu' | 'ipc'>,
): Promise<LoadClient> {
  const file = fileURLToPath(new URL('./load-side.ts', import.meta.url))
  const { machine } = options
  const child = startChild(process.execPath, [file], {
    ...options,
    name: 'load-side',
    cpu: machine.loadCpu,
    ipc: true,
  })
  const listening = await nextMessage(child, graceMs)
  if (listening.kind !== 'listening') throw new Error(`the load side did not start: ${child.tail()}`)
  let asked = 0
  return {
    upstreamPort: listening.port,
    pid: child.pid,
    stop: () => child.stop(),
    measure: async (job) => {
      const ask: ToLoadSide = { ask: ++asked, job, cpus: machine.watched }
      const answer = nextMessage(child, job.leadMs + job.measureMs + graceMs)
      child.process.send(ask)
      const message = await answer
      if (message.kind === 'measured') return message.measured
      throw new Error(message.kind === 'failed' ? message.message : 'the load side said something else')
    },
  }
}

async function nextMessage(child: Child, withinMs: number): Promise<FromLoadSide> {
  const answered = new AbortController()
  const signal = AbortSignal.any([answered.signal, AbortSignal.timeout(withinMs)])
  const ended = once(child.process, 'exit', { signal }).then(() => {
    throw new Error(`the load side ended: ${child.tail()}`)
  })
  try {
    const [message] = (await Promise.race([once(child.process, 'message', { signal }), ended])) as [
      FromLoadSide,
    ]
    return message
  } finally {
    answered.abort()
    ended.catch(() => undefined)
  }
}
