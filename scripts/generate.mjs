#!/usr/bin/env node
/** Runs every generator in `scripts/generate/`, in the order of their names, and stops at the first that fails. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, ScriptError } from './parts/repository.mjs'
import { runMain, runNode, seconds } from './parts/run.mjs'
import { setUp } from './setup.mjs'

await runMain(async (args) => {
  await setUp()
  const folder = join(root, 'scripts/generate')
  const found = existsSync(folder) ? readdirSync(folder).filter((it) => it.endsWith('.mjs')) : []
  const generators = found.sort().filter((it) => args.length === 0 || args.some((arg) => it.includes(arg)))
  if (generators.length === 0) console.log('generate: scripts/generate has no generator that matches')
  for (const generator of generators) {
    const { code, tookMs } = await runNode([join('scripts/generate', generator)])
    if (code !== 0) throw new ScriptError(`scripts/generate/${generator} ended with code ${code}`)
    console.log(`generate: ${generator} in ${seconds(tookMs)}`)
  }
})
