/**
 * Costs added up, in all and by who or what they are of. Whole micro-dollars: sums are exact up to nine thousand million
 * dollars, and whatever is added up line by line is the sum.
 */

/** What lines are by. `model` is the target, `provider/model`: where attempts were at several, each is in the line of its own. */
export type BillBy = 'tenant' | 'key' | 'model'

export interface BillLine {
  /** `null`: of nobody that is named. */
  readonly name: string | null
  /** Of copies that went to mirrors and shadows: the gateway's own, and nobody's among its callers. */
  readonly copies: boolean
  /** Copies, where the line is of those; in the total both. */
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number
  /** Of that, what is estimated. */
  readonly estimatedMicroUsd: number
  /** Calls with an attempt that nobody had said a price for, or such attempts; what those cost is in no sum. */
  readonly unpriced: number
}

export interface Charge {
  /** 0 for what belongs to a call that is counted in another charge. */
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** `null` for no price. */
  readonly costMicroUsd: number | null
  /** Of that, what is estimated. */
  readonly estimatedMicroUsd: number
  /** Something of it has no price: it is in no sum, or not with all that it cost. */
  readonly unpriced: boolean
  readonly copy: boolean
}

export class Tally {
  readonly #lines = new Map<string | null, Counts>()
  readonly #copies = new Map<string | null, Counts>()

  add(name: string | null, charge: Charge): void {
    const lines = charge.copy ? this.#copies : this.#lines
    const found = lines.get(name) ?? new Counts()
    lines.set(name, found)
    found.add(charge)
  }

  /** The dearest first; equal ones by name. */
  get lines(): readonly BillLine[] {
    const own = [...this.#lines].map(([name, it]) => it.line(name))
    const copies = [...this.#copies].map(([name, it]) => ({ ...it.line(name), copies: true }))
    return [...own, ...copies].sort(
      (a, b) => b.costMicroUsd - a.costMicroUsd || ((a.name ?? '') < (b.name ?? '') ? -1 : 1),
    )
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
    this.#estimated += it.estimatedMicroUsd
    if (it.unpriced) this.#unpriced += 1
  }

  line(name: string | null): BillLine {
    return {
      name,
      copies: false,
      calls: this.#calls,
      inputTokens: this.#input,
      outputTokens: this.#output,
      costMicroUsd: this.#cost,
      estimatedMicroUsd: this.#estimated,
      unpriced: this.#unpriced,
    }
  }
}
