/** Colours, only where a person looks: on a terminal, unless `NO_COLOR` says not. */
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
const sequences = new RegExp(`${escape}\\[[0-9;]*m`, 'g')

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

/** Cut to a width, with a mark that something is missing. For text without colours. */
export function clip(text: string, width: number): string {
  const letters = Array.from(text)
  return letters.length <= width ? text : `${letters.slice(0, Math.max(width - 1, 0)).join('')}…`
}
