/** Real processes for journeys: started, listened to, and killed as abruptly as it takes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface NodeScriptOptions {
  readonly args?: readonly string[]
  /** Added to this process's environment; `undefined` takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** For Node itself, such as `--max-old-space-size=64`. */
  readonly nodeFlags?: readonly string[]
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A script that runs under the same Node as the test, straight from its TypeScript source. */
export class NodeScript {
  readonly ended: Promise<Ended>
  private readonly child: ChildProcess
  private readonly written: string[] = []
  private readonly listeners = new Set<(line: string) => void>()

  constructor(script: string, { args = [], env = {}, cwd, nodeFlags = [] }: NodeScriptOptions = {}) {
    const flags = ['--conditions=@changeover/source', '--enable-source-maps', ...nodeFlags]
    this.child = spawn(process.execPath, [...flags, script, ...args], {
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.listen(this.child.stdout)
    this.listen(this.child.stderr)
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.hear(`could not be started: ${error.message}`)
        resolve({ code: null, signal: null })
      })
      this.child.once('close', (code, signal) => resolve({ code, signal }))
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Whole lines of both outputs so far, as they came. */
  get lines(): readonly string[] {
    return this.written
  }

  /**
   * The first line that matches, among those that came already or come within the time. Rejects, with all that
   * was written, when the process ends or the time does.
   */
  async line(pattern: RegExp | string, timeoutMs = 15_000): Promise<string> {
    const matches = (line: string) =>
      typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line)
    const found = this.written.find(matches)
    if (found !== undefined) return found
    return await new Promise<string>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        this.listeners.delete(onLine)
      }
      const fail = (why: string) => {
        stop()
        reject(new Error(`no line matched ${String(pattern)}: ${why}\n${this.written.join('\n')}`))
      }
      const onLine = (line: string) => {
        if (!matches(line)) return
        stop()
        resolve(line)
      }
      const timer = setTimeout(() => fail(`${timeoutMs} ms went by`), timeoutMs)
      this.listeners.add(onLine)
      void this.ended.then(({ code, signal }) => fail(`the process ended with ${code ?? signal}`))
    })
  }

  /** Sends a signal and awaits the end. `SIGKILL`, the default, gives the process no chance to tidy up. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ended> {
    this.child.kill(signal)
    return await this.ended
  }

  /** Sends a signal and goes on. */
  send(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  private listen(stream: Readable | null): void {
    if (stream === null) return
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (it) => this.hear(it))
  }

  private hear(line: string): void {
    this.written.push(line)
    for (const listener of this.listeners) listener(line)
  }
}

/** A port of loopback that nobody listens on at the moment of the answer. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  return address.port
}
