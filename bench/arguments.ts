/** The command line of the benchmark. */
import { parseArgs } from 'node:util'
import { candidates } from './candidates/list.ts'
import { crossings } from './crossing.ts'
import type { Plan } from './rounds.ts'
import { scenarios } from './scenarios.ts'

export interface Arguments {
  readonly plan: Plan
  readonly enforce: boolean
  /** A short or partial run must not replace the full report. */
  readonly isPartial: boolean
}

export const usage = `npm run bench [-- OPTIONS]

  --quick             2 rounds of json-c32 and sse-50 against nginx, about a minute, nothing repeated
  --rounds N          3 unless told
  --seconds N         measured per candidate and scenario, 5 unless told
  --only A,B          scenarios whose name begins so: ${names().join(' ')}
  --candidates A,B    ${candidates.map((it) => it.name).join(' ')}
  --enforce           exit with 1 when a floor of bench/floors.json is missed

The report goes to bench/results/latest.md and latest.svg, raw measurements to latest.jsonl beside them;
those of a partial run to partial.md, partial.svg and partial.jsonl.`

function names(): readonly string[] {
  const crossed = crossings.flatMap(({ base, other }) => [base.id, other.id])
  return [...new Set([...scenarios.map((it) => it.id), ...crossed])]
}

const options = {
  quick: { type: 'boolean' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  only: { type: 'string' },
  candidates: { type: 'string' },
  enforce: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** What to do; `null` when only the usage is asked for. Throws on what is not understood. */
export function readArguments(args: readonly string[]): Arguments | null {
  const { values } = parseArgs({ args: [...args], options })
  if (values.help === true) return null
  const isQuick = values.quick === true
  const only = (values.only ?? (isQuick ? 'json-c32,sse-50' : '')).split(',')
  const called =
    values.candidates ?? (isQuick ? 'direct,nginx,changeover' : candidates.map((it) => it.name).join(','))
  const isChosen = (it: { readonly id: string }): boolean => only.some((prefix) => it.id.startsWith(prefix))
  const chosen = scenarios.filter(isChosen)
  const crossed = crossings.filter(({ base, other }) => isChosen(base) || isChosen(other))
  const entrants = candidates.filter((it) => called.split(',').includes(it.name))
  if (chosen.length + crossed.length === 0)
    throw new Error(`no scenario begins with "${only.join(',')}"; --help lists them`)
  if (entrants.length === 0) throw new Error(`no candidate is called "${called}"; --help lists them`)
  const isAll =
    chosen.length === scenarios.length &&
    crossed.length === crossings.length &&
    entrants.length === candidates.length
  return {
    enforce: values.enforce === true,
    isPartial: isQuick || !isAll,
    plan: {
      rounds: positive('--rounds', values.rounds, isQuick ? 2 : 3),
      scenarios: chosen,
      crossings: crossed,
      candidates: entrants,
      timing: {
        leadMs: isQuick ? 500 : 1000,
        measureMs: positive('--seconds', values.seconds, isQuick ? 2 : 5) * 1000,
      },
      warmUpShare: isQuick ? 0.4 : 1,
      starts: isAll ? 10 : 0,
      mostTries: isQuick ? 1 : 3,
    },
  }
}

function positive(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const number = Number(text)
  if (!(number > 0)) throw new Error(`${option} is "${text}", expected a number above 0`)
  return number
}
