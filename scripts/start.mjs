#!/usr/bin/env node
/**
 * `npm start`: installs what is missing, builds what is stale, and becomes the gateway.
 *
 * Where Node can replace its own process (22.15 and newer), there is then no wrapper left between the terminal
 * and the gateway: signals and the exit code are the gateway's own. The very first start may be on an older
 * Node; there a thin parent passes signals on and repeats the exit code.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { gatewayEnvironment, gatewayFlags } from './parts/node-flags.mjs'
import { findNode, root, ScriptError, toolEnvironment } from './parts/repository.mjs'
import { runMain } from './parts/run.mjs'
import { setUp } from './setup.mjs'

const gateway = join(root, 'packages/gateway/dist/main.js')

await runMain(async (args) => {
  await setUp()
  await build({ only: 'programs' })
  if (!existsSync(gateway))
    throw new ScriptError('packages/gateway/src/main.ts is missing, so there is no gateway to start')
  return await become(findNode(), [...gatewayFlags, gateway, ...args])
})

function become(node, args) {
  const environment = { ...gatewayEnvironment, ...toolEnvironment() }
  if (typeof process.execve === 'function') process.execve(node, [node, ...args], environment)
  return supervise(spawn(node, args, { stdio: 'inherit', env: environment }))
}

function supervise(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) {
    process.removeAllListeners(signal)
    process.on(signal, () => {
      // At a terminal Ctrl-C reaches the whole group; a second SIGINT would ask the gateway to stop draining.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}
