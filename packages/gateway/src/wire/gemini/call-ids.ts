/**
 * Ids of function calls. Google's are optional, and older models give none: then an answer belongs to the first
 * call of that name that has none yet. Everybody else needs ids, so they are made here.
 *
 * A made id says that it is one, and is left out when it goes to Google again.
 */
import { randomUUID } from 'node:crypto'

const MADE = 'call_gemini_'

export function isMadeId(id: string): boolean {
  return id.startsWith(MADE)
}

/** For a call in a reply. `reply` is the reply's own id, so that ids of two turns differ. */
export function madeReplyId(reply: string, candidate: number, index: number): string {
  const from = reply.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 32) || randomUUID().slice(0, 18)
  return `${MADE}${from}_${candidate === 0 ? '' : `${candidate}_`}${index}`
}

/** Gives each call and answer of a conversation the id that it has or would have. */
export class ConversationIds {
  #made = 0
  /** Made ids of calls that have no answer yet, by name. */
  readonly #open = new Map<string, string[]>()

  ofCall(name: string, id: string | undefined): string {
    if (id !== undefined && id !== '') return id
    const made = this.#next()
    const open = this.#open.get(name)
    if (open === undefined) this.#open.set(name, [made])
    else open.push(made)
    return made
  }

  ofAnswer(name: string, id: string | undefined): string {
    if (id !== undefined && id !== '') return id
    return this.#open.get(name)?.shift() ?? this.#next()
  }

  #next(): string {
    this.#made += 1
    return `${MADE}${this.#made}`
  }
}
