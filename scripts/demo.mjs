#!/usr/bin/env node
/** `npm run demo`: a first canary, live in the terminal, in two minutes (`examples/first-canary`). Nothing is left behind. */
import { join } from 'node:path'
import { runMain, runNode } from './parts/run.mjs'
import { setUp } from './setup.mjs'

const help = `npm run demo [-- --calm SECONDS]

Four hundred callers, a model that is only pretended, and a gateway: a change of a prompt goes to five per cent of the callers,
is found to make the model refuse, and is taken back by itself. Takes about a minute; needs no key and no network.

  --calm SECONDS   how long traffic is shown before the change; 6 unless told`

await runMain(async (args) => {
  if (args.includes('--help')) {
    console.log(help)
    return 0
  }
  await setUp()
  const demo = join('examples', 'first-canary', 'first-canary.ts')
  const { code } = await runNode([demo, ...args], { timeoutMs: 5 * 60_000 })
  return code
})
