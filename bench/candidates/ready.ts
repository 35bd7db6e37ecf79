/** Finds ports, and waits until a process that was just started answers. */
import { request } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from '../child.ts'
import type { Target } from '../load/job.ts'

const patienceMs = 20_000
const pauseMs = 2

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** Asks until the answer is 200. Throws with the end of the process's output when it ends or takes too long. */
export async function waitFor(ask: () => Promise<number>, child: Child): Promise<void> {
  const endMs = performance.now() + patienceMs
  let found = 'no answer'
  while (performance.now() < endMs) {
    if (child.process.exitCode !== null) break
    const status = await ask().catch((error: NodeJS.ErrnoException) => error.code ?? 'error')
    if (status === 200) return
    found = String(status)
    await sleep(pauseMs)
  }
  throw new Error(`not ready (${found}); its output ends: ${child.tail()}`)
}

/** One chat request, outside any measurement. */
export function askOnce(target: Target, stream = false): Promise<number> {
  const body = JSON.stringify({
    model: target.model,
    messages: [{ role: 'user', content: 'ready?' }],
    stream,
  })
  const headers = { ...target.headers, 'content-type': 'application/json' }
  return send({ port: target.port, method: 'POST', path: '/v1/chat/completions', headers, body })
}

export interface Ask {
  readonly port: number
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request on a connection of its own and resolves with the status once the answer has ended. */
export async function send(ask: Ask): Promise<number> {
  return (await exchange(ask)).status
}

export function exchange(ask: Ask): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const { port, method, path, headers = {}, body = '' } = ask
    const options = { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: 5_000 }
    const sent = request(options, (answer) => {
      let text = ''
      answer.setEncoding('latin1')
      answer.on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
      answer.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('timed out')))
    sent.on('error', reject)
    sent.end(body)
  })
}
