/**
 * Costs added up, in all and by who or what they are of. Whole micro-dollars: sums are exact up to nine thousand million
 * dollars, and whatever is added up line by line is the sum.
 */

/** What lines are by. `model` is the target, `provider/model`: where attempts were at several, each is in the line of its own. */
export type BillBy = 'tenant' | 'key' | 'model'

export interface BillLine {
  /** `null`: of nobody that is named. */
  readonly name: string | null
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number
  /** Of that, what is estimated. */
  readonly estimatedMicroUsd: number
  /** Calls, or attempts of them, that nobody had said a price for; they are in no sum of money. */
  readonly unpriced: number
}

export interface Charge {
  /** 0 for what belongs to a call that is counted in another charge. */
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** `null` for no price. */
  readonly costMicroUsd: number | null
  readonly estimated: boolean
}

export class Tally {
  readonly #lines = new Map<string | null, Counts>()

  add(name: string | null, charge: Charge): void {
    const found = this.#lines.get(name) ?? new Counts()
    this.#lines.set(name, found)
    found.add(charge)
  }

  /** The dearest first; equal ones by name. */
  get lines(): readonly BillLine[] {
    return [...this.#lines]
      .map(([name, it]) => it.line(name))
      .sort((a, b) => b.costMicroUsd - a.costMicroUsd || ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
  }
}

export class Counts {
  #calls = 0
  #input = 0
  #output = 0
  #cost = 0
  #estimated = 0
  #unpriced = 0

  add(it: Charge): void {
    this.#calls += it.calls
    this.#input += it.inputTokens
    this.#output += it.outputTokens
    this.#cost += it.costMicroUsd ?? 0
    if (it.estimated) this.#estimated += it.costMicroUsd ?? 0
    if (it.costMicroUsd === null) this.#unpriced += 1
  }

  line(name: string | null): BillLine {
    return {
      name,
      calls: this.#calls,
      inputTokens: this.#input,
      outputTokens: this.#output,
      costMicroUsd: this.#cost,
      estimatedMicroUsd: this.#estimated,
      unpriced: this.#unpriced,
    }
  }
}
