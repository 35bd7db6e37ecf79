/** The help of the whole and of one command. `docs/reference/cli.md` is made from the same. */
import type { Command, OptionSpec } from './command.ts'
import { commands } from './commands/list.ts'
import { connectOptions } from './connect.ts'
import { exitMeanings } from './exit-codes.ts'
import { type Paint, padEnd } from './render/paint.ts'

export function writeHelp(paint: Paint): string {
  const width = Math.max(...commands.map((it) => it.name.length))
  return [
    `${paint('bold', 'changeover')}  change what a running gateway does, see what it did, take it back`,
    '',
    `${paint('bold', 'usage')}  changeover COMMAND [OPTIONS]`,
    '',
    ...commands.map((it) => `  ${paint('cyan', padEnd(it.name, width))}  ${it.summary}`),
    '',
    `"changeover COMMAND --help" says more about one of them. Exit codes:`,
    ...exitMeanings.map(([code, meaning]) => `  ${String(code).padStart(2)}  ${meaning}`),
  ].join('\n')
}

export function writeCommandHelp(command: Command, paint: Paint): string {
  const options = command.raw === true ? command.options : { ...command.options, ...connectOptions }
  const entries = Object.entries(options)
  const width = Math.max(...entries.map(([name, it]) => nameOption(name, it).length), 0)
  const examples = command.examples.map(([line, meaning]) => `  ${paint('cyan', line)}\n      ${meaning}`)
  return [
    `${paint('bold', `changeover ${command.name}`)}  ${command.summary}`,
    '',
    `${paint('bold', 'usage')}  changeover ${command.name} ${command.usage} [OPTIONS]`.replace('  [', ' ['),
    ...(command.about === undefined ? [] : ['', command.about]),
    '',
    paint('bold', 'options'),
    ...entries.map(([name, it]) => `  ${padEnd(nameOption(name, it), width)}  ${it.about}`),
    ...(examples.length === 0 ? [] : ['', paint('bold', 'examples'), ...examples]),
  ].join('\n')
}

/** `--reason TEXT`, `-h, --help` */
export function nameOption(name: string, it: OptionSpec): string {
  const short = it.short === undefined ? '' : `-${it.short}, `
  const value = it.type === 'boolean' ? '' : ` ${it.value ?? 'VALUE'}`
  return `${short}--${name}${value}`
}
