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
import { textOf, type WriteText } from './texts-of.ts'

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
  readonly write: WriteText
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
  readonly #lanes = new Map<string, KeyedLane>()
  readonly #items: Item[] = []
  isFinished = false

  constructor(room: QueueRoom) {
    this.#room = room
  }

  /** Characters that wait. */
  get held(): number {
    let held = 0
    for (const { lane } of this.#lanes.values()) held += lane.held
    return held
  }

  get isWaiting(): boolean {
    return this.#items.length > 0
  }

  push(delta: NeutralDelta): void {
    const piece = textOf(delta)
    if (piece === null) {
      this.#pushOther(delta)
      return
    }
    if (piece.before !== null) this.#items.push({ delta: piece.before })
    if (piece.text !== '') this.#pushText(piece.name, piece.kind, piece)
    if (piece.after !== null) this.#items.push({ delta: piece.after })
  }

  /** What may go out now. */
  drain(): NeutralDelta[] {
    for (const it of this.#lanes.values()) {
      if (it.since >= HELD_BEHIND_CHARS && it.lane.held > 0) it.lane.advance(true)
      else if (it.dirty) it.lane.advance(false)
      it.dirty = false
    }
    return this.#letGo()
  }

  /** All of it: nothing more will come, or may be waited for. */
  flush(): NeutralDelta[] {
    this.#endAll()
    return this.#letGo()
  }

  #pushOther(delta: NeutralDelta): void {
    if (delta.type === 'finish') {
      this.isFinished = true
      this.#endAll()
    } else if (delta.type === 'reasoning_end') this.#end('reasoning')
    const changed = this.#room.change(delta)
    if (changed !== null) this.#items.push({ delta: changed })
  }

  #pushText(name: string, kind: TextKind, { text, write }: { text: string; write: WriteText }): void {
    const keyed = this.#laneOf(name, kind)
    if (keyed.since >= HELD_BEHIND_CHARS && keyed.lane.held > 0) keyed.lane.advance(true)
    keyed.since = 0
    keyed.dirty = true
    keyed.lane.append(text)
    for (const other of this.#lanes.values()) if (other !== keyed) other.since += text.length
    const last = this.#items.at(-1)
    if (last !== undefined && 'lane' in last && last.lane === keyed) last.until = keyed.lane.end
    else this.#items.push({ lane: keyed, until: keyed.lane.end, write })
  }

  #laneOf(name: string, kind: TextKind): KeyedLane {
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const made: KeyedLane = { name, lane: this.#room.openLane(kind, name), since: 0, dirty: false }
    this.#lanes.set(name, made)
    return made
  }

  #end(name: string): void {
    const keyed = this.#lanes.get(name)
    keyed?.lane.advance(true)
    if (keyed !== undefined) keyed.dirty = false
  }

  #endAll(): void {
    for (const name of this.#lanes.keys()) this.#end(name)
  }

  #letGo(): NeutralDelta[] {
    const out: NeutralDelta[] = []
    let gone = 0
    for (const item of this.#items) {
      if ('delta' in item) out.push(item.delta)
      else {
        const { lane } = item.lane
        const text = lane.render(Math.min(item.until, lane.decided))
        if (text !== '') out.push(item.write(text))
        if (lane.decided < item.until) break
      }
      gone += 1
    }
    if (gone > 0) this.#items.splice(0, gone)
    return out
  }
}
