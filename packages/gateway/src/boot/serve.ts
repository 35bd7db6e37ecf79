/**
 * A gateway as a process: flags, signals, the last words.
 *
 * An exception that nobody caught ends the process: what state it left is not known, and the engine counts
 * crashes under a version, so a version that keeps killing the process is taken out of service.
 *
 * Not here: what a gateway is made of (`run.ts`).
 */
import { channel } from 'node:diagnostics_channel'
import { isReloadError } from '@changeover/reload'
import { isGatewayError } from '../errors.ts'
import { version } from '../version.ts'
import { writeBanner } from './banner.ts'
import { flagsHelp, readFlags } from './flags.ts'
import { keepTickShape } from './keep-tick-shape.ts'
import { StartError } from './listen-error.ts'
import { type Running, run } from './run.ts'

/** Says that all code is loaded and a gateway begins: the first file of a built program sets its late flags then. */
const beginning = channel('changeover.beginning')

/** Resolves to the exit code, when the gateway has ended. */
export async function serve({ argv }: { argv: readonly string[] }): Promise<number> {
  const answer = readFlags(argv)
  if (answer.kind === 'run') return serveWith(answer.flags)
  if (answer.kind === 'wrong') {
    process.stderr.write(`${answer.message}\n"changeover serve --help" lists the flags\n`)
    return 2
  }
  process.stdout.write(`${answer.kind === 'help' ? flagsHelp() : version}\n`)
  return 0
}

async function serveWith(flags: Parameters<typeof run>[0]['flags']): Promise<number> {
  beginning.publish(null)
  keepTickShape()
  // Timers of the engine keep no process alive, and before the ports open and after they close nothing else does.
  const alive = setInterval(() => {}, 60_000)
  try {
    return await runToTheEnd(flags)
  } finally {
    clearInterval(alive)
  }
}

async function runToTheEnd(flags: Parameters<typeof run>[0]['flags']): Promise<number> {
  const { stdout, stderr, env } = process
  let running: Running
  try {
    running = await run({ flags, cwd: process.cwd(), env, stdout, stderr })
  } catch (error) {
    stderr.write(`${sayStartError(error)}\n`)
    return 1
  }
  // Standard output belongs to the log lines where it is no terminal.
  const banner = stdout.isTTY ? stdout : stderr
  const colours = banner.isTTY && (env['NO_COLOR'] ?? '') === ''
  const tookMs = performance.now()
  // Whoever reads that it serves may send a signal at once.
  const ended = untilEnded(running)
  banner.write(writeBanner(running, { version, tookMs, colours }))
  const code = await ended
  // Whatever is left open by then is a leak, and no reason to stay.
  setTimeout(() => process.exit(code), 1_000).unref()
  return code
}

function untilEnded(running: Running): Promise<number> {
  const { telemetry } = running
  const log = (message: string): void => telemetry.logger.log({ level: 'info', room: 'server', message })
  return new Promise((resolve) => {
    let stopping = false
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) {
        telemetry.flushLines()
        process.exit(128 + (signal === 'SIGINT' ? 2 : 15))
      }
      stopping = true
      log(`${signal}: no more calls are taken, streams may finish; once more ends at once`)
      running.stop().then(() => resolve(0), die)
    }
    const die = (error: unknown): never => {
      telemetry.logger.log({ level: 'error', room: 'server', message: 'the gateway ends', error })
      telemetry.flushLines()
      process.exit(1)
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    process.on('SIGHUP', () => void running.reread())
    process.on('uncaughtException', die)
  })
}

function sayStartError(error: unknown): string {
  if (error instanceof StartError || isReloadError(error) || isGatewayError(error)) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
