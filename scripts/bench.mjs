#!/usr/bin/env node
/**
 * `npm run bench`: builds the gateway as it is published, installs the bench's own peers, and runs it.
 *
 * The peers have a lockfile of their own in `bench/`, outside the workspaces: nobody who installs the product
 * gets a competitor's gateway with it.
 */
import { join } from 'node:path'
import { build } from './build.mjs'
import { root } from './parts/repository.mjs'
import { runMain, runNode } from './parts/run.mjs'
import { setUp } from './setup.mjs'

await runMain(async (args) => {
  await setUp()
  await setUp(join(root, 'bench'))
  await build({ only: 'programs' })
  const { code } = await runNode(['bench/main.ts', ...args], { timeoutMs: 4 * 60 * 60_000 })
  return code
})
