/**
 * What the difference between two versions comes to, call by call: who goes elsewhere, who is refused, what it costs.
 * Counts are of all calls; examples are the first few, and of costs those that change most.
 */
import type { ReplayRow } from '../../calls/replay-rows.ts'
import type { Cost, CostPart, Move, Refusal, Replay, Split } from '../look.ts'
import type { Outcome } from './replay-version.ts'

const mostExamples = 3
/** Kinds of move and of refusal that are listed; counts above them are of all. */
const mostKinds = 50

type Counted = Pick<Replay, 'rerouted' | 'refused' | 'admitted' | 'splits' | 'cost'>
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

export class Tally {
  readonly #moves = new Map<string, Mutable<Move> & { examples: string[] }>()
  readonly #refusals = new Refusals()
  readonly #admissions = new Refusals()
  readonly #shares = new Map<string, Map<string, { before: number; after: number }>>()
  readonly #costs = new Costs()
  #moved = 0

  add(row: ReplayRow, before: Outcome, after: Outcome): void {
    if (before.code === '' && after.code !== '') {
      this.#refusals.add(row, after.code)
      this.#costs.refuse(before.costMicroUsd)
    } else if (before.code !== '' && after.code === '') this.#admissions.add(row, before.code)
    if (before.code !== '' || after.code !== '') return
    this.#share(before, 'before')
    this.#share(after, 'after')
    if (before.route !== after.route || before.target !== after.target) this.#move(row, before, after)
    this.#costs.add(row, before, after)
  }

  read(): Counted {
    const moves = [...this.#moves.values()].sort((a, b) => b.calls - a.calls).slice(0, mostKinds)
    return {
      rerouted: { calls: this.#moved, moves },
      refused: this.#refusals.read(),
      admitted: this.#admissions.read(),
      splits: this.#splits(),
      cost: this.#costs.read(),
    }
  }

  #move(row: ReplayRow, before: Outcome, after: Outcome): void {
    this.#moved += 1
    const name = `${before.route}\n${before.target}\n${after.route}\n${after.target}`
    let move = this.#moves.get(name)
    if (move === undefined) {
      const from = { route: before.route, target: before.target }
      const to = { route: after.route, target: after.target }
      move = { from, to, calls: 0, examples: [] }
      this.#moves.set(name, move)
    }
    move.calls += 1
    if (move.examples.length < mostExamples) move.examples.push(row.id)
  }

  #share({ route, target }: Outcome, side: 'before' | 'after'): void {
    const shares = this.#shares.get(route) ?? new Map<string, { before: number; after: number }>()
    this.#shares.set(route, shares)
    const share = shares.get(target) ?? { before: 0, after: 0 }
    shares.set(target, share)
    share[side] += 1
  }

  #splits(): Split[] {
    const all = Array.from(
      this.#shares,
      ([route, shares]): Split => ({
        route,
        targets: Array.from(shares, ([target, share]) => ({ target, ...share })).sort(
          (a, b) => b.before + b.after - (a.before + a.after),
        ),
      }),
    )
    return all.filter((it) => it.targets.some(({ before, after }) => before !== after)).slice(0, mostKinds)
  }
}

class Refusals {
  readonly #by = new Map<string, Mutable<Refusal> & { examples: string[] }>()
  #calls = 0

  add(row: ReplayRow, code: string): void {
    this.#calls += 1
    const model = row.askedModel ?? row.route ?? ''
    const name = `${code}\n${row.key ?? ''}\n${model}`
    let refusal = this.#by.get(name)
    if (refusal === undefined) {
      refusal = { code, tenant: row.tenant, key: row.key, model, calls: 0, lastAt: 0, examples: [] }
      this.#by.set(name, refusal)
    }
    refusal.calls += 1
    refusal.lastAt = Math.max(refusal.lastAt, row.startedAt)
    if (refusal.examples.length < mostExamples) refusal.examples.push(row.id)
  }

  read(): Replay['refused'] {
    const by = [...this.#by.values()].sort((a, b) => b.calls - a.calls).slice(0, mostKinds)
    return { calls: this.#calls, by }
  }
}

class Costs {
  readonly #tenants = new Map<string, Mutable<CostPart>>()
  readonly #routes = new Map<string, Mutable<CostPart>>()
  readonly #sum = { calls: 0, before: 0, after: 0 }
  #refused = 0
  #unpriced = 0
  #examples: { call: string; before: number; after: number }[] = []

  refuse(costMicroUsd: number | null): void {
    this.#refused += costMicroUsd ?? 0
  }

  add(row: ReplayRow, { route, costMicroUsd: before }: Outcome, { costMicroUsd: after }: Outcome): void {
    if (row.inputTokens === null && row.outputTokens === null) return
    if (before === null || after === null) {
      this.#unpriced += 1
      return
    }
    for (const part of [this.#sum, partOf(this.#tenants, row.tenant ?? ''), partOf(this.#routes, route)]) {
      part.calls += 1
      part.before += before
      part.after += after
    }
    if (before !== after) this.#keepExample({ call: row.id, before, after })
  }

  read(): Cost {
    return {
      ...this.#sum,
      refused: this.#refused,
      unpriced: this.#unpriced,
      byTenant: changed(this.#tenants),
      byRoute: changed(this.#routes),
      examples: this.#examples,
    }
  }

  #keepExample(it: { call: string; before: number; after: number }): void {
    const weakest = this.#examples.at(-1)
    if (this.#examples.length === mostExamples && weakest !== undefined && shift(weakest) >= shift(it)) return
    this.#examples = [...this.#examples, it].sort((a, b) => shift(b) - shift(a)).slice(0, mostExamples)
  }
}

function partOf(parts: Map<string, Mutable<CostPart>>, name: string): Mutable<CostPart> {
  let found = parts.get(name)
  if (found === undefined) {
    found = { name, calls: 0, before: 0, after: 0 }
    parts.set(name, found)
  }
  return found
}

/** Those that differ, the largest first. */
function changed(parts: ReadonlyMap<string, CostPart>): CostPart[] {
  return [...parts.values()]
    .filter((it) => it.before !== it.after)
    .sort((a, b) => shift(b) - shift(a))
    .slice(0, mostKinds)
}

function shift(it: { readonly before: number; readonly after: number }): number {
  return Math.abs(it.after - it.before)
}
