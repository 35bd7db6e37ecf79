/** The gateway of the demonstration: a process of its own, from its sources, on free ports of loopback. */
import { type ChildProcess, spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const FROM_SOURCES = ['--conditions=@changeover/source', '--disable-warning=ExperimentalWarning']
const pathOf = (path: string): string => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url))

export interface RunningGateway {
  readonly dataUrl: string
  readonly adminUrl: string
  readonly token: string
  /** Asks as an operator does, on the terminal: what the command says goes where ours goes. */
  command(...words: readonly string[]): Promise<void>
  stop(): Promise<void>
}

const READY_MS = 20_000

export async function startGateway(folder: string): Promise<RunningGateway> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const token = 'token-of-the-demonstration-only'
  const flags = ['--settings', 'changeover.yaml', '--port', String(port), '--admin-port', String(adminPort)]
  const env = { ...process.env, CHANGEOVER_ADMIN_TOKEN: token }
  const start = (program: string, args: readonly string[], stdio: 'inherit' | 'pipe'): ChildProcess =>
    spawn(process.execPath, [...FROM_SOURCES, pathOf(program), ...args], {
      cwd: folder,
      stdio: ['ignore', stdio, stdio],
      env,
    })
  const child = start('gateway/src/main.ts', flags, 'pipe')
  let said = ''
  const hear = (text: Buffer): void => {
    said = `${said}${text.toString()}`.slice(-4000)
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  const adminUrl = `http://127.0.0.1:${adminPort}`
  await ready(child, adminUrl, () => said)
  const command = (...words: readonly string[]): Promise<void> =>
    ended(start('cli/src/changeover.ts', [...words, '--url', adminUrl], 'inherit'))
  return { dataUrl: `http://127.0.0.1:${port}`, adminUrl, token, command, stop: () => stop(child) }
}

async function ready(child: ChildProcess, adminUrl: string, said: () => string): Promise<void> {
  for (let waitedMs = 0; waitedMs < READY_MS; waitedMs += 50) {
    if (child.exitCode !== null) throw new Error(`the gateway ended at once:\n${said()}`)
    const answer = await fetch(`${adminUrl}/readyz`).catch(() => null)
    if (answer?.ok === true) return
    await after(50)
  }
  throw new Error(`the gateway is not ready after ${READY_MS / 1000} s:\n${said()}`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = ended(child)
  child.kill('SIGTERM')
  await gone
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
  })
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
