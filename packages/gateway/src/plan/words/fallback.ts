/** Tells any change of any setting: the place as words, and what it says instead of what. Lists of names by what came and went. */
import { type Change, stepsOf } from '@changeover/reload'
import { type Entry, isHidden, sayMs, sayValue, type Told } from './entry.ts'

const NOUNS: Readonly<Record<string, string>> = {
  providers: 'provider',
  models: 'model',
  catalogue: 'catalogue entry',
  contexts: 'context',
  routes: 'route',
  tenants: 'tenant',
  limits: 'limit',
  budgets: 'budget',
}

/** `route chat`, `telemetry logs` */
export function nounOf({ section, name }: Pick<Entry, 'section' | 'name'>): string {
  return `${NOUNS[section] ?? section} ${name}`
}

export function fallback(entry: Entry, change: Change): Told {
  const steps = stepsOf(change.pointer).slice(2)
  const covers = [change.pointer]
  const { op } = change
  if (steps.length === 0) {
    const verb = { add: 'is added', remove: 'is removed', replace: 'is' }[op]
    const value =
      op === 'replace' ? ` ${sayAt(steps, change.after)} instead of ${sayAt(steps, change.before)}` : ''
    return { op, text: `${nounOf(entry)} ${verb}${value}`, covers }
  }
  const place = `${nounOf(entry)}: ${steps.map(sayStep).join(' ')}`
  if (isHidden(steps)) {
    const verb = { add: 'is set', remove: 'is removed', replace: 'changes' }[op]
    return { op, text: `${place} ${verb} (not shown)`, covers }
  }
  if (op === 'add') return { op, text: `${place} is ${sayAt(steps, change.after)}, and was not set`, covers }
  if (op === 'remove')
    return { op, text: `${place} is no longer set; it was ${sayAt(steps, change.before)}`, covers }
  return {
    op,
    text: `${place} is ${sayAt(steps, change.after)} instead of ${sayAt(steps, change.before)}`,
    covers,
  }
}

function sayAt(steps: readonly string[], value: unknown): string {
  return steps.at(-1)?.endsWith('Ms') === true ? sayMs(value) : sayValue(value)
}

/** Places in a list count from 1 for people. */
function sayStep(step: string): string {
  return /^\d+$/.test(step) ? `#${Number(step) + 1}` : step
}
