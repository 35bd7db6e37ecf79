/**
 * Servers of others that tests drive for real: a Redis and a PostgreSQL of the test's own, on loopback, with their
 * state in a folder that goes with them, and killed as abruptly as it takes.
 *
 * A machine may not have them: `findRedis` and `findPostgres` say so, and the test skips with the reason.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from './processes.ts'

/** Where the program is; `null` when it is not installed. */
export const findRedis = (): string | null => findInPath('redis-server')

/** The folder of PostgreSQL's programs: Debian keeps them outside the path, by version. */
export function findPostgres(): string | null {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const folders = versions.map((it) => join(root, it, 'bin'))
  return folders.find((it) => existsSync(join(it, 'initdb')) && existsSync(join(it, 'postgres'))) ?? null
}

export const NO_REDIS = 'skipped: no redis-server on this machine (Debian package "redis-server")'
export const NO_POSTGRES = 'skipped: no PostgreSQL on this machine (Debian package "postgresql")'

function findInPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((it) => join(it, name)).find((it) => existsSync(it)) ?? null
}

/** A server process that can be killed and started again over the same state, at the same port. */
export class ServerProcess {
  readonly url: string
  readonly port: number
  readonly #start: () => ChildProcess
  readonly #folder: string
  #child: ChildProcess | null = null
  #said = ''

  constructor(place: { url: string; port: number; folder: string; start: () => ChildProcess }) {
    this.url = place.url
    this.port = place.port
    this.#folder = place.folder
    this.#start = place.start
  }

  /** Resolves when the port is open; rejects with what the server said when it ends instead. */
  async start(): Promise<void> {
    const child = this.#start()
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        this.#said = (this.#said + bytes.toString()).slice(-10_000)
      })
    }
    const until = Date.now() + 30_000
    while (!(await isOpen(this.port))) {
      if (child.exitCode !== null || Date.now() > until)
        throw new Error(`the server did not start: ${this.#said}`)
    }
  }

  /** At once, as a crash does. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    this.#signal(child, signal)
    await ended
  }

  /** Stops it from doing anything, with its connections open, until `resume`. */
  pause(): void {
    if (this.#child !== null) this.#signal(this.#child, 'SIGSTOP')
  }

  resume(): void {
    if (this.#child !== null) this.#signal(this.#child, 'SIGCONT')
  }

  /** The processes that it started too: PostgreSQL answers each connection by one of its own. */
  #signal(child: ChildProcess, signal: NodeJS.Signals): void {
    for (const pid of childrenOf(child.pid ?? 0)) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended by itself.
      }
    }
    child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume()
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Keeps each write at once, so that a kill loses nothing. `args` go before, such as `--cluster-enabled yes`. */
export async function startRedis(args: readonly string[] = []): Promise<ServerProcess> {
  const program = findRedis()
  if (program === null) throw new Error(NO_REDIS)
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'changeover-redis-'))
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always']
  const start = () =>
    spawn(program, [...settings, ...durable, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const server = new ServerProcess({ url: `redis://127.0.0.1:${port}`, port, folder, start })
  await server.start()
  return server
}

/** Answers to everybody on loopback, and does not wait for the disk: a killed process loses nothing by that. */
export async function startPostgres(): Promise<ServerProcess> {
  const bin = findPostgres()
  if (bin === null) throw new Error(NO_POSTGRES)
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'changeover-postgres-'))
  const who = ordinaryUser()
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid)
  const options = ['-D', folder, '-U', 'changeover', '--auth=trust', '--no-sync', '--no-locale', '-E', 'UTF8']
  const made = spawnSync(join(bin, 'initdb'), options, { ...who, cwd: folder, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const settings = ['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-c', 'fsync=off']
  const start = () =>
    spawn(join(bin, 'postgres'), settings, { ...who, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const url = `postgres://changeover@127.0.0.1:${port}/postgres`
  const server = new ServerProcess({ url, port, folder, start })
  await server.start()
  return server
}

/** PostgreSQL does not run as root: then as the user that its package brings. */
function ordinaryUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function childrenOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number)
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const answer = (it: boolean) => () => {
      socket.destroy()
      setTimeout(() => resolve(it), it ? 0 : 20)
    }
    socket.once('connect', answer(true))
    socket.once('error', answer(false))
  })
}
