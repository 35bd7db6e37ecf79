/**
 * The options of a command line, by Node's own parser, and its refusals in our words: with the option as the help
 * writes it, and the nearest one where a name is not known.
 */
import { parseArgs } from 'node:util'
import { nearest } from '@changeover/reload'
import { type OptionSpec, UsageError } from './command.ts'
import { nameOption } from './help.ts'

type Options = Readonly<Record<string, OptionSpec>>

/** Throws a `UsageError`. */
export function parseOptions(argv: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(sayWhy(error, options))
  }
}

function sayWhy(error: unknown, options: Options): string {
  const { code, message } = error as NodeJS.ErrnoException
  const named = /'(?:-\w, )?(--?[^' ]+)/.exec(message)?.[1] ?? ''
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearest(named.replace(/^-+/, ''), Object.keys(options))
    return `there is no option "${named}"${near === null ? '' : `; did you mean "--${near}"?`}`
  }
  const name = named.replace(/^-+/, '')
  const spec = options[name]
  if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' || spec === undefined) return message
  if (spec.type === 'boolean') return `"--${name}" takes no value`
  const needs = `"--${name}" needs a value: ${nameOption(name, spec)}`
  return message.includes('ambiguous') ? `${needs}; one that begins with "-" is written --${name}=-1` : needs
}
