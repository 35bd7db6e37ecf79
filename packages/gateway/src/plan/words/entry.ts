/**
 * One entry of the settings before and after, and what is told of it.
 *
 * A describer tells what it knows a sentence for and says which pointers that covers; what it leaves is told by the
 * fallback, so that nothing is left out because nobody thought of it. Values are as they were written: without
 * defaults, since a default that nobody wrote has not changed.
 */
import type { Change, Json } from '@changeover/reload'
import { isSecretHeader } from '../../contract/secret.ts'
import type { Sentence } from '../look.ts'

export interface Entry {
  readonly section: string
  readonly name: string
  /** `/routes/chat` */
  readonly pointer: string
  readonly before: Json | undefined
  readonly after: Json | undefined
  /** At or below the entry. */
  readonly changes: readonly Change[]
}

export interface Told {
  readonly op: Sentence['op']
  readonly text: string
  /** Pointers that it covers, with all below them. */
  readonly covers: readonly string[]
}

export type Describe = (entry: Entry) => readonly Told[]

export type Fields = { readonly [name: string]: Json }

export function fieldsOf(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

export function textsOf(value: Json | undefined): readonly string[] {
  return listOf(value).filter((it) => typeof it === 'string')
}

/** Whether anything differs at this place below the entry, or below that. */
export function differs({ changes, pointer }: Entry, ...steps: readonly string[]): boolean {
  const at = [pointer, ...steps].join('/')
  return changes.some((it) => it.pointer === at || it.pointer.startsWith(`${at}/`))
}

export function changed(entry: Entry, text: string, ...covers: readonly string[]): Told {
  return { op: 'replace', text, covers: covers.map((it) => `${entry.pointer}/${it}`) }
}

/** `null` for an entry that is in both. */
export function cameOrWent(entry: Entry, what: string, more = ''): readonly Told[] | null {
  const covers = [entry.pointer]
  if (entry.before === undefined) return [{ op: 'add', text: `${what} is added${more}`, covers }]
  if (entry.after === undefined) return [{ op: 'remove', text: `${what} is removed`, covers }]
  return null
}

const longest = 60

/** A value for people, cut where it is long. */
export function sayValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) {
    const texts = value.filter((it) => typeof it === 'string' || typeof it === 'number')
    const said = texts.join(', ')
    return texts.length === value.length && said.length <= longest
      ? said || 'none'
      : count(value.length, 'entry', 'entries')
  }
  if (typeof value === 'object') return count(Object.keys(value).length, 'field')
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

export function isHidden(steps: readonly string[]): boolean {
  return steps.some((it) => it === 'hash' || (isSecretHeader(it) && it !== 'keys'))
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

const units: readonly (readonly [ms: number, unit: string])[] = [
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
]

/** `500 ms`, `3 s`, `2 min` */
export function sayMs(ms: unknown): string {
  if (typeof ms !== 'number') return sayValue(ms)
  const [size, unit] = units.find(([it]) => ms >= it && ms % it === 0) ?? [1, 'ms']
  return `${ms / size} ${unit}`
}
