/** What to look out for in a change, each with its place, and the calls that it is about. */
import type { Plan } from '@changeover/sdk'
import type { Paint } from './paint.ts'

const most = 20

/** With an empty line and a title before them; nothing where there are none. */
export function writeWarnings(warnings: Plan['warnings'], paint: Paint): string[] {
  if (warnings.length === 0) return []
  const lines = warnings.slice(0, most).flatMap((it) => {
    const where = it.place === undefined ? it.pointer : `${it.place.file}:${it.place.line}:${it.place.column}`
    const calls = it.examples.length === 0 ? '' : `   such as ${it.examples.join(', ')}`
    return [
      `  ${paint('yellow', '!')} ${it.text}`,
      `    ${paint('cyan', where)}  ${paint('dim', `${it.code}${calls}`)}`,
    ]
  })
  const rest = warnings.length > most ? [paint('dim', `    and ${warnings.length - most} more`)] : []
  return ['', paint('bold', 'look out'), ...lines, ...rest]
}
