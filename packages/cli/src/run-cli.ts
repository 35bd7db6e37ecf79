/**
 * From a command line to an exit code: finds the command, reads its options, says what went wrong.
 *
 * Not here: what any command does (`commands/`).
 */

import { isReloadError, nearest } from '@changeover/reload'
import { isRefused, isUnreachable } from '@changeover/sdk'
import {
  type Command,
  type CommandContext,
  NothingToDo,
  type Output,
  type Outside,
  UsageError,
} from './command.ts'
import { commands } from './commands/list.ts'
import { connect, connectOptions, type Given, sayToken } from './connect.ts'
import { exitCodes } from './exit-codes.ts'
import { writeCommandHelp, writeHelp } from './help.ts'
import { parseOptions } from './parse-options.ts'
import { createPaint, type Paint, withoutCommands } from './render/paint.ts'
import { writeProblem } from './render/problem.ts'
import { version } from './version.ts'

export async function runCli(outside: Outside): Promise<number> {
  const paint = createPaint(outside.stdout, outside.env)
  const [name, ...rest] = outside.argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const [about] = rest
    const asked = commands.find((it) => it.name === about)
    if (name === 'help' && about !== undefined && asked === undefined) return refuseName(about, outside)
    const columns = columnsOf(outside)
    outside.stdout.write(
      `${asked === undefined ? writeHelp(paint, columns) : writeCommandHelp(asked, paint, columns)}\n`,
    )
    return name === undefined ? exitCodes.usage : exitCodes.ok
  }
  if (name === '--version' || name === '-v') {
    outside.stdout.write(`${version}\n`)
    return exitCodes.ok
  }
  const command = commands.find((it) => it.name === name)
  if (command === undefined) return refuseName(name, outside)
  return runCommand(command, rest, outside, paint)
}

function refuseName(name: string, { stderr }: Outside): number {
  const names = commands.map((it) => it.name)
  const near = nearest(name, names) ?? names.find((it) => it.startsWith(name))
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  stderr.write(`there is no command "${name}".${hint} "changeover --help" lists them.\n`)
  return exitCodes.usage
}

async function runCommand(command: Command, argv: readonly string[], outside: Outside, paint: Paint) {
  let json = argv.includes('--json')
  let given: Given = {}
  try {
    const context = readContext(command, argv, outside, paint)
    if (context === 'help') {
      outside.stdout.write(`${writeCommandHelp(command, paint, columnsOf(outside))}\n`)
      return exitCodes.ok
    }
    json = context.json
    given = { url: context.text('url'), token: context.text('token'), state: context.text('state') }
    return await command.run(context)
  } catch (error) {
    return await tellError(error, { command, outside, json, given })
  }
}

function readContext(command: Command, argv: readonly string[], outside: Outside, paint: Paint) {
  const stdout = obeyingUs(outside.stdout)
  const stderr = obeyingUs(outside.stderr)
  const base = { ...outside, stderr, paint, say: (line = '') => void stdout.write(`${line}\n`) }
  if (command.raw === true) return createContext({ ...base, words: [], raw: argv, values: {} })
  const options = { ...command.options, ...connectOptions }
  const { values, positionals } = parseOptions(argv, options)
  if (values['help'] === true) return 'help'
  const [least, most] = command.words
  if (positionals.length < least) throw new UsageError(`something is missing: ${command.usage}`)
  if (positionals.length > most) throw new UsageError(`"${positionals[most]}" is one word too many`)
  return createContext({ ...base, words: positionals, raw: argv, values })
}

/** What others wrote is shown there, and commands nothing. */
function obeyingUs(output: Output): Output {
  const { isTTY, columns } = output
  return { isTTY, columns, write: (text) => output.write(withoutCommands(text)) }
}

const widestHelp = 120

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** Of the terminal, and no wider than one reads well; what is piped is not known to be narrow. */
function columnsOf({ stdout }: Outside): number {
  return Math.min(stdout.columns ?? widestHelp, widestHelp)
}

interface ContextParts extends Outside {
  readonly words: readonly string[]
  readonly raw: readonly string[]
  readonly values: Values
  readonly paint: Paint
  say(line?: string): void
}

function createContext(parts: ContextParts): CommandContext {
  const { values } = parts
  const text = (option: string): string | undefined => {
    const value = values[option]
    return typeof value === 'string' ? value : undefined
  }
  return {
    ...parts,
    get columns() {
      return parts.stdout.columns ?? Number.POSITIVE_INFINITY
    },
    json: values['json'] === true,
    text,
    texts: (option) => {
      const value = values[option]
      return Array.isArray(value) ? value.map(String) : []
    },
    flag: (option) => values[option] === true,
    client: (more = {}) => {
      const given: Given = { url: text('url'), token: text('token'), state: text('state'), ...more }
      return connect(given, parts)
    },
  }
}

interface Told {
  readonly command: Command
  readonly outside: Outside
  readonly json: boolean
  readonly given: Given
}

async function tellError(error: unknown, { command, outside, json, given }: Told): Promise<number> {
  const paint = createPaint(outside.stderr, outside.env)
  const stderr = obeyingUs(outside.stderr)
  const say = (line: string): void => void stderr.write(`${line}\n`)
  if (isRefused(error)) {
    if (json) outside.stdout.write(`${JSON.stringify(error.problem, null, 2)}\n`)
    else writeProblem(error.problem, paint).forEach(say)
    if (!json && error.problem.status === 401) (await sayToken(given, outside)).forEach(say)
    return exitCodes.refused
  }
  if (isUnreachable(error)) {
    say(`${paint('red', 'not reached')}  ${error.message}`)
    say('is the gateway running? "changeover serve" starts one; --url says where another is')
    return exitCodes.unreachable
  }
  if (isReloadError(error)) {
    // Found here, by what the gateway would have found it with.
    const { code, message, issues } = error
    if (json) outside.stdout.write(`${JSON.stringify({ code, message, issues }, null, 2)}\n`)
    const words = new Set([message, ...issues.map((it) => it.message)])
    words.forEach((it) => say(`${paint('red', 'refused')}  ${it}`))
    return exitCodes.refused
  }
  if (error instanceof NothingToDo) {
    say(error.message)
    return exitCodes.refused
  }
  if (error instanceof UsageError) {
    say(`${error.message}\n`)
    say(`usage: changeover ${command.name} ${command.usage}`.trimEnd())
    say(`"changeover ${command.name} --help" says more`)
    return exitCodes.usage
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return exitCodes.bug
}
