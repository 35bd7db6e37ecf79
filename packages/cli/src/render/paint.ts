/**
 * Colours, only where a person looks: on a terminal, unless `NO_COLOR` says not; and of all else that a terminal obeys,
 * nothing. What is printed was mostly written by others: the model that a caller asked for, the message of a provider.
 */
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta'
export type Paint = (style: Style, text: string) => string

export const plain: Paint = (_, text) => text

export function createPaint(
  output: { isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  const colours = forced || (output.isTTY === true && !refused)
  return colours ? (style, text) => styleText(style, text, { validateStream: false }) : plain
}

const escape = String.fromCharCode(27)

/** Our styles and their ends, and every character that is a command. */
const commands = new RegExp(`${escape}\\[(?:1|2|22|3[1-69])m|\\p{Cc}`, 'gu')
const lineEnds = new Set(['\n', '\t', '\u0085'])

/** With each command but our styles as the number that JSON writes for it: JSON stays what it says. */
export function withoutCommands(text: string): string {
  return text.replace(commands, (it) =>
    it.length > 1 || lineEnds.has(it) ? it : `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const sequences = new RegExp(`${escape}\\[[0-9;]*m`, 'g')
/** In brackets, so that what is split by it keeps it. */
const sequence = new RegExp(`(${sequences.source})`)

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return Array.from(text.replace(sequences, '')).length
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - widthOf(text), 0))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(width - widthOf(text), 0)) + text
}

/** Cut to a width, with a mark that something is missing. Styles are kept, and end where they ended. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let [cut, room] = ['', Math.max(width - 1, 0)]
  for (const part of text.split(sequence)) {
    if (part.startsWith(escape)) cut += part
    else if (room >= 0) {
      const letters = Array.from(part)
      cut += letters.slice(0, room).join('')
      room -= letters.length
      if (room < 0) cut += '…'
    }
  }
  return cut
}
