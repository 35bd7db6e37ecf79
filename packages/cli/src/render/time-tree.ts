/**
 * An attempt as a tree of its stages, each with its time and a bar where in the whole it lies.
 *
 * The scale ends with the swap: what comes after (observing, draining) takes minutes, and beside it every
 * stage before would be a dot. What goes on beyond the scale ends in an arrow.
 */
import type { Attempt, Stage } from '@changeover/sdk'
import { type Paint, padEnd, padStart } from './paint.ts'
import { sayDuration } from './times.ts'

const barWidth = 32
/** Stages that go on after the receipt. */
const afterSwap = new Set(['observe', 'reload.observe', 'drain', 'reload.drain'])

interface Row {
  readonly label: string
  readonly stage: Stage
}

export function writeTimeTree(attempt: Pick<Attempt, 'stages'>, paint: Paint): string[] {
  const rows = listRows(attempt.stages, '')
  const scaleMs = Math.max(...attempt.stages.filter((it) => !afterSwap.has(it.name)).map(endOf), 0.1)
  const labelWidth = Math.max(...rows.map((it) => it.label.length), 0)
  return rows.map(({ label, stage }) => {
    const failed = stage.failed === undefined ? '' : `  ${paint('red', stage.failed)}`
    const note = stage.note === undefined ? '' : `  ${paint('dim', stage.note)}`
    const time = padStart(sayDuration(stage.durationMs), 9)
    const bar = paint(stage.failed === undefined ? 'green' : 'red', writeBar(stage, scaleMs))
    return `${padEnd(label, labelWidth)}  ${time}  ${padEnd(bar, barWidth)}${failed}${note}`.trimEnd()
  })
}

function endOf(stage: Stage): number {
  return stage.startMs + stage.durationMs
}

function listRows(stages: readonly Stage[], indent: string): Row[] {
  return stages.flatMap((stage, i) => {
    const isLast = i === stages.length - 1
    const label = `${indent}${isLast ? '└ ' : '├ '}${stage.name.replace(/^reload\./, '')}`
    return [{ label, stage }, ...listRows(stage.stages ?? [], `${indent}${isLast ? '  ' : '│ '}`)]
  })
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function writeBar(stage: Stage, scaleMs: number): string {
  const cell = scaleMs / barWidth
  const from = Math.min(Math.floor(stage.startMs / cell), barWidth - 1)
  const room = barWidth - from
  const length = stage.durationMs / cell
  if (length > room + 0.5) return `${' '.repeat(from)}${'█'.repeat(Math.max(room - 1, 0))}→`
  const whole = Math.min(Math.floor(length), room)
  const rest = whole === room ? '' : (eighths[Math.floor((length - whole) * 8)] ?? '')
  return `${' '.repeat(from)}${'█'.repeat(whole)}${rest}` + (whole === 0 && rest === '' ? '▏' : '')
}
