#!/usr/bin/env node
/**
 * `npm test`: sets up and runs every check there is, all of them even when one fails.
 *
 * The last line is always `N passed, N failed, N skipped`, alone, so that people and machines find it in the
 * same place; the exit code says the same.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { phases, printSummary, runPhases } from './parts/phases.mjs'
import { root, ScriptError } from './parts/repository.mjs'
import { runMain } from './parts/run.mjs'
import { installSystemPackages } from './parts/system-packages.mjs'
import { setUp } from './setup.mjs'

const names = Object.keys(phases)
const help = `npm test [-- [--only PHASE[,PHASE]] [--no-system-packages] [FILTER …]]

Phases, in order: ${names.join(' ')}
  --only               run these phases alone; may be given several times
  --no-system-packages do not install Debian packages that tests use (they skip instead)
  FILTER               for vitest: only test files whose path contains it

Every phase runs, also after a failure. The last line counts: N passed, N failed, N skipped.`

await runMain(async (args) => {
  const { values, positionals } = parseArguments(args)
  if (values.help) {
    console.log(help)
    return 0
  }
  const chosen = choosePhases(values.only ?? [])
  try {
    await setUp()
    // Official clients have a lockfile of their own: nobody who installs the product gets them with it.
    if (chosen.some(needsClients)) await setUp(join(root, 'tests', 'clients'))
    if (!values['no-system-packages'] && chosen.some(drivesServers)) await installSystemPackages()
  } catch (error) {
    console.error(`error: ${error.message}`)
    console.log('0 passed, 1 failed, 0 skipped')
    return 1
  }
  const tallies = await runPhases(chosen, positionals)
  printSummary(tallies)
  const sum = (key) => tallies.reduce((total, it) => total + it[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
  return sum('failed') === 0 ? 0 : 1
})

function parseArguments(args) {
  const options = {
    only: { type: 'string', multiple: true },
    'no-system-packages': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  }
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new ScriptError(`${error.message}; "npm test -- --help" lists what there is`, { cause: error })
  }
}

function choosePhases(only) {
  const wanted = only.flatMap((it) => it.split(','))
  const unknown = wanted.find((it) => !names.includes(it))
  if (unknown !== undefined)
    throw new ScriptError(`there is no phase "${unknown}", expected one of: ${names.join(' ')}`)
  return wanted.length === 0 ? names : names.filter((it) => wanted.includes(it))
}

/** Types and lint look at the tests too, and those of the clients need their types. */
function needsClients(phase) {
  return ['types', 'lint', 'clients'].includes(phase)
}

function drivesServers(phase) {
  return ['unit', 'journeys', 'faults'].includes(phase)
}
