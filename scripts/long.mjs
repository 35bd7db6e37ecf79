#!/usr/bin/env node
/** Runs a program of the repository that may take hours (`npm run proof`, `mutants`, `simulate`, `fuzz`), with what it needs installed. */
import { runMain, runNode } from './parts/run.mjs'
import { setUp } from './setup.mjs'

const DAY_MS = 86_400_000

await runMain(async (args) => {
  await setUp()
  const { code } = await runNode(args, { timeoutMs: DAY_MS })
  return code
})
