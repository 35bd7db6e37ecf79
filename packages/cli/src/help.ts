/** The help of the whole and of one command. `docs/reference/cli.md` is made from the same. */
import type { Command, OptionSpec } from './command.ts'
import { commands } from './commands/list.ts'
import { connectOptions } from './connect.ts'
import { exitMeanings } from './exit-codes.ts'
import { type Paint, padEnd, widthOf } from './render/paint.ts'
import { wrap, wrapParagraphs } from './render/wrap.ts'

/** No line is wider than `columns`, but for words that are. */
export function writeHelp(paint: Paint, columns: number): string {
  const width = Math.max(...commands.map((it) => it.name.length))
  return [
    `${paint('bold', 'changeover')}  change what a running gateway does, see what it did, take it back`,
    '',
    `${paint('bold', 'usage')}  changeover COMMAND [OPTIONS]`,
    '',
    ...commands.flatMap((it) => beside(`  ${paint('cyan', padEnd(it.name, width))}  `, it.summary, columns)),
    '',
    `"changeover COMMAND --help" says more about one of them. Exit codes:`,
    ...exitMeanings.flatMap(([code, meaning]) =>
      beside(`  ${String(code).padStart(2)}  `, meaning.replaceAll('`', '"'), columns),
    ),
  ].join('\n')
}

export function writeCommandHelp(command: Command, paint: Paint, columns: number): string {
  const options = command.raw === true ? command.options : { ...command.options, ...connectOptions }
  const entries = Object.entries(options)
  const width = Math.max(...entries.map(([name, it]) => nameOption(name, it).length), 0)
  const examples = command.examples.flatMap(([line, meaning]) => [
    `  ${paint('cyan', line)}`,
    ...beside('      ', meaning, columns),
  ])
  const told = entries.flatMap(([name, it]) =>
    beside(`  ${padEnd(nameOption(name, it), width)}  `, it.about, columns),
  )
  return [
    ...beside(`${paint('bold', `changeover ${command.name}`)}  `, command.summary, columns),
    '',
    ...writeUsage(command, paint, columns),
    ...(command.about === undefined ? [] : ['', ...wrapParagraphs(command.about, columns)]),
    ...(told.length === 0 ? [] : ['', paint('bold', 'options'), ...told]),
    ...(examples.length === 0 ? [] : ['', paint('bold', 'examples'), ...examples]),
  ].join('\n')
}

/** What does not fit goes on below where the text begins. */
function beside(head: string, text: string, columns: number): string[] {
  const [first = '', ...rest] = wrap(text, columns, widthOf(head))
  return [`${head}${first}`, ...rest]
}

/** A form to a line where there are several. */
function writeUsage({ name, usage, raw }: Command, paint: Paint, columns: number): string[] {
  const lineOf = (form: string): string =>
    ['changeover', name, form, raw === true ? '' : '[OPTIONS]'].filter((it) => it !== '').join(' ')
  const whole = lineOf(usage)
  const forms = whole.length + 7 <= columns ? [whole] : usage.split(' | ').map(lineOf)
  return forms.map((it, i) => `${i === 0 ? paint('bold', 'usage') : '     '}  ${it}`)
}

/** `--reason TEXT`, `-h, --help` */
export function nameOption(name: string, it: OptionSpec): string {
  const short = it.short === undefined ? '' : `-${it.short}, `
  const value = it.type === 'boolean' ? '' : ` ${it.value ?? 'VALUE'}`
  return `${short}--${name}${value}`
}
