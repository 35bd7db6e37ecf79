/**
 * Writes the first file of a program: it switches on V8's code cache and imports the bundle, because static imports
 * are compiled before the first line of a module runs, so a bundle cannot switch it on for itself.
 *
 * Where the program is a gateway, it first sees to the flags and the environment that a gateway is to run under: what
 * is missing is added, and Node takes the place of itself in the same process. That costs the start of an empty Node,
 * some 30 ms, where somebody starts the file by hand. What was given otherwise stays, and so it does where Node
 * cannot do that: before 22.15, on Windows, and in a process that talks to its parent (the channel would be lost).
 *
 * The code cache stands beside the bundle, where only its owner writes, and not in the shared temporary folder, where
 * another user could have put compiled code of theirs. It is flushed after the start and not only at exit: a gateway
 * that is killed has no exit.
 */
import { gatewayEnvironment, gatewayFlags } from './node-flags.mjs'

/** `gatewayWhen`: an expression, true when what was asked for is a gateway. `null`: always. */
export function writeLauncher({ bundle, gatewayWhen }) {
  const condition = gatewayWhen === null ? '' : `if (${gatewayWhen}) `
  return `#!/usr/bin/env node
import { enableCompileCache, flushCompileCache } from 'node:module'

function giveFlags() {
  const { argv, env, execArgv, execPath } = process
  const given = [...execArgv, ...(env.NODE_OPTIONS ?? '').split(' ')].map(nameOf)
  const missing = ${JSON.stringify(gatewayFlags)}.filter((it) => !given.includes(nameOf(it)))
  const environment = { ...${JSON.stringify(gatewayEnvironment)}, ...env }
  const isComplete = missing.length === 0 && Object.keys(environment).every((it) => it in env)
  if (isComplete || process.execve === undefined || process.channel !== undefined) return
  process.execve(execPath, [execPath, ...execArgv, ...missing, ...argv.slice(1)], environment)
}

function nameOf(flag) {
  return flag.split('=')[0].replaceAll('_', '-').replace(/^--no-/, '--')
}

${condition}giveFlags()
enableCompileCache(new URL('./.compiled', import.meta.url).pathname)
setTimeout(flushCompileCache, 2_000).unref()
await import('./${bundle}')
`
}
