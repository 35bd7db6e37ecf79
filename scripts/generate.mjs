#!/usr/bin/env node
/** Runs the generators in `scripts/generate/`, in the order of their names, and stops at the first that fails. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, ScriptError } from './parts/repository.mjs'
import { runMain, runNode, seconds } from './parts/run.mjs'
import { setUp } from './setup.mjs'

const folder = join(root, 'scripts/generate')
const all = readdirSync(folder)
  .filter((it) => it.endsWith('.mjs'))
  .sort()

const usage = `npm run generate [-- TEXT ...]

Writes what is made from the code: reference pages, schemas, types. With TEXT, only what these make whose names contain one of them:

${all.map((it) => `  ${it}`).join('\n')}`

await runMain(async (args) => {
  const generators = all.filter((it) => args.length === 0 || args.some((arg) => it.includes(arg)))
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage)
    return 0
  }
  if (generators.length === 0) {
    console.error(`generate: no generator's name contains ${args.join(' or ')}\n\n${usage}`)
    return 2
  }
  await setUp()
  for (const generator of generators) {
    const { code, tookMs } = await runNode([join('scripts/generate', generator)])
    if (code !== 0) throw new ScriptError(`scripts/generate/${generator} ended with code ${code}`)
    console.log(`generate: ${generator} in ${seconds(tookMs)}`)
  }
  return 0
})
