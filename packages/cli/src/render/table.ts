/** Columns as wide as what stands in them; the last one is not padded. */
import { type Paint, padEnd, padStart, widthOf } from './paint.ts'

export interface Column {
  readonly title: string
  readonly right?: boolean
}

export function writeTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string[] {
  const widths = columns.map((it, i) =>
    Math.max(widthOf(it.title), ...rows.map((row) => widthOf(row[i] ?? ''))),
  )
  const writeRow = (cells: readonly string[]): string =>
    columns
      .map((it, i) => {
        const cell = cells[i] ?? ''
        if (it.right === true) return padStart(cell, widths[i] ?? 0)
        return i === columns.length - 1 ? cell : padEnd(cell, widths[i] ?? 0)
      })
      .join('  ')
      .trimEnd()
  return [paint('dim', writeRow(columns.map((it) => it.title))), ...rows.map(writeRow)]
}
