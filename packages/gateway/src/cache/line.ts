/**
 * Things in an order, where the first is found and any one is taken out at once, however many came and went.
 *
 * Why not the order of a `Map` or a `Set`: what is taken out of them leaves a hole until the whole table is made anew,
 * and who looks for the first one walks over all the holes before it: thousands, where the oldest always go.
 */

export interface InLine<Item> {
  /** Its neighbours. Written by the line alone. */
  before: Item | null
  after: Item | null
}

export class Line<Item extends InLine<Item>> {
  #first: Item | null = null
  #last: Item | null = null

  get first(): Item | null {
    return this.#first
  }

  /** One that is in no line. */
  push(item: Item): void {
    item.before = this.#last
    item.after = null
    if (this.#last === null) this.#first = item
    else this.#last.after = item
    this.#last = item
  }

  /** One that is in this line. */
  take(item: Item): void {
    const { before, after } = item
    if (before === null) this.#first = after
    else before.after = after
    if (after === null) this.#last = before
    else after.before = before
    // Who is gone must hold nobody: an old one would keep all that came after it.
    item.before = null
    item.after = null
  }
}
