/** The help of the whole and of one command. `docs/reference/cli.md` is made from the same. */
import type { Command, OptionSpec } from './command.ts'
import { commands } from './commands/list.ts'
import { connectOptions } from './connect.ts'
import { exitMeanings } from './exit-codes.ts'
import { type Paint, padEnd } from './render/paint.ts'
import { wrap, wrapParagraphs } from './render/wrap.ts'

/** No line is wider than `columns`, but for words that are. */
export function writeHelp(paint: Paint, columns: number): string {
  const width = Math.max(...commands.map((it) => it.name.length))
  return [
    `${paint('bold', 'changeover')}  change what a running gateway does, see what it did, take it back`,
    '',
    `${paint('bold', 'usage')}  changeover COMMAND [OPTIONS]`,
    '',
    ...commands.flatMap((it) => {
      const [first = '', ...rest] = wrap(it.summary, columns, width + 4)
      return [`  ${paint('cyan', padEnd(it.name, width))}  ${first}`, ...rest]
    }),
    '',
    `"changeover COMMAND --help" says more about one of them. Exit codes:`,
    ...exitMeanings.flatMap(([code, meaning]) => {
      const [first = '', ...rest] = wrap(meaning.replaceAll('`', '"'), columns, 6)
      return [`  ${String(code).padStart(2)}  ${first}`, ...rest]
    }),
  ].join('\n')
}

export function writeCommandHelp(command: Command, paint: Paint, columns: number): string {
  const options = command.raw === true ? command.options : { ...command.options, ...connectOptions }
  const entries = Object.entries(options)
  const width = Math.max(...entries.map(([name, it]) => nameOption(name, it).length), 0)
  const examples = command.examples.flatMap(([line, meaning]) => {
    const [first = '', ...more] = wrap(meaning, columns, 6)
    return [`  ${paint('cyan', line)}`, `      ${first}`, ...more]
  })
  const name = `changeover ${command.name}`
  const [first = '', ...rest] = wrap(command.summary, columns - name.length - 2)
  const headline = [
    `${paint('bold', name)}  ${first}`,
    ...rest.map((it) => `${' '.repeat(name.length + 2)}${it}`),
  ]
  return [
    ...headline,
    '',
    ...writeUsage(command, paint, columns),
    ...(command.about === undefined ? [] : ['', ...wrapParagraphs(command.about, columns)]),
    '',
    paint('bold', 'options'),
    ...entries.flatMap(([name, it]) => {
      const [first = '', ...rest] = wrap(it.about, columns, width + 4)
      return [`  ${padEnd(nameOption(name, it), width)}  ${first}`, ...rest]
    }),
    ...(examples.length === 0 ? [] : ['', paint('bold', 'examples'), ...examples]),
  ].join('\n')
}

/** A form to a line where there are several. */
function writeUsage({ name, usage }: Command, paint: Paint, columns: number): string[] {
  const whole = `changeover ${name} ${usage} [OPTIONS]`.replace('  [', ' [')
  const forms =
    whole.length + 7 <= columns
      ? [whole]
      : usage.split(' | ').map((it) => `changeover ${name} ${it} [OPTIONS]`)
  return forms.map((it, i) => `${i === 0 ? paint('bold', 'usage') : '     '}  ${it}`)
}

/** `--reason TEXT`, `-h, --help` */
export function nameOption(name: string, it: OptionSpec): string {
  const short = it.short === undefined ? '' : `-${it.short}, `
  const value = it.type === 'boolean' ? '' : ` ${it.value ?? 'VALUE'}`
  return `${short}--${name}${value}`
}
