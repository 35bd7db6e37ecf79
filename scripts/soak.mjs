#!/usr/bin/env node
/**
 * `npm run soak`: the soak of `tests/journeys`, at its whole length: 500 requests a second for a minute, 200 long
 * streams, 100 reloads. Each number can be set from outside: SOAK_RATE, SOAK_SECONDS, SOAK_CONNECTIONS,
 * SOAK_STREAMS, SOAK_RELOADS. With SOAK_STREAMS_OVER_TIME=1 the streams are opened one after another, under other versions.
 */
import { join } from 'node:path'
import { toolEnvironment } from './parts/repository.mjs'
import { runMain, runNode } from './parts/run.mjs'
import { setUp } from './setup.mjs'

const whole = {
  SOAK_RATE: '500',
  SOAK_SECONDS: '60',
  SOAK_CONNECTIONS: '64',
  SOAK_STREAMS: '200',
  SOAK_RELOADS: '100',
}

await runMain(async (args) => {
  await setUp()
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const asked = Object.entries(whole).map(([name, usual]) => [name, process.env[name] ?? usual])
  const test = 'tests/journeys/soak-under-reloads.test.ts'
  const { code } = await runNode([vitest, 'run', '--project', 'journeys', test, ...args], {
    timeoutMs: 40 * 60_000,
    env: toolEnvironment(Object.fromEntries(asked)),
  })
  return code
})
