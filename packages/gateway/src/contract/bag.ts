/**
 * A set for what comes and goes with each call: adding and removing are a store or two each, in no order.
 *
 * Why not `Set`: after a few removals it moves to a new table and leaves the old one pointing to it. Once one of
 * these has grown old, the garbage collector takes each later one, and all that was in it, for held by somebody until
 * its next full collection: every call of a busy gateway was moved to the old generation so, and each of the small
 * collections took five times as long.
 */

export interface InBag {
  /** Its place; -1 while it is in no bag. Written by the bag alone. */
  place: number
}

export class Bag<Item extends InBag> implements Iterable<Item> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  /** What is in a bag already stays there. */
  add(item: Item): void {
    if (item.place !== -1) return
    item.place = this.#items.length
    this.#items.push(item)
  }

  /** What is in no bag is left alone. */
  delete(item: Item): void {
    const { place } = item
    if (place === -1) return
    item.place = -1
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    last.place = place
    this.#items[place] = last
  }

  find(isMeant: (item: Item) => boolean): Item | null {
    return this.#items.find(isMeant) ?? null
  }

  /** Those that are in it now, without those that leave before their turn. */
  *[Symbol.iterator](): Generator<Item> {
    for (const item of this.#items.slice()) if (item.place !== -1) yield item
  }
}
