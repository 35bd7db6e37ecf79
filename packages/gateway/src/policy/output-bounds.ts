/**
 * How long replies get where the request sets no bound: by route, the longest of late, forgotten slowly. It is what
 * such a call is held for; a reply that is longer is paid for when it is over, and the next is held for more.
 *
 * Belongs to no version: routes are known by name, and what they answered is not undone by a reload.
 */

/** For a route that has not answered yet. */
const AT_FIRST = 4096
/** Share of the distance to a shorter reply that is forgotten with each one. */
const FORGOTTEN = 0.01
/** Routes are names of the settings; more than that over a process's life are not remembered. */
const MOST_ROUTES = 10_000

export class OutputBounds {
  readonly #bounds = new Map<string, number>()

  of(route: string): number {
    return Math.ceil(this.#bounds.get(route) ?? AT_FIRST)
  }

  learn(route: string, outputTokens: number): void {
    const known = this.#bounds.get(route)
    if (known === undefined && this.#bounds.size >= MOST_ROUTES) return
    const before = known ?? outputTokens
    const next = outputTokens >= before ? outputTokens : before - (before - outputTokens) * FORGOTTEN
    this.#bounds.set(route, next)
  }
}
