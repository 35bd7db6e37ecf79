/**
 * Columns as wide as what stands in them; the last one is not padded. A table is no wider than the terminal, where that can
 * be: first the widest texts are cut, then columns that can be done without are left out, and named. What is piped is whole.
 *
 * Numbers are never cut, nor what somebody copies: half of it would be something else.
 */
import { clip, type Paint, padEnd, padStart, widthOf } from './paint.ts'

export interface Column {
  readonly title: string
  /** For numbers. */
  readonly right?: boolean
  /** Of a text that is cut, what stays at the least; without it some words. */
  readonly least?: number
  /** Never cut: what somebody copies. */
  readonly whole?: boolean
  /** Left out where there is no room; the last of them first. */
  readonly spare?: boolean
}

/** What is written upon. */
export interface Page {
  readonly paint: Paint
  /** Of the terminal; infinitely many where nobody looks at one. */
  readonly columns: number
}

interface Fitted extends Column {
  /** In the rows. */
  readonly at: number
  /** As wide as it would be, and is. */
  readonly natural: number
  width: number
}

const gap = '  '
/** Less tells nothing. */
const leastText = 12
const leastLetters = 4

export function writeTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { paint, columns: room }: Page,
): string[] {
  const all = columns.map((it, at): Fitted => {
    const natural = Math.max(widthOf(it.title), ...rows.map((row) => widthOf(row[at] ?? '')))
    return { ...it, at, natural, width: natural }
  })
  const fitted = fit(all, room)
  const writeRow = (cells: readonly string[]): string =>
    fitted
      .map(({ at, width, right }, i) => {
        const cell = clip(cells[at] ?? '', width)
        if (right === true) return padStart(cell, width)
        return i === fitted.length - 1 ? cell : padEnd(cell, width)
      })
      .join(gap)
      .trimEnd()
  const left = all.filter((it) => !fitted.includes(it)).map((it) => it.title)
  return [
    paint('dim', writeRow(columns.map((it) => it.title))),
    ...rows.map(writeRow),
    ...(left.length === 0 ? [] : [paint('dim', `no room for ${left.join(', ')}`)]),
  ]
}

/** Those that stay, as wide as they may be. */
function fit(columns: readonly Fitted[], room: number): readonly Fitted[] {
  const spare = columns.findLast((it) => it.spare === true)
  if (spare !== undefined && widthOfAll(columns, leastOf) > room)
    return fit(
      columns.filter((it) => it !== spare),
      room,
    )
  cutWidest(columns, room, leastOf)
  // With nothing left to leave out, a little of everything is better than lines that break.
  cutWidest(columns, room, (it) => (isCut(it) ? Math.min(it.natural, leastLetters) : it.natural))
  return columns
}

function cutWidest(columns: readonly Fitted[], room: number, least: (it: Fitted) => number): void {
  for (let over = widthOfAll(columns, (it) => it.width) - room; over > 0; over -= 1) {
    const [widest] = columns.filter((it) => it.width > least(it)).toSorted((a, b) => b.width - a.width)
    if (widest === undefined) return
    widest.width -= 1
  }
}

function leastOf(it: Fitted): number {
  return isCut(it) ? Math.min(it.natural, Math.max(widthOf(it.title), it.least ?? leastText)) : it.natural
}

function isCut({ right, whole }: Column): boolean {
  return right !== true && whole !== true
}

function widthOfAll(columns: readonly Fitted[], widthIn: (it: Fitted) => number): number {
  return columns.reduce((sum, it) => sum + widthIn(it), gap.length * (columns.length - 1))
}
