/**
 * What differs between two settings trees, as JSON pointers, as changes, and in words.
 *
 * The finest place that differs is named: a leaf, an index of a list, or the root of a subtree that came
 * or went as a whole. Applying exactly these changes turns `before` into `after`. Equal objects are
 * skipped without being entered, which is why `resources.ts` keeps unchanged values the same object.
 *
 * Iterative: the depth of settings is somebody else's choice.
 */
import type { Json, SettingsTree } from '../contract/payload.ts'
import type { Change } from '../contract/reloader.ts'
import { pointTo, stepsOf } from './pointer.ts'

/** Sorted JSON pointers of all that differs; values are not in it. */
export function changedParameters(before: SettingsTree | null, after: SettingsTree): string[] {
  return changes(before, after).map((it) => it.pointer)
}

/** All that differs, sorted by pointer. Values are those of the trees, not copies. */
export function changes(before: SettingsTree | null, after: SettingsTree): Change[] {
  const found: Change[] = []
  const waiting: Pair[] = [{ pointer: '', before: before ?? {}, after }]
  for (let it = waiting.pop(); it !== undefined; it = waiting.pop()) compare(it, waiting, found)
  return found.sort((a, b) => (a.pointer < b.pointer ? -1 : 1))
}

/** Two values, of which both exist. */
interface Pair {
  readonly pointer: string
  readonly before: Json
  readonly after: Json
}

function compare(pair: Pair, waiting: Pair[], found: Change[]): void {
  const { pointer, before, after } = pair
  if (before === after) return
  if (Array.isArray(before) && Array.isArray(after)) compareLists(pair, waiting, found)
  else if (isObject(before) && isObject(after)) compareObjects(pointer, before, after, waiting, found)
  else found.push({ op: 'replace', pointer, before, after })
}

function compareLists(pair: Pair, waiting: Pair[], found: Change[]): void {
  const { pointer } = pair
  const before = pair.before as readonly Json[]
  const after = pair.after as readonly Json[]
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const here = pointTo(pointer, i)
    if (i >= after.length) found.push({ op: 'remove', pointer: here, before: before[i] })
    else if (i >= before.length) found.push({ op: 'add', pointer: here, after: after[i] })
    else waiting.push({ pointer: here, before: before[i] as Json, after: after[i] as Json })
  }
}

function compareObjects(
  pointer: string,
  before: JsonObject,
  after: JsonObject,
  waiting: Pair[],
  found: Change[],
): void {
  for (const key of Object.keys(before)) {
    // Most of what is compared is the same object, and nobody asks where that stands.
    if (before[key] === after[key] && Object.hasOwn(after, key)) continue
    const here = pointTo(pointer, key)
    if (Object.hasOwn(after, key)) {
      waiting.push({ pointer: here, before: before[key] as Json, after: after[key] as Json })
    } else {
      found.push({ op: 'remove', pointer: here, before: before[key] })
    }
  }
  for (const key of Object.keys(after)) {
    if (!Object.hasOwn(before, key)) {
      found.push({ op: 'add', pointer: pointTo(pointer, key), after: after[key] })
    }
  }
}

type JsonObject = { readonly [key: string]: Json }

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * One line for each change: `routes/support targets 0 weight: 90 -> 50`. A pointer for which `isSecret`
 * says yes is named, its values are not.
 */
export function readableChanges(
  found: readonly Change[],
  isSecret: (pointer: string) => boolean = () => false,
): string[] {
  return found.map((it) => {
    const [kind, name, ...rest] = stepsOf(it.pointer).map(showStep)
    const place = [name === undefined ? kind : `${kind}/${name}`, ...rest].join(' ')
    return `${place}: ${sayChange(it, isSecret(it.pointer))}`
  })
}

function sayChange(change: Change, secret: boolean): string {
  const verb = { add: 'added', remove: 'removed', replace: 'changed' }[change.op]
  if (secret) return `${verb} (not shown)`
  if (change.op === 'replace') return `${showValue(change.before)} -> ${showValue(change.after)}`
  const value = change.op === 'add' ? change.after : change.before
  return `${verb} ${showValue(value)}`
}

function showValue(value: unknown): string {
  if (Array.isArray(value)) return `[${count(value.length, 'item')}]`
  if (typeof value === 'object' && value !== null) return `{${count(Object.keys(value).length, 'field')}}`
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** A step as it stands, or in quotes where it would be taken for several. */
function showStep(step: string): string {
  return /^[^\s":\p{C}]+$/u.test(step) ? step : JSON.stringify(step)
}
