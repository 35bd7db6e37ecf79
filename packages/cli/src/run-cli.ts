/**
 * From a command line to an exit code: finds the command, reads its options, says what went wrong.
 *
 * Not here: what any command does (`commands/`).
 */

import { parseArgs } from 'node:util'
import { isRefused, isUnreachable } from '@changeover/sdk'
import { type Command, type CommandContext, type Outside, UsageError } from './command.ts'
import { commands } from './commands/list.ts'
import { connect, connectOptions, type Given } from './connect.ts'
import { exitCodes } from './exit-codes.ts'
import { writeCommandHelp, writeHelp } from './help.ts'
import { createPaint, type Paint } from './render/paint.ts'
import { writeProblem } from './render/problem.ts'
import { version } from './version.ts'

export async function runCli(outside: Outside): Promise<number> {
  const paint = createPaint(outside.stdout, outside.env)
  const [name, ...rest] = outside.argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = commands.find((it) => it.name === rest[0])
    outside.stdout.write(`${asked === undefined ? writeHelp(paint) : writeCommandHelp(asked, paint)}\n`)
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
  const near = names.find((it) => it.startsWith(name.slice(0, 2)))
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  stderr.write(`there is no command "${name}".${hint} "changeover --help" lists them.\n`)
  return exitCodes.usage
}

async function runCommand(command: Command, argv: readonly string[], outside: Outside, paint: Paint) {
  let json = argv.includes('--json')
  try {
    const context = readContext(command, argv, outside, paint)
    if (context === 'help') {
      outside.stdout.write(`${writeCommandHelp(command, paint)}\n`)
      return exitCodes.ok
    }
    json = context.json
    return await command.run(context)
  } catch (error) {
    return tellError(error, { command, outside, json })
  }
}

function readContext(command: Command, argv: readonly string[], outside: Outside, paint: Paint) {
  const base = { ...outside, paint, say: (line = '') => void outside.stdout.write(`${line}\n`) }
  if (command.raw === true) return createContext({ ...base, words: [], raw: argv, values: {} })
  const options = { ...command.options, ...connectOptions }
  const { values, positionals } = parse(argv, options)
  if (values['help'] === true) return 'help'
  const [least, most] = command.words
  if (positionals.length < least) throw new UsageError(`something is missing: ${command.usage}`)
  if (positionals.length > most) throw new UsageError(`"${positionals[most]}" is one word too many`)
  return createContext({ ...base, words: positionals, raw: argv, values })
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

function parse(argv: readonly string[], options: Command['options']) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'not understood')
  }
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
}

function tellError(error: unknown, { command, outside, json }: Told): number {
  const paint = createPaint(outside.stderr, outside.env)
  const say = (line: string): void => void outside.stderr.write(`${line}\n`)
  if (isRefused(error)) {
    if (json) outside.stdout.write(`${JSON.stringify(error.problem, null, 2)}\n`)
    else writeProblem(error.problem, paint).forEach(say)
    if (!json && error.problem.status === 401) say(tokenHint)
    return exitCodes.refused
  }
  if (isUnreachable(error)) {
    say(`${paint('red', 'not reached')}  ${error.message}`)
    say('is the gateway running? "changeover serve" starts one; --url says where another is')
    return exitCodes.unreachable
  }
  if (isCoded(error)) {
    // Found here, by what the gateway would have found it with.
    if (json) outside.stdout.write(`${JSON.stringify(bodyOf(error), null, 2)}\n`)
    const words = new Set([error.message, ...error.issues.map((it) => it.message)])
    words.forEach((it) => say(`${paint('red', 'refused')}  ${it}`))
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

interface Coded {
  readonly code: string
  readonly message: string
  readonly issues: readonly { readonly code: string; readonly message: string; readonly pointer?: string }[]
}

const bodyOf = ({ code, message, issues }: Coded): Coded => ({ code, message, issues })

/** An error of the engine's table. By its name, so that commands that need no engine do not load it. */
function isCoded(error: unknown): error is Coded & Error {
  return (
    error instanceof Error &&
    error.name === 'ReloadError' &&
    Array.isArray((error as { issues?: unknown }).issues)
  )
}

const tokenHint = `
the token is read from --token, CHANGEOVER_ADMIN_TOKEN, or the file "admin-token" in the gateway's state directory
(--state DIR, default .changeover)`
