/**
 * One of the replies of an answer on its way through the guards: its texts in their lanes, and everything in the order
 * in which it came.
 *
 * What comes after a text that is held back waits behind it. A text that another follows is held for so many characters of
 * the other; then it is over, so that a thought which ends in what looks like the beginning of an address does not hold
 * the whole answer.
 */
import type { NeutralDelta } from '../contract/neutral.ts'
import type { Lane } from './lane.ts'
import type { TextKind } from './scan.ts'
import { afterText, beforeText, isTextLike, type TextLike, textIn, textNameOf, withText } from './texts-of.ts'

export interface QueueRoom {
  openLane(kind: TextKind, name: string): Lane
  /** A delta that is no text in pieces, with the texts in it looked at by themselves; `null` for one that may not go out. */
  change(delta: NeutralDelta): NeutralDelta | null
}

/** In characters of other texts. */
const HELD_BEHIND_CHARS = 256

interface TextItem {
  readonly lane: KeyedLane
  until: number
  /** What its text came in. */
  readonly like: TextLike
}

type Item = TextItem | { readonly delta: NeutralDelta }

interface KeyedLane {
  readonly name: string
  readonly lane: Lane
  /** Characters of other texts since its last one. */
  since: number
  dirty: boolean
}

export class CandidateQueue {
  readonly #room: QueueRoom
  readonly #lanes: KeyedLane[] = []
  #items: Item[] = []

  constructor(room: QueueRoom) {
    this.#room = room
  }

  /** Characters that wait. */
  get held(): number {
    let held = 0
    for (const { lane } of this.#lanes) held += lane.held
    return held
  }

  get isWaiting(): boolean {
    return this.#items.length > 0
  }

  push(delta: NeutralDelta): void {
    if (isTextLike(delta)) this.#pushPieces(textNameOf(delta), delta)
    else this.#pushOther(delta)
  }

  /** Puts what may go out now behind `out`. */
  drain(out: NeutralDelta[]): void {
    for (const it of this.#lanes) {
      if (it.since >= HELD_BEHIND_CHARS && it.lane.held > 0) it.lane.advance(true)
      else if (it.dirty) it.lane.advance(false)
      it.dirty = false
    }
    this.#letGo(out)
  }

  /** All of it: nothing more will come, or may be waited for. */
  flush(out: NeutralDelta[]): void {
    for (const it of this.#lanes) end(it)
    this.#letGo(out)
  }

  /** What names a call of a tool goes before its text, what proves a text after it. */
  #pushPieces(name: string, delta: TextLike): void {
    const before = beforeText(delta)
    if (before !== null) this.#items.push({ delta: before })
    const text = textIn(delta)
    if (text !== '') this.#pushText(name, text, delta)
    const after = afterText(delta)
    if (after !== null) this.#items.push({ delta: after })
  }

  #pushOther(delta: NeutralDelta): void {
    const ends = delta.type === 'reasoning_end' ? 'reasoning' : null
    if (ends !== null || delta.type === 'finish') {
      for (const it of this.#lanes) if (ends === null || it.name === ends) end(it)
    }
    const changed = this.#room.change(delta)
    if (changed !== null) this.#items.push({ delta: changed })
  }

  #pushText(name: string, text: string, like: TextLike): void {
    const keyed = this.#laneOf(name, like.type === 'tool_call' ? 'json' : 'text')
    if (keyed.since >= HELD_BEHIND_CHARS && keyed.lane.held > 0) keyed.lane.advance(true)
    keyed.since = 0
    keyed.dirty = true
    keyed.lane.append(text)
    for (const other of this.#lanes) if (other !== keyed) other.since += text.length
    const last = this.#items.at(-1)
    if (last !== undefined && 'lane' in last && last.lane === keyed) last.until = keyed.lane.end
    else this.#items.push({ lane: keyed, until: keyed.lane.end, like })
  }

  #laneOf(name: string, kind: TextKind): KeyedLane {
    for (const it of this.#lanes) if (it.name === name) return it
    const made: KeyedLane = { name, lane: this.#room.openLane(kind, name), since: 0, dirty: false }
    this.#lanes.push(made)
    return made
  }

  #letGo(out: NeutralDelta[]): void {
    const items = this.#items
    let gone = 0
    for (const item of items) {
      if ('delta' in item) out.push(item.delta)
      else {
        const { lane } = item.lane
        const text = lane.render(Math.min(item.until, lane.decided))
        if (text !== '') out.push(withText(item.like, text))
        if (lane.decided < item.until) break
      }
      gone += 1
    }
    if (gone === items.length) items.length = 0
    else if (gone > 0) this.#items = items.slice(gone)
  }
}

function end(it: KeyedLane): void {
  it.lane.advance(true)
  it.dirty = false
}
