/**
 * Runs one command in the foreground and waits for it.
 *
 * Each command leads its own process group, so that a time limit or Ctrl-C ends everything it started and
 * leaves nothing behind: a gateway that outlives its test would make the next one fail.
 */
import { spawn } from 'node:child_process'
import { findNode, root, ScriptError, toolEnvironment } from './repository.mjs'

const groups = new Set()
let interrupted = false

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const pid of groups) endGroup(pid, signal)
    if (interrupted || groups.size === 0) process.exit(signal === 'SIGINT' ? 130 : 143)
    interrupted = true
  })
}

/** Resolves with the exit code and the time taken; rejects with a `ScriptError` when the command cannot start. */
export function run(command, args, options = {}) {
  const {
    timeoutMs = 20 * 60_000,
    env = toolEnvironment(),
    stdio = ['ignore', 'inherit', 'inherit'],
  } = options
  const startedMs = Date.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd ?? root, env, stdio, detached: true })
    if (child.pid !== undefined) groups.add(child.pid)
    const limit = setTimeout(() => {
      console.error(`${command} ${args[0] ?? ''} was still running after ${timeoutMs / 1000} s and is ended`)
      endGroup(child.pid, 'SIGTERM')
      setTimeout(() => endGroup(child.pid, 'SIGKILL'), 5_000).unref()
    }, timeoutMs)
    options.watch?.(child)
    child.once('error', (cause) => {
      clearTimeout(limit)
      reject(new ScriptError(`"${command}" cannot be started: ${cause.code ?? cause.message}`, { cause }))
    })
    child.once('close', (code, signal) => {
      clearTimeout(limit)
      endGroup(child.pid, 'SIGKILL')
      groups.delete(child.pid)
      if (interrupted) process.exit(130)
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), tookMs: Date.now() - startedMs })
    })
  })
}

/** Runs a script of ours, or a tool's JavaScript, on the installed Node, with sources resolved to `src`. */
export function runNode(args, options = {}) {
  return run(findNode(), ['-C', '@changeover/source', ...args], options)
}

/** Runs a script's `main`, prints a `ScriptError` as one line, and turns the result into the exit code. */
export async function runMain(main) {
  try {
    process.exitCode = (await main(process.argv.slice(2))) ?? 0
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    console.error(`error: ${error.message}`)
    process.exitCode = 1
  }
}

export function seconds(tookMs) {
  return `${(tookMs / 1000).toFixed(1)} s`
}

function endGroup(pid, signal) {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error
  }
}
