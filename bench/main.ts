/**
 * `npm run bench`: measures this gateway beside its peers, in one go, and writes down what it found.
 *
 * Reports and does not judge: it ends well whatever was reached, unless `--enforce` is given or nothing could
 * be measured. The method is in docs/decisions/2026-11-21-bench-method.md.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Arguments, readArguments, usage } from './arguments.ts'
import type { Candidate } from './candidates/candidate.ts'
import { startLoadSide } from './load/load-client.ts'
import { describeMachine, type Machine } from './machine.ts'
import type { BenchRecord, Presence } from './record.ts'
import { judgeFloors, loadFloors } from './report/floors.ts'
import { writeMarkdown } from './report/markdown.ts'
import { drawPlot } from './report/plot.ts'
import { Summary } from './report/summary.ts'
import { runRounds } from './rounds.ts'

const results = fileURLToPath(new URL('./results/', import.meta.url))

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2))
  if (given === null) {
    console.log(usage)
    return 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'changeover-bench-'))
  // At exit, however it comes about: Ctrl-C passes no finally.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return await bench(given, folder)
}

async function bench({ plan, enforce, isPartial }: Arguments, folder: string): Promise<number> {
  const machine = describeMachine()
  const present = plan.candidates.map(lookFor)
  const records: BenchRecord[] = []
  const name = isPartial ? 'partial' : 'latest'
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, `${name}.jsonl`), '')
  const write = (record: BenchRecord): void => {
    records.push(record)
    appendFileSync(join(results, `${name}.jsonl`), `${JSON.stringify(record)}\n`)
  }
  const { rounds, timing } = plan
  write({ kind: 'run', at: new Date().toISOString(), machine, present, rounds, measureMs: timing.measureMs })
  for (const it of present) console.log(`${it.name}: ${'absent' in it ? `absent, ${it.absent}` : it.version}`)
  console.log(describePinning(machine))

  const load = await startLoadSide({ machine, folder })
  const candidates = plan.candidates.filter((it) => 'version' in it.look())
  try {
    const surroundings = { machine, folder, upstreamPort: load.upstreamPort }
    await runRounds({ ...plan, candidates }, { load, surroundings, write, say: console.log })
  } finally {
    await load.stop()
  }
  return report(new Summary(records), { name, enforce })
}

function report(summary: Summary, { name, enforce }: { name: string; enforce: boolean }): number {
  const verdicts = judgeFloors(loadFloors(), summary)
  writeFileSync(join(results, `${name}.md`), writeMarkdown(summary, verdicts, `${name}.svg`))
  writeFileSync(join(results, `${name}.svg`), drawPlot(summary))
  const judged = verdicts.filter((it) => it.verdict !== 'NOT MEASURED')
  for (const it of judged)
    console.log(`${it.verdict.padEnd(6)} ${it.says}: ${it.reached} (floor ${it.floor})`)
  console.log(`written: bench/results/${name}.md, ${name}.svg and ${name}.jsonl`)
  return enforce && verdicts.some((it) => it.verdict === 'MISSED') ? 1 : 0
}

function lookFor(candidate: Candidate): Presence {
  return { name: candidate.name, label: candidate.label, ...candidate.look() }
}

function describePinning(machine: Machine): string {
  if (machine.taskset === null) return 'nothing is pinned: taskset is absent, or there is one CPU only'
  return `gateway on CPU ${machine.gatewayCpu}, load side on CPU ${machine.loadCpu}`
}

process.exitCode = await main()
