/** The test's side of a load process: starts it, tells it what to do, and hears what came of it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromLoad, LoadOptions, LoadResult, ToLoad } from './load-terms.ts'

const program = fileURLToPath(new URL('load-process.ts', import.meta.url))

export class Load {
  private readonly child: ChildProcess
  private readonly heard: FromLoad[] = []
  private wake: () => void = () => {}

  private constructor() {
    this.child = fork(program, [], {
      execArgv: ['--conditions=@changeover/source'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.child.on('message', (message: FromLoad) => {
      this.heard.push(message)
      this.wake()
    })
    this.child.on('exit', () => this.wake())
  }

  /** Resolves when the long streams are open. */
  static async open(options: LoadOptions): Promise<Load> {
    const load = new Load()
    await load.hear('awake')
    load.tell({ kind: 'open', options })
    await load.hear('opened')
    return load
  }

  go(): void {
    this.tell({ kind: 'go' })
  }

  /** Requests that begin from now on use this key. */
  useKey(key: string): void {
    this.tell({ kind: 'key', key })
  }

  async result(): Promise<LoadResult> {
    const { result } = await this.hear('ended')
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }

  private tell(message: ToLoad): void {
    this.child.send(message)
  }

  private async hear<Kind extends FromLoad['kind']>(kind: Kind): Promise<FromLoad & { kind: Kind }> {
    for (;;) {
      const found = this.heard.find((it): it is FromLoad & { kind: Kind } => it.kind === kind)
      if (found !== undefined) return found
      if (this.child.exitCode !== null) throw new Error(`the load process ended before it said "${kind}"`)
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }
}
