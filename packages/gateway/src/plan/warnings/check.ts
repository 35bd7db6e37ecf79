/**
 * What a check of a plan is given, and how it says what it found. A check is one function in one file and one line in
 * `list.ts`; it looks only at what changed, and says numbers, never a feeling.
 */
import { pointTo, type SettingsTree } from '@changeover/reload'
import type { z } from 'zod'
import type { ShippedCatalogue } from '../../catalogue/catalogue.ts'
import { catalogueSpec } from '../../catalogue/spec.ts'
import { contextSpec } from '../../contexts/spec.ts'
import { tenantSpec } from '../../identity/spec.ts'
import { limitSpec } from '../../policy/spec.ts'
import { providerSpec } from '../../providers/spec.ts'
import { modelSpec, routeSpec } from '../../routing/spec.ts'
import { entriesOf } from '../../settings/check.ts'
import type { CallFacts, Use } from '../facts.ts'
import type { Warning } from '../look.ts'

export interface LookInput {
  readonly before: SettingsTree
  readonly after: SettingsTree
  /** JSON pointers of what differs, sorted. */
  readonly changed: readonly string[]
  readonly shipped: ShippedCatalogue
  /** Wall milliseconds. */
  readonly nowMs: number
  readonly facts: CallFacts
}

export type Check = (look: Look) => readonly Warning[]

/** Both versions, section by section, with defaults filled in. */
export class Look {
  readonly input: LookInput
  readonly before: Sections
  readonly after: Sections

  constructor(input: LookInput) {
    this.input = input
    this.before = new Sections(input.before)
    this.after = new Sections(input.after)
  }

  get facts(): CallFacts {
    return this.input.facts
  }

  /** Whether anything at or below this place differs. */
  touches(...steps: readonly string[]): boolean {
    const at = pointerOf(...steps)
    return this.input.changed.some((it) => it === at || it.startsWith(`${at}/`) || at.startsWith(`${it}/`))
  }
}

export class Sections {
  readonly tree: SettingsTree

  constructor(tree: SettingsTree) {
    this.tree = tree
  }
  get providers() {
    return this.#of('providers', providerSpec)
  }
  get models() {
    return this.#of('models', modelSpec)
  }
  get catalogue() {
    return this.#of('catalogue', catalogueSpec)
  }
  get contexts() {
    return this.#of('contexts', contextSpec)
  }
  get routes() {
    return this.#of('routes', routeSpec)
  }
  get tenants() {
    return this.#of('tenants', tenantSpec)
  }
  get limits() {
    return this.#of('limits', limitSpec)
  }

  readonly #known = new Map<string, ReadonlyMap<string, unknown>>()

  #of<Schema extends z.ZodType>(kind: string, schema: Schema): ReadonlyMap<string, z.output<Schema>> {
    const entries = this.#known.get(kind) ?? entriesOf(this.tree, kind, schema)
    this.#known.set(kind, entries)
    return entries as ReadonlyMap<string, z.output<Schema>>
  }
}

export function pointerOf(...steps: readonly (string | number)[]): string {
  return steps.reduce<string>((at, step) => pointTo(at, step), '')
}

export function warn(
  code: Warning['code'],
  pointer: string,
  it: { text: string; numbers?: Warning['numbers']; examples?: readonly string[] },
): Warning {
  return { code, pointer, text: it.text, numbers: it.numbers ?? {}, examples: it.examples ?? [] }
}

/** `312 of the last 10000 calls, the last one 4 minutes ago` */
export function sayUse({ calls, lastAt }: Use, { facts, input }: Look): string {
  return `${count(calls, 'call')} of the last ${facts.calls}, the newest ${sayAgo(input.nowMs - lastAt)}`
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

export function sayAgo(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return 'less than a minute ago'
  if (minutes < 120) return `${count(minutes, 'minute')} ago`
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} hours ago`
  return `${Math.round(minutes / 1440)} days ago`
}
