/**
 * One answer on its way through the guards of its route, whole or in pieces.
 *
 * First those that read a text as it comes, each place of it once and in any pieces the same; then, where a guard needs
 * the whole, everything waits for the end and is judged. Once an answer is blocked nothing of it comes out any more.
 */
import type { Blocked, Finding, OutputRun, Passed } from '../contract/guards.ts'
import type { Leaving } from '../contract/leaving.ts'
import type { NeutralDelta } from '../contract/neutral.ts'
import { changeValue } from './body-texts.ts'
import { CandidateQueue, type QueueRoom } from './candidate-queue.ts'
import type { CompiledGuard } from './guard.ts'
import { judgeAnswer } from './judge-answer.ts'
import { Lane, type LaneFinder } from './lane.ts'
import type { Placeholders } from './placeholders.ts'
import type { TextKind } from './scan.ts'
import { ShadowAnswer } from './shadow-answer.ts'
import { Tally } from './tally.ts'
import { placeholderFinder, writtenAs } from './unmask.ts'
import { TimedWork } from './work-meter.ts'

export interface AnswerRunOptions {
  readonly guards: readonly CompiledGuard[]
  /** What was masked on the way in. */
  readonly placeholders: Placeholders
  readonly mostWorkMs: number
  readonly now: () => number
  readonly leaving: Leaving
}

const NOTHING: readonly NeutralDelta[] = Object.freeze([])
/** Of an answer that is held back as a whole. */
const MOST_WHOLE_CHARS = 1_048_576

export class AnswerRun implements OutputRun {
  readonly #options: AnswerRunOptions
  readonly #reading: readonly CompiledGuard[]
  readonly #sizes: readonly CompiledGuard[]
  readonly #judging: readonly CompiledGuard[]
  readonly #finders: readonly LaneFinder[]
  readonly #work: TimedWork
  readonly #tally = new Tally()
  readonly #shadow: ShadowAnswer | null
  readonly #queues = new Map<number, CandidateQueue>()
  readonly #room: QueueRoom
  /** What waits for those that judge the whole; `null` where none does. */
  #whole: NeutralDelta[] | null
  #wholeChars = 0
  #chars = 0
  #blocked: Blocked | null = null
  #waitsSince: number | null = null
  #most = { chars: 0, ms: 0 }
  later: Promise<readonly Finding[]> | null = null

  constructor(options: AnswerRunOptions) {
    this.#options = options
    const acting = options.guards.filter((it) => it.action !== 'shadow')
    this.#reading = acting.filter((it) => it.finder !== null)
    this.#sizes = acting.filter((it) => it.size !== null)
    this.#judging = acting.filter((it) => it.judge !== null)
    this.#work = new TimedWork(options.mostWorkMs, options.now)
    this.#finders = this.#lanesFinders(options.placeholders.values)
    this.#shadow = ShadowAnswer.of(options)
    this.#whole = this.#judging.length > 0 ? [] : null
    this.#room = {
      openLane: (kind, name) => this.#openLane(kind, name),
      change: (delta) => this.#change(delta),
    }
  }

  take(deltas: readonly NeutralDelta[]): Passed {
    if (this.#blocked !== null) return this.#blocked
    this.#shadow?.take(deltas)
    return this.#within(() => {
      const out: NeutralDelta[] = []
      for (const it of deltas) this.#push(it, out)
      for (const it of this.#queues.values()) for (const delta of it.drain()) out.push(delta)
      return out
    })
  }

  end(): Passed | Promise<Passed> {
    this.later = this.#shadow?.finish() ?? null
    if (this.#blocked !== null) return this.#blocked
    const rest = this.#within(() => [...this.#queues.values()].flatMap((it) => it.flush()))
    const whole = this.#whole
    if ('blocked' in rest || whole === null) return rest
    this.#whole = null
    return this.#judge(whole)
  }

  get lapsesAt(): number | null {
    if (this.#waitsSince === null || this.#blocked !== null || this.#maxHoldMs === null) return null
    return this.#waitsSince + this.#maxHoldMs
  }

  lapse(): Passed {
    if (this.#blocked !== null) return this.#blocked
    const closed = this.#reading.find(
      (it) => it.maxHoldMs !== null && it.failure === 'closed' && it.action !== 'log',
    )
    if (closed !== undefined) {
      this.#tally.add(closed.name, 'unsure')
      return this.#block(closed)
    }
    for (const it of this.#reading) if (it.maxHoldMs !== null) this.#tally.add(it.name, 'unsure')
    return this.#within(() => [...this.#queues.values()].flatMap((it) => it.flush()))
  }

  get findings(): readonly Finding[] {
    return this.#tally.findings
  }

  get held(): { readonly chars: number; readonly ms: number } {
    return this.#most
  }

  get #maxHoldMs(): number | null {
    let least: number | null = null
    for (const { maxHoldMs } of this.#reading) {
      if (maxHoldMs !== null && (least === null || maxHoldMs < least)) least = maxHoldMs
    }
    return least
  }

  #lanesFinders(values: ReadonlyMap<string, string>): readonly LaneFinder[] {
    const finders = this.#reading.flatMap(({ finder, action }) =>
      finder === null ? [] : [{ finder, holds: action !== 'log' }],
    )
    return values.size === 0 ? finders : [...finders, { finder: placeholderFinder(values), holds: true }]
  }

  #push(delta: NeutralDelta, out: NeutralDelta[]): void {
    if (delta.type === 'start' || delta.type === 'usage' || delta.type === 'error') {
      out.push(delta)
      return
    }
    this.#countSize(delta)
    const candidate = delta.candidate ?? 0
    let queue = this.#queues.get(candidate)
    if (queue === undefined) {
      queue = new CandidateQueue(this.#room)
      this.#queues.set(candidate, queue)
    }
    queue.push(delta)
  }

  #countSize(delta: NeutralDelta): void {
    if (this.#sizes.length === 0) return
    const before = this.#chars
    if ('text' in delta) this.#chars += delta.text.length
    else if (delta.type === 'tool_call') this.#chars += delta.arguments?.length ?? 0
    for (const it of this.#sizes) {
      const most = it.size?.mostChars ?? Number.POSITIVE_INFINITY
      if (before <= most && this.#chars > most) this.#act(it)
    }
  }

  /** Looks, within the time there is for it, and says what may go out. */
  #within(look: () => readonly NeutralDelta[]): Passed {
    this.#work.begin()
    const out = look()
    this.#work.end()
    if (this.#work.isSpent) this.#giveUp()
    if (this.#blocked !== null) return this.#blocked
    this.#measure(out.length > 0)
    return this.#whole === null ? out : this.#keep(this.#whole, out)
  }

  #keep(whole: NeutralDelta[], out: readonly NeutralDelta[]): Passed {
    for (const it of out) {
      whole.push(it)
      if ('text' in it) this.#wholeChars += it.text.length
    }
    if (this.#wholeChars <= MOST_WHOLE_CHARS) return NOTHING
    this.#whole = null
    const closed = this.#unsure(this.#judging)
    return closed ?? whole
  }

  async #judge(whole: readonly NeutralDelta[]): Promise<Passed> {
    const { leaving, placeholders } = this.#options
    const judged = await judgeAnswer(whole, {
      guards: this.#judging,
      tally: this.#tally,
      about: { direction: 'output', signal: leaving.signal, values: placeholders.values },
      placeholders,
    })
    if (!('blocks' in judged)) return judged
    return this.#block(judged.blocks)
  }

  #giveUp(): void {
    const readers = this.#reading.filter((it) => it.action !== 'log')
    if (!this.#gaveUp) this.#unsure(readers)
    this.#gaveUp = true
  }

  #gaveUp = false

  #unsure(guards: readonly CompiledGuard[]): Blocked | null {
    for (const it of guards) this.#tally.add(it.name, 'unsure')
    const closed = guards.find((it) => it.failure === 'closed' && it.action !== 'log')
    return closed === undefined ? null : this.#block(closed)
  }

  #measure(moved: boolean): void {
    let chars = 0
    let isWaiting = false
    for (const it of this.#queues.values()) {
      chars += it.held
      isWaiting ||= it.isWaiting
    }
    const now = this.#options.now()
    const { chars: most, ms } = this.#most
    const waited = this.#waitsSince === null ? 0 : now - this.#waitsSince
    if (chars > most || waited > ms) this.#most = { chars: Math.max(chars, most), ms: Math.max(waited, ms) }
    if (!isWaiting) this.#waitsSince = null
    else if (moved || this.#waitsSince === null) this.#waitsSince = now
  }

  #openLane(kind: TextKind, name: string): Lane {
    // Thoughts are proven by a signature over what the model wrote: what it saw masked stays so.
    const isThought = name === 'reasoning'
    const finders = isThought ? this.#finders.slice(0, this.#reading.length) : this.#finders
    return new Lane({ kind, finders, work: this.#work, watcher: { onMatch: (...it) => this.#onMatch(it) } })
  }

  #onMatch([finder, start, end, label]: readonly [number, number, number, string]) {
    const guard = this.#reading[finder]
    if (guard === undefined) return this.#putBack(start, end, label)
    if (!this.#act(guard)) return null
    const { placeholders } = this.#options
    return { start, end, rank: 1, put: (covered: string) => placeholders.of(label, covered) }
  }

  #putBack(start: number, end: number, placeholder: string) {
    this.#tally.add('placeholders', 'unmasked')
    const value = this.#options.placeholders.values.get(placeholder) ?? placeholder
    return { start, end, rank: 0, put: (_: string, kind: TextKind) => writtenAs(value, kind) }
  }

  /** Does what the guard does when it has found something; true when that is to mask. */
  #act(guard: CompiledGuard): boolean {
    if (guard.action === 'mask') {
      this.#tally.add(guard.name, 'masked')
      return true
    }
    if (guard.action === 'block') this.#block(guard)
    else this.#tally.add(guard.name, 'noted')
    return false
  }

  #block(guard: CompiledGuard): Blocked {
    if (this.#blocked !== null) return this.#blocked
    this.#tally.add(guard.name, 'blocked')
    this.#blocked = { blocked: guard.name, message: guard.message, findings: this.#tally.findings }
    return this.#blocked
  }

  #change(delta: NeutralDelta): NeutralDelta | null {
    if (this.#finders.every((it) => !it.holds)) return delta
    // Each token is in it, as the model wrote it.
    if (delta.type === 'logprobs') return null
    if (delta.type === 'media') {
      return delta.transcript === undefined ? delta : { ...delta, transcript: this.#read(delta.transcript) }
    }
    if (delta.type === 'other') return { ...delta, value: changeValue(delta.value, (it) => this.#read(it)) }
    if (delta.type !== 'citation') return delta
    const { citation } = delta
    const { text, title } = citation
    const read = {
      ...(text === undefined ? {} : { text: this.#read(text) }),
      ...(title === undefined ? {} : { title: this.#read(title) }),
    }
    return { ...delta, citation: { ...citation, ...read } }
  }

  /** A text that comes as a whole. */
  #read(text: string): string {
    const lane = this.#openLane('text', 'whole')
    lane.append(text)
    lane.advance(true)
    return lane.render(lane.end)
  }
}
