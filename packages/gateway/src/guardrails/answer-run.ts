/**
 * One answer on its way through the guards of its route, whole or in pieces.
 *
 * First those that read a text as it comes, each place of it once and in any pieces the same; then, where a guard needs
 * the whole, everything waits for the end and is judged. Once an answer is blocked nothing of it comes out any more.
 */
import type { Blocked, Finding, InputLooked, OutputRun, Passed } from '../contract/guards.ts'
import type { Leaving } from '../contract/leaving.ts'
import type { NeutralDelta } from '../contract/neutral.ts'
import { type AnswerPlan, isClearAnswer } from './answer-plan.ts'
import { CandidateQueue, type QueueRoom } from './candidate-queue.ts'
import type { CompiledGuard } from './guard.ts'
import { judgeAnswer } from './judge-answer.ts'
import { Lane, type LaneFinder } from './lane.ts'
import { placeholdersFor } from './look-at-request.ts'
import type { Placeholders } from './placeholders.ts'
import type { TextKind } from './scan.ts'
import { ShadowAnswer } from './shadow-answer.ts'
import { Tally } from './tally.ts'
import { isTextLike, textIn, withWholeTexts } from './texts-of.ts'
import { placeholderFinder, writtenAs } from './unmask.ts'
import { TimedWork } from './work-meter.ts'

const NOTHING: readonly NeutralDelta[] = Object.freeze([])
const NO_VALUES: ReadonlyMap<string, string> = new Map()
const NO_HOLD = Object.freeze({ chars: 0, ms: 0 })
/** Of an answer that is held back as a whole. */
const MOST_WHOLE_CHARS = 1_048_576

export class AnswerRun implements OutputRun {
  readonly #plan: AnswerPlan
  readonly #looked: InputLooked | null
  readonly #leaving: Leaving
  /** What was masked on the way in. */
  readonly #values: ReadonlyMap<string, string>
  readonly #shadow: ShadowAnswer | null
  /** Made with the first text that has to be read as it comes. */
  #reading: Reading | null = null
  #tally: Tally | null = null
  #placeholders: Placeholders | null = null
  /** What waits for those that judge the whole; `null` where none does. */
  #whole: NeutralDelta[] | null
  #wholeChars = 0
  #chars = 0
  #blocked: Blocked | null = null
  #gaveUp = false
  #waitsSince: number | null = null
  #most: { readonly chars: number; readonly ms: number } = NO_HOLD
  later: Promise<readonly Finding[]> | null = null

  constructor(plan: AnswerPlan, looked: InputLooked | null, leaving: Leaving) {
    this.#plan = plan
    this.#looked = looked
    this.#leaving = leaving
    this.#values = looked?.masked ?? NO_VALUES
    this.#shadow = plan.trying.length === 0 ? null : new ShadowAnswer({ ...plan, guards: plan.trying })
    this.#whole = plan.judging.length > 0 ? [] : null
  }

  take(deltas: readonly NeutralDelta[]): Passed {
    if (this.#blocked !== null) return this.#blocked
    this.#shadow?.take(deltas)
    if (this.#reading === null && this.#isClear(deltas)) return deltas
    const reading = this.#read()
    reading.work.begin()
    const out: NeutralDelta[] = []
    for (const it of deltas) this.#push(it, reading, out)
    for (const it of reading.queues) it.drain(out)
    return this.#pass(out, reading)
  }

  end(): Passed | Promise<Passed> {
    this.later = this.#shadow?.finish() ?? null
    if (this.#blocked !== null) return this.#blocked
    const rest = this.#flush()
    const whole = this.#whole
    if ('blocked' in rest || whole === null) return rest
    this.#whole = null
    return this.#judge(whole)
  }

  get lapsesAt(): number | null {
    const { maxHoldMs } = this.#plan
    if (this.#waitsSince === null || this.#blocked !== null || maxHoldMs === null) return null
    return this.#waitsSince + maxHoldMs
  }

  lapse(): Passed {
    if (this.#blocked !== null) return this.#blocked
    const { reading } = this.#plan
    const closed = reading.find(
      (it) => it.maxHoldMs !== null && it.failure === 'closed' && it.action !== 'log',
    )
    if (closed !== undefined) {
      this.#note(closed.name, 'unsure')
      return this.#block(closed)
    }
    for (const it of reading) if (it.maxHoldMs !== null) this.#note(it.name, 'unsure')
    return this.#flush()
  }

  get findings(): readonly Finding[] {
    return this.#tally?.findings ?? NO_FINDINGS
  }

  get held(): { readonly chars: number; readonly ms: number } {
    return this.#most
  }

  /** The whole of an answer that nothing is found in: nothing is opened for it. */
  #isClear(deltas: readonly NeutralDelta[]): boolean {
    const { clears, sizes } = this.#plan
    if (clears === null || sizes.length > 0) return false
    const hasValues = this.#values.size > 0
    return isClearAnswer(deltas, (text) => {
      for (const isClear of clears) if (!isClear(text)) return false
      return !hasValues || !text.includes('[')
    })
  }

  #read(): Reading {
    if (this.#reading !== null) return this.#reading
    const { finders, mostWorkMs, now, isMetered } = this.#plan
    const values = this.#values
    const room: QueueRoom = {
      openLane: (kind, name) => this.#openLane(kind, name),
      change: (delta) => this.#change(delta),
    }
    this.#reading = {
      work: isMetered ? new TimedWork(mostWorkMs, now) : NO_METER,
      finders: values.size === 0 ? finders : [...finders, { finder: placeholderFinder(values), holds: true }],
      room,
      queues: [],
      byCandidate: new Map(),
    }
    return this.#reading
  }

  #push(delta: NeutralDelta, reading: Reading, out: NeutralDelta[]): void {
    if (delta.type === 'start' || delta.type === 'usage' || delta.type === 'error') {
      out.push(delta)
      return
    }
    this.#countSize(delta)
    const candidate = delta.candidate ?? 0
    let queue = reading.byCandidate.get(candidate)
    if (queue === undefined) {
      queue = new CandidateQueue(reading.room)
      reading.byCandidate.set(candidate, queue)
      reading.queues.push(queue)
    }
    queue.push(delta)
  }

  #countSize(delta: NeutralDelta): void {
    const { sizes } = this.#plan
    if (sizes.length === 0) return
    const before = this.#chars
    if (isTextLike(delta)) this.#chars += textIn(delta).length
    for (const it of sizes) {
      const most = it.size?.mostChars ?? Number.POSITIVE_INFINITY
      if (before <= most && this.#chars > most) this.#act(it)
    }
  }

  /** All that is still held back. */
  #flush(): Passed {
    const reading = this.#reading
    if (reading === null) return NOTHING
    reading.work.begin()
    const out: NeutralDelta[] = []
    for (const it of reading.queues) it.flush(out)
    return this.#pass(out, reading)
  }

  /** What may go out of what was looked at within the time there is for it. */
  #pass(out: readonly NeutralDelta[], { work, queues }: Reading): Passed {
    work.end()
    if (work.isSpent) this.#giveUp()
    if (this.#blocked !== null) return this.#blocked
    this.#measure(queues, out.length > 0)
    return this.#whole === null ? out : this.#keep(this.#whole, out)
  }

  #keep(whole: NeutralDelta[], out: readonly NeutralDelta[]): Passed {
    for (const it of out) {
      whole.push(it)
      if (isTextLike(it)) this.#wholeChars += textIn(it).length
    }
    if (this.#wholeChars <= MOST_WHOLE_CHARS) return NOTHING
    this.#whole = null
    const closed = this.#unsure(this.#plan.judging)
    return closed ?? whole
  }

  async #judge(whole: readonly NeutralDelta[]): Promise<Passed> {
    const judged = await judgeAnswer(whole, {
      guards: this.#plan.judging,
      tally: this.#counts(),
      about: { direction: 'output', signal: this.#leaving.signal, values: this.#values },
      placeholders: this.#placeholdersMade(),
    })
    if (!('blocks' in judged)) return judged
    return this.#block(judged.blocks)
  }

  #giveUp(): void {
    const readers = this.#plan.reading.filter((it) => it.action !== 'log')
    if (!this.#gaveUp) this.#unsure(readers)
    this.#gaveUp = true
  }

  #unsure(guards: readonly CompiledGuard[]): Blocked | null {
    for (const it of guards) this.#note(it.name, 'unsure')
    const closed = guards.find((it) => it.failure === 'closed' && it.action !== 'log')
    return closed === undefined ? null : this.#block(closed)
  }

  #measure(queues: readonly CandidateQueue[], moved: boolean): void {
    let chars = 0
    let isWaiting = false
    for (const it of queues) {
      chars += it.held
      isWaiting ||= it.isWaiting
    }
    if (!isWaiting && this.#waitsSince === null && chars === 0) return
    const now = this.#plan.now()
    const { chars: most, ms } = this.#most
    const waited = this.#waitsSince === null ? 0 : now - this.#waitsSince
    if (chars > most || waited > ms) this.#most = { chars: Math.max(chars, most), ms: Math.max(waited, ms) }
    if (!isWaiting) this.#waitsSince = null
    else if (moved || this.#waitsSince === null) this.#waitsSince = now
  }

  #openLane(kind: TextKind, name: string): Lane {
    // Thoughts are proven by a signature over what the model wrote: what it saw masked stays so.
    const { work, finders } = this.#read()
    const own = name === 'reasoning' ? this.#plan.finders : finders
    return new Lane({ kind, finders: own, work, watcher: { onMatch: (...it) => this.#onMatch(it) } })
  }

  #onMatch([finder, start, end, label]: readonly [number, number, number, string]) {
    const guard = this.#plan.reading[finder]
    if (guard === undefined) return this.#putBack(start, end, label)
    if (!this.#act(guard)) return null
    const put = (covered: string): string => this.#placeholdersMade().of(label, covered)
    return { start, end, rank: 1, put }
  }

  #putBack(start: number, end: number, placeholder: string) {
    this.#note('placeholders', 'unmasked')
    const value = this.#values.get(placeholder) ?? placeholder
    return { start, end, rank: 0, put: (_: string, kind: TextKind) => writtenAs(value, kind) }
  }

  /** Does what the guard does when it has found something; true when that is to mask. */
  #act(guard: CompiledGuard): boolean {
    if (guard.action === 'mask') {
      this.#note(guard.name, 'masked')
      return true
    }
    if (guard.action === 'block') this.#block(guard)
    else this.#note(guard.name, 'noted')
    return false
  }

  #block(guard: CompiledGuard): Blocked {
    if (this.#blocked !== null) return this.#blocked
    this.#note(guard.name, 'blocked')
    this.#blocked = { blocked: guard.name, message: guard.message, findings: this.findings }
    return this.#blocked
  }

  #change(delta: NeutralDelta): NeutralDelta | null {
    if (!this.#plan.holds && this.#values.size === 0) return delta
    // Each token is in it, as the model wrote it.
    if (delta.type === 'logprobs') return null
    return withWholeTexts(delta, (it) => this.#readWhole(it))
  }

  /** A text that comes as a whole. */
  #readWhole(text: string): string {
    const lane = this.#openLane('text', 'whole')
    lane.append(text)
    lane.advance(true)
    return lane.render(lane.end)
  }

  #note(guard: string, did: Finding['did']): void {
    this.#counts().add(guard, did)
  }

  #counts(): Tally {
    this.#tally ??= new Tally()
    return this.#tally
  }

  /** Goes on counting where the request has ended. */
  #placeholdersMade(): Placeholders {
    this.#placeholders ??= placeholdersFor(this.#looked)
    return this.#placeholders
  }
}

/** What an answer is read with. */
interface Reading {
  readonly work: TimedWork | typeof NO_METER
  readonly finders: readonly LaneFinder[]
  readonly room: QueueRoom
  /** In the order in which they began. */
  readonly queues: CandidateQueue[]
  readonly byCandidate: Map<number, CandidateQueue>
}

/** Where nobody asks. */
const NO_METER = { isSpent: false, begin: () => undefined, end: () => undefined, goesOn: () => true } as const
const NO_FINDINGS: readonly Finding[] = Object.freeze([])
