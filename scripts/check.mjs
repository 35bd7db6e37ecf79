#!/usr/bin/env node
/** `npm run check`: types, lint, format and the rules of the house, in seconds; what to run before each commit. */
import { join } from 'node:path'
import { printSummary, runPhases } from './parts/phases.mjs'
import { root } from './parts/repository.mjs'
import { runMain } from './parts/run.mjs'
import { setUp } from './setup.mjs'

await runMain(async () => {
  await setUp()
  await setUp(join(root, 'tests', 'clients'))
  const tallies = await runPhases(['types', 'lint', 'format', 'house'])
  printSummary(tallies)
  return tallies.some((it) => it.failed > 0) ? 1 : 0
})
