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
 * that is killed has no exit. What is loaded before the late flags and what after them is so at every start, and V8 marks
 * compiled code with the flags that it was compiled under.
 */
import { gatewayEnvironment, gatewayFlags, lateFlags } from './node-flags.mjs'

/** `gatewayWhen`: an expression, true when what was asked for is a gateway. `null`: always. */
export function writeLauncher({ bundle, gatewayWhen }) {
  return `#!/usr/bin/env node
import { subscribe } from 'node:diagnostics_channel'
import { enableCompileCache, flushCompileCache } from 'node:module'

const { argv, env, execArgv, execPath } = process
const isGateway = ${gatewayWhen ?? 'true'}
const given = [...execArgv, ...(env.NODE_OPTIONS ?? '').split(' ')].map(nameOf)
const isMissing = (flag) => !given.includes(nameOf(flag))

function nameOf(flag) {
  return flag.split('=')[0].replaceAll('_', '-').replace(/^--no-/, '--')
}

function giveFlags() {
  const missing = ${JSON.stringify(gatewayFlags)}.filter(isMissing)
  const environment = { ...${JSON.stringify(gatewayEnvironment)}, ...env }
  const isComplete = missing.length === 0 && Object.keys(environment).every((it) => it in env)
  if (isComplete || process.execve === undefined || process.channel !== undefined) return
  process.execve(execPath, [execPath, ...execArgv, ...missing, ...argv.slice(1)], environment)
}

function whenLoaded() {
  // The two that a server loads when it begins to listen: after this they would be compiled from their sources.
  for (const late of ['node:cluster', 'node:dns']) process.getBuiltinModule(late)
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  for (const flag of ${JSON.stringify(lateFlags)}.filter(isMissing)) setFlagsFromString(flag)
}

if (isGateway) giveFlags()
enableCompileCache(new URL('./.compiled', import.meta.url).pathname)
// Once more for what is loaded on first use, the admin API above all.
for (const afterMs of [2_000, 60_000]) setTimeout(flushCompileCache, afterMs).unref()
if (isGateway) subscribe('changeover.beginning', whenLoaded)
await import('./${bundle}')
`
}
