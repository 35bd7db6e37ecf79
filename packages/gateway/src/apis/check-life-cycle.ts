/**
 * Which changes of a published API are none: what goes in and comes out of a version stays as it was published, no
 * version comes back to design or out of retirement, and one that answers does not simply vanish.
 *
 * A rollback is held to none of it: what it restores has been in force, and the way back must always be open.
 */
import { nextFree, parseApiName } from './api-name.ts'
import type { API_STATES } from './spec.ts'

type State = (typeof API_STATES)[number]
type Entry = Readonly<Record<string, unknown>>
type Entries = Readonly<Record<string, Entry>>

export type LifeCycleFault =
  | {
      readonly api: string
      readonly kind: 'changed'
      readonly field: 'input' | 'output'
      readonly next: string
    }
  | {
      readonly api: string
      readonly kind: 'moved'
      readonly from: State
      readonly to: State
      readonly may: readonly State[]
    }
  | { readonly api: string; readonly kind: 'gone'; readonly from: State }

const MOVES: Readonly<Record<State, readonly State[]>> = {
  design: ['published'],
  published: ['deprecated', 'retired'],
  deprecated: ['published', 'retired'],
  retired: [],
}

/** Entries as they were written. `same` compares two values of JSON. */
export function lifeCycleFaults(
  now: Entries,
  before: Entries,
  same: (a: unknown, b: unknown) => boolean,
): readonly LifeCycleFault[] {
  const taken = new Set([...Object.keys(now), ...Object.keys(before)])
  return Object.entries(before).flatMap(([api, was]): readonly LifeCycleFault[] => {
    const is = now[api]
    if (is === was) return []
    const from = stateOf(was)
    if (is === undefined) return from === 'design' || from === 'retired' ? [] : [{ api, kind: 'gone', from }]
    const moves = movedWrongly(api, from, stateOf(is))
    return from === 'design' ? moves : [...changedSchemas(api, { was, is, same, taken }), ...moves]
  })
}

interface Compared {
  readonly was: Entry
  readonly is: Entry
  readonly taken: ReadonlySet<string>
  same(a: unknown, b: unknown): boolean
}

function changedSchemas(api: string, { was, is, same, taken }: Compared): readonly LifeCycleFault[] {
  const parsed = parseApiName(api)
  if (parsed === null) return []
  const fields = (['input', 'output'] as const).filter((it) => !same(was[it], is[it]))
  return fields.map((field) => ({ api, kind: 'changed', field, next: nextFree(taken, parsed) }))
}

function movedWrongly(api: string, from: State, to: State): readonly LifeCycleFault[] {
  if (from === to || MOVES[from].includes(to)) return []
  return [{ api, kind: 'moved', from, to, may: MOVES[from] }]
}

/** What is no state has been refused before. */
function stateOf(entry: Entry): State {
  const state = entry['state'] as State | undefined
  return state !== undefined && Object.hasOwn(MOVES, state) ? state : 'design'
}
