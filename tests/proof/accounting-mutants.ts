/**
 * The accounting of limits and budgets, wrong in one place at a time. Each mutant is a copy of its sources with one
 * change, and names the test that has to notice it. A change that no longer fits the source is an error, not a pass.
 *
 * All of them are run by one process of the test runner, beside a copy without any change, which has to pass.
 */
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface AccountingMutant {
  readonly name: string
  /** Below the gateway's sources. */
  readonly file: string
  readonly from: string
  readonly to: string
  /** Title of the test. */
  readonly killedBy: string
}

export const ACCOUNTING_MUTANTS: readonly AccountingMutant[] = [
  {
    name: 'a hold is settled as often as it is said',
    file: 'policy/allowance.ts',
    from: '    this.#parts = []\n',
    to: '',
    killedBy:
      'comes to what was used: nothing lost, nothing counted twice, never below nothing, refused calls for free',
  },
  {
    name: 'what was held is not given back',
    file: 'policy/allowance.ts',
    from: 'const by = usedOf(count, used) - claim.amount',
    to: 'const by = usedOf(count, used)',
    killedBy: 'of tokens holds what a call may come to, and is put right by what it came to',
  },
  {
    name: 'a refusal by the shared counts leaves taken what this process took',
    file: 'policy/allowance.ts',
    from: '    giveBack()\n    return this.#refused(there, taken)',
    to: '    return this.#refused(there, taken)',
    killedBy: 'are taken with those of this process, or none of them',
  },
  {
    name: 'shared counts that are away leave taken what this process took',
    file: 'policy/allowance.ts',
    from: '    } catch {\n      giveBack()\n',
    to: '    } catch {\n',
    killedBy: 'that cannot be reached take nothing here either',
  },
  {
    name: 'a step takes from the counts that have enough',
    file: 'policy/local-counters.ts',
    from: 'if (short === -1) for (const it of claims)',
    to: 'for (const it of claims)',
    killedBy: 'takes nothing from any when one is short, and names the first that is',
  },
  {
    name: 'a total is given back beyond nothing',
    file: 'policy/local-counters.ts',
    from: 'total.used = Math.max(0, total.used + amount)',
    to: 'total.used += amount',
    killedBy: 'gives back what was not used, and never more than there is',
  },
  {
    name: 'a total is taken while anything is left of it',
    file: 'policy/local-counters.ts',
    from: 'if (this.#used(claim, monoMs) + amount <= claim.most) return 0',
    to: 'if (this.#used(claim, monoMs) < claim.most) return 0',
    killedBy: 'that never begins anew is not worth waiting for, nor one that a call is too dear for',
  },
  {
    name: 'a bucket drains for the same time again',
    file: 'policy/local-counters.ts',
    from: '      bucket.atMs = monoMs\n',
    to: '',
    killedBy: 'never admits more in any window than the burst and the rate',
  },
  {
    name: 'a bucket drains faster than its rate',
    file: 'policy/local-counters.ts',
    from: '((monoMs - bucket.atMs) * claim.rate) / claim.perMs',
    to: '((monoMs - bucket.atMs) * (claim.rate + 1)) / claim.perMs',
    killedBy: 'never admits more in any window than the burst and the rate',
  },
  {
    name: 'a place that is given back stays taken',
    file: 'policy/local-counters.ts',
    from: 'places.taken += Math.max(0, amount) - (places.holders.get(holder) ?? 0)',
    to: 'places.taken += Math.max(0, amount)',
    killedBy: 'lends places, and takes them back whole',
  },
  {
    name: 'a call that asked nobody counts',
    file: 'policy/counts.ts',
    from: 'return used.asked ? 1 : 0',
    to: 'return 1',
    killedBy: 'of calls counts those that went to a provider, and no other',
  },
  {
    name: 'a budget begins anew with the name of its entry',
    file: 'policy/counts.ts',
    from: '`budget:${kind}:${holder}:${counts}:${period}${zone}`',
    to: '`budget:${kind}:${holder}:${entry}:${counts}:${period}${zone}`',
    killedBy: 'gives nothing back, whether numbers, names or routes change',
  },
  {
    name: 'a limit begins anew with the name of its entry',
    file: 'policy/counts.ts',
    from: 'const key = known === undefined || known.entry === entry ? first : `${first}:${entry}`',
    to: 'const key = `${first}:${entry}`',
    killedBy: 'gives nothing back, whether numbers, names or routes change',
  },
  {
    name: 'a team and a key of one name are one',
    file: 'policy/counts.ts',
    from: 'const first = `limit:${kind}:${holder}:${counts}`',
    to: 'const first = `limit:${holder}:${counts}`',
    killedBy: 'of a team and one of a key with the same name are two',
  },
  {
    name: 'a budget never begins anew',
    file: 'policy/counts.ts',
    from: 'it.nowKey = `${it.key}:${it.now.name}`',
    to: 'it.nowKey = `${it.key}:${it.now.name.length}`',
    killedBy: 'begins anew with its period, and a call that began in the old one is counted there',
  },
  {
    name: 'some of what changed is forgotten instead of written',
    file: 'policy/kept-totals.ts',
    from: 'for (const [key] of some) this.#waiting.delete(key)',
    to: 'this.#waiting.clear()',
    killedBy: 'are all written, however many change at once',
  },
  {
    name: 'attempts that failed are free, though they were billed',
    file: 'pipeline/held-call.ts',
    from: '    outputTokens += bill?.tokens.outputTokens ?? 0\n',
    to: '',
    killedBy: 'is what the attempt that answered came to, and each of those before it that were billed',
  },
  {
    name: 'a refused call went to a provider',
    file: 'pipeline/held-call.ts',
    from: "attempts.some((it) => it.kind !== 'embedding')",
    to: 'attempts.length >= 0',
    killedBy: 'is nothing where nobody was asked, by a refusal or an answer that was kept',
  },
]

const GATEWAY = resolve(import.meta.dirname, '../../packages/gateway/src')
const ROOT = resolve(import.meta.dirname, '../..')
const COPIED = ['contract', 'policy', 'errors.ts', 'access-errors.ts']
const COPIED_OF_PIPELINE = ['held-call.ts', 'held-call.test.ts']
/** The copy that nothing was changed in. */
export const UNCHANGED = 'unchanged'

/** By name of mutant, and `UNCHANGED`: the titles of the tests that failed. */
export async function judgeAll(
  mutants: readonly AccountingMutant[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const home = await mkdtemp(join(ROOT, 'tests', '.mutant-'))
  try {
    await plant(join(home, UNCHANGED), null)
    for (const [i, mutant] of mutants.entries()) await plant(join(home, `m${i}`), mutant)
    await writeFile(join(home, 'vitest.config.ts'), CONFIG)
    const failed = await run(home)
    const nameOf = (i: string): string => mutants[Number(i)]?.name ?? UNCHANGED
    const told = new Map<string, string[]>([
      [UNCHANGED, []],
      ...mutants.map((it) => [it.name, []] as [string, string[]]),
    ])
    for (const { file, title } of failed) {
      const [folder = ''] = file.slice(home.length + 1).split('/')
      told.get(folder === UNCHANGED ? UNCHANGED : nameOf(folder.slice(1)))?.push(title)
    }
    return told
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

const CONFIG = `export default {
  resolve: { conditions: ['@changeover/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@changeover/source', 'node', 'import', 'default'] } },
  test: { include: ['*/**/*.test.ts'], testTimeout: 30000 },
}
`

async function plant(folder: string, mutant: AccountingMutant | null): Promise<void> {
  await mkdir(join(folder, 'pipeline'), { recursive: true })
  for (const it of COPIED)
    await cp(join(GATEWAY, it), join(folder, it), { recursive: true, filter: isWanted })
  for (const it of COPIED_OF_PIPELINE) await cp(join(GATEWAY, 'pipeline', it), join(folder, 'pipeline', it))
  if (mutant === null) return
  await keepTestOf(folder, mutant)
  const path = join(folder, mutant.file)
  const text = await readFile(path, 'utf8')
  const found = text.split(mutant.from).length - 1
  if (found !== 1)
    throw new Error(`mutant "${mutant.name}": its text is in ${mutant.file} ${found} times, expected once`)
  await writeFile(
    path,
    text.replace(mutant.from, () => mutant.to),
  )
}

/** Leaves the test that has to notice it: the one whose text has its title, else the one that runs the suite of stores. */
async function keepTestOf(folder: string, { killedBy }: AccountingMutant): Promise<void> {
  const tests = (await readdir(folder, { recursive: true })).filter((it) => it.endsWith('.test.ts'))
  const texts = await Promise.all(tests.map((it) => readFile(join(folder, it), 'utf8')))
  const named = tests.find((_, i) => texts[i]?.includes(killedBy)) ?? join('policy', 'local-counters.test.ts')
  await Promise.all(tests.filter((it) => it !== named).map((it) => rm(join(folder, it))))
}

/** Of the contract only what is used: its tests are about other things. */
function isWanted(path: string): boolean {
  return !(path.includes('/contract/') && path.endsWith('.test.ts'))
}

interface Failed {
  readonly file: string
  readonly title: string
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[]
  }[]
}

async function run(home: string): Promise<readonly Failed[]> {
  const report = join(home, 'report.json')
  const program = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const args = ['run', '--root', home, '--reporter', 'json', '--outputFile', report]
  const output = await new Promise<string>((done) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('close', () => done(text))
  })
  const read = await readFile(report, 'utf8').catch(() => {
    throw new Error(`the mutants could not be run\n${output}`)
  })
  const { testResults } = JSON.parse(read) as Report
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter((it) => it.status === 'failed').map(({ title }) => ({ file: name, title })),
  )
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const told = await judgeAll(ACCOUNTING_MUTANTS)
  let survivors = told.get(UNCHANGED)?.length ?? 1
  for (const { name, killedBy } of ACCOUNTING_MUTANTS) {
    const isKilled = told.get(name)?.includes(killedBy) ?? false
    if (!isKilled) survivors += 1
    console.log(`${isKilled ? 'killed  ' : 'SURVIVED'}  ${name}`)
  }
  process.exit(survivors === 0 ? 0 : 1)
}
