/**
 * The phases of `npm test` and `npm run check`: what each runs and what it counts.
 *
 * A tool (types, lint, format, build) counts as one test. A vitest project counts its tests, as a reporter of
 * ours wrote them down: vitest's own JSON leaves out why a test was skipped, and a skip must say why.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { binaries, cache, toolEnvironment } from './repository.mjs'
import { run, runNode, seconds } from './run.mjs'

const tool = (command, ...args) => ({ kind: 'tool', command: join(binaries, command), args })
const tests = (project) => ({ kind: 'vitest', project })

export const phases = {
  types: tool('tsc', '-p', '.'),
  lint: tool('oxlint', '--type-aware', '.'),
  format: tool('biome', 'check', '.'),
  build: { kind: 'script', args: ['scripts/build.mjs'] },
  start: { kind: 'script', args: ['scripts/try-start.mjs'] },
  house: tests('house'),
  unit: tests('unit'),
  proof: tests('proof'),
  journeys: tests('journeys'),
  clients: tests('clients'),
  faults: tests('faults'),
}

/** Runs the named phases in order, all of them even when one fails. Returns one tally a phase. */
export async function runPhases(names, filters = []) {
  const tallies = []
  for (const name of names) {
    console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`)
    const tally = { phase: name, ...(await runPhase(phases[name], filters)) }
    console.log(`── ${name}: ${tally.failed === 0 ? 'passed' : 'FAILED'} in ${seconds(tally.tookMs)}`)
    tallies.push(tally)
  }
  return tallies
}

async function runPhase(phase, filters) {
  if (phase.kind === 'vitest') return await runProject(phase.project, filters)
  const ended = phase.kind === 'script' ? await runNode(phase.args) : await run(phase.command, phase.args)
  const passed = ended.code === 0 ? 1 : 0
  return { passed, failed: 1 - passed, skipped: 0, skips: [], tookMs: ended.tookMs }
}

async function runProject(project, filters) {
  const report = join(cache, `report-${project}.json`)
  mkdirSync(cache, { recursive: true })
  rmSync(report, { force: true })
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=./scripts/parts/tally-reporter.mjs']
  const args = [vitest, 'run', '--project', project, '--passWithNoTests', ...reporters, ...filters]
  const { code, tookMs } = await runNode(args, {
    timeoutMs: 40 * 60_000,
    env: toolEnvironment({ CHANGEOVER_TALLY: report }),
  })
  const tally = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : noTally()
  // vitest can fail although each test passed (an unhandled rejection, a crash): that is a failure too.
  if (code !== 0 && tally.failed === 0) tally.failed = 1
  return { ...tally, tookMs }
}

function noTally() {
  return { passed: 0, failed: 0, skipped: 0, skips: [] }
}

/** Prints a line a phase and each skipped test with its reason. */
export function printSummary(tallies) {
  console.log('\nphase       passed  failed  skipped      time')
  for (const it of tallies) {
    const counts = [it.passed, it.failed, it.skipped].map((count) => String(count).padStart(8)).join('')
    console.log(`${it.phase.padEnd(10)}${counts}${seconds(it.tookMs).padStart(11)}`)
  }
  const skips = tallies.flatMap((it) => it.skips)
  if (skips.length > 0) console.log('\nskipped:')
  for (const skip of skips) console.log(`  ${skip.name}: ${skip.reason}`)
}
