/**
 * Several keys for one provider. One is used until the provider refuses it; then it rests, and the next goes on.
 *
 * One after another and not in turns: a provider's prompt cache belongs to the account behind a key, so calls that
 * change keys without need pay for the same prompt again.
 *
 * How a key stands is carried over reloads by the reference that names it (`${env:KEY_2}`), so adding, removing or
 * reordering keys neither wakes one that rests nor puts another to sleep. When all rest, the one that is due first
 * is used: a refusal of the provider tells more than one of ours.
 */
import type { CredentialRing } from '../contract/routing.ts'

/** What is carried: until when each rests, by reference. Monotonic milliseconds. */
export type CredentialRests = Map<string, number>

export function createCredentialRests(): CredentialRests {
  return new Map()
}

export function createCredentialRing(rests: CredentialRests, references: readonly string[]): CredentialRing {
  return new Ring(rests, references)
}

class Ring implements CredentialRing {
  readonly #rests: CredentialRests
  readonly #references: readonly string[]

  constructor(rests: CredentialRests, references: readonly string[]) {
    this.#rests = rests
    this.#references = references
  }

  get count(): number {
    return this.#references.length
  }

  current(nowMs: number): number {
    let first = 0
    let firstAt = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#references.length; i += 1) {
      const until = this.#rests.get(this.#references[i] ?? '') ?? 0
      if (until <= nowMs) return i
      if (until < firstAt) {
        first = i
        firstAt = until
      }
    }
    return first
  }

  rest(index: number, forMs: number, nowMs: number): boolean {
    const reference = this.#references[index]
    if (reference === undefined) return false
    const until = Math.max(nowMs + forMs, this.#rests.get(reference) ?? 0)
    this.#rests.set(reference, until)
    return this.#references.some((it) => (this.#rests.get(it) ?? 0) <= nowMs)
  }
}
