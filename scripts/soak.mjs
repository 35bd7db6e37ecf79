#!/usr/bin/env node
/** `npm run soak`: the soak of `tests/journeys`, at its whole length. What it is told reaches the test as SOAK_RATE and its like. */
import { join } from 'node:path'
import { readOptions } from './parts/options.mjs'
import { toolEnvironment } from './parts/repository.mjs'
import { runMain, runNode } from './parts/run.mjs'
import { setUp } from './setup.mjs'

const usage = `npm run soak -- [options]

Calls, long streams and reloads at once, by file and by API: nothing may fail, be cut, be of two versions or grow.

  --rate N           requests a second (500)
  --seconds N        (60)
  --connections N    (64)
  --streams N        long streams beside them (200)
  --reloads N        in all (100)
  --over-time        opens the streams one after another, under other versions`

const usual = { rate: 500, seconds: 60, connections: 64, streams: 200, reloads: 100 }
const numbers = Object.keys(usual)

await runMain(async (args) => {
  const options = {
    ...Object.fromEntries(numbers.map((it) => [it, { type: 'string' }])),
    'over-time': { type: 'boolean' },
  }
  const given = readOptions(args, { usage, options, numbers })
  const asked = numbers.map((it) => [`SOAK_${it.toUpperCase()}`, String(given[it] ?? usual[it])])
  if (given['over-time'] === true) asked.push(['SOAK_STREAMS_OVER_TIME', '1'])
  await setUp()
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const test = 'tests/journeys/soak-under-reloads.test.ts'
  const { code } = await runNode([vitest, 'run', '--project', 'journeys', test], {
    timeoutMs: 40 * 60_000,
    env: toolEnvironment(Object.fromEntries(asked)),
  })
  return code
})
