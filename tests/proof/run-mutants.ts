/**
 * Puts each mutant in the engine's place and asks the model: `npm run mutants`.
 * Prints one line a mutant; exits 1 when one of them survives. `--runs`, `--seed`, `--only PART-OF-NAME`.
 */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readOptions } from '../../scripts/parts/options.mjs'
import { MUTANTS, type Mutant, plant } from './mutants.ts'

export interface Verdict {
  readonly name: string
  readonly killed: boolean
  /** Which promise broke, and after how many histories. */
  readonly by: string
}

/** Runs the model in a process of its own: a mutant may hang or end it, which kills the mutant as well. */
export async function judge(mutant: Mutant, options: { runs: number; seed: number }): Promise<Verdict> {
  const planted = await plant(mutant)
  try {
    const script = resolve(import.meta.dirname, 'run-model.ts')
    const { code, output } = await run([
      script,
      '--source',
      planted.source,
      '--runs',
      String(options.runs),
      '--seed',
      String(options.seed),
      '--minutes',
      '5',
    ])
    const by = /broke\w+[^\n]*/.exec(output)?.[0] ?? output.trim().split('\n').slice(0, 2).join(' ')
    return { name: mutant.name, killed: code !== 0 && /broke\w+/.test(output), by }
  } finally {
    await planted.remove()
  }
}

function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--conditions=@changeover/source', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('close', (code) => done({ code, output }))
  })
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const values = readOptions(process.argv.slice(2), {
    usage: `npm run mutants -- [options]

  --runs N      histories that may find each (1500)
  --seed S      (20261121)
  --only TEXT   only mutants whose name contains it

Exits 1 when one survived.`,
    options: {
      runs: { type: 'string', default: '1500' },
      seed: { type: 'string', default: '20261121' },
      only: { type: 'string', default: '' },
    },
    numbers: ['runs', 'seed'],
  })
  const chosen = MUTANTS.filter((it) => it.name.includes(values.only ?? ''))
  if (chosen.length === 0) {
    console.error(`error: no mutant has "${values.only}" in its name; there are:`)
    for (const { name } of MUTANTS) console.error(`  ${name}`)
    process.exit(2)
  }
  let survivors = 0
  for (const mutant of chosen) {
    const verdict = await judge(mutant, values)
    if (!verdict.killed) survivors += 1
    console.log(`${verdict.killed ? 'killed  ' : 'SURVIVED'}  ${verdict.name}\n          ${verdict.by}`)
  }
  process.exit(survivors === 0 ? 0 : 1)
}
