/**
 * What is remembered beside a version while it lives: how many calls linked to its swap, the instruments that its
 * calls are counted by, and what providers are told of it. Goes when the snapshot goes.
 *
 * And, across versions, the rule of each route that was in force last: the first call under another rule
 * says so in its span.
 */
import { baggageMember } from '@changeover/otel'
import type { Snapshot, Telemetry } from '@changeover/reload'
import type { CompiledRoute } from '../contract/compiled.ts'
import { CallInstruments } from './call-instruments.ts'
import type { Parts } from './tools.ts'

/** Calls of a version that link to its swap. */
const LINKED_CALLS = 100

export class VersionNotes {
  readonly instruments: CallInstruments
  /** `config.version=3.42`, for the `baggage` header of what is asked under it. */
  readonly baggage: string
  #linked = 0

  constructor(version: string, telemetry: Telemetry) {
    this.instruments = new CallInstruments(version, telemetry.meter)
    this.baggage = baggageMember('config.version', version)
  }

  takeLink(): boolean {
    if (this.#linked >= LINKED_CALLS) return false
    this.#linked += 1
    return true
  }
}

export class VersionMemory {
  readonly #telemetry: Telemetry
  readonly #notes = new WeakMap<Snapshot<Parts>, VersionNotes>()
  readonly #rules = new Map<string, { readonly rule: string; readonly since: number }>()

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry
  }

  of(snapshot: Snapshot<Parts>): VersionNotes {
    let notes = this.#notes.get(snapshot)
    if (notes === undefined) {
      notes = new VersionNotes(snapshot.version, this.#telemetry)
      this.#notes.set(snapshot, notes)
    }
    return notes
  }

  /** The route's rule, when this is the first call under it and another was in force before. */
  changedRule(route: CompiledRoute, since: number): string | null {
    const last = this.#rules.get(route.name)
    // A call that took long to arrive may still be under an older version: it changes nothing.
    if (last !== undefined && (last.rule === route.rule || since < last.since)) return null
    this.#rules.set(route.name, { rule: route.rule, since })
    return last === undefined ? null : route.rule
  }
}
