/**
 * A whole answer in another format: parsed, and written in the caller's. One in the caller's own that only had to be looked
 * at goes out as it came, unless something in it was changed: nobody knows all fields of a format. What is said in those
 * that nobody knows is looked at too, and stays where the rest is written anew.
 */
import type { OutputRun, Passed } from '../../contract/guards.ts'
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { Wire } from '../../contract/wire.ts'
import { isFields } from '../../wire/fields.ts'
import { markSigner } from '../../wire/signature-origin.ts'
import { isUnread, unreadIn, withUnread } from '../../wire/unread-fields.ts'
import { brokenEndOf } from './broken-end.ts'
import { passWhole } from './guarded-answer.ts'
import type { Reply, ReplyPort } from './reply.ts'
import { failureIn } from './whole-failure.ts'

const LARGEST_BYTES = 32 * 1024 * 1024

export class TranslatedReply implements Reply {
  readonly #port: ReplyPort
  readonly #wire: Wire
  readonly #run: OutputRun | null
  readonly #isOwn: boolean
  #chunks: Buffer[] = []
  #bytes = 0

  /** `run`: what it goes through on its way out; `null` for nothing. `isOwn`: its bytes would do for the caller. */
  constructor(
    port: ReplyPort,
    wire: Wire,
    { run, isOwn }: { readonly run: OutputRun | null; readonly isOwn: boolean },
  ) {
    this.#port = port
    this.#wire = wire
    this.#run = run
    this.#isOwn = isOwn
  }

  onData(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > LARGEST_BYTES) this.#port.fault('upstream.protocol')
  }

  onEnd(): void {
    const body = this.#bytesAsCame()
    const failure = failureIn(body, this.#wire)
    if (failure !== null) {
      this.#port.fault('upstream.failed', failure, body)
      return
    }
    const deltas = this.#read()
    if (deltas === null) {
      this.#port.fault('upstream.protocol')
      return
    }
    let refused = false
    for (const delta of deltas) {
      if (delta.type === 'usage') this.#port.seenUsage(delta.usage)
      else if (delta.type === 'start') this.#port.seenModel(delta.model)
      else if (delta.type === 'finish') this.#port.seenFinish(delta.reason)
      else if (delta.type === 'refusal') refused = true
    }
    if (refused) this.#port.seenFinish('refusal')
    const broken = brokenEndOf(deltas)
    if (broken !== null) {
      this.#port.fault(broken.code, broken.status)
      return
    }
    this.#port.commit()
    if (this.#run === null) {
      this.#reply(deltas)
      return
    }
    const passed = passWhole(this.#run, deltas)
    if (passed instanceof Promise) this.#port.later(passed, (it) => this.#pass(deltas, it))
    else this.#pass(deltas, passed)
  }

  tell(): void {
    this.#port.replyBroken()
  }

  #pass(came: readonly NeutralDelta[], passed: Passed): void {
    if ('blocked' in passed) this.#port.replyBlocked(passed, '')
    else if (this.#isOwn && saysTheSame(came, passed)) {
      this.#port.replyWhole(200, 'application/json', this.#bytesAsCame())
    } else this.#reply(passed)
  }

  #bytesAsCame(): Buffer {
    const [first] = this.#chunks
    if (this.#chunks.length === 1 && first !== undefined) return first
    // Asked for up to three times.
    const whole = Buffer.concat(this.#chunks)
    this.#chunks = [whole]
    return whole
  }

  #reply(deltas: readonly NeutralDelta[]): void {
    const unread = deltas.find(isUnread)
    const read = unread === undefined ? deltas : deltas.filter((it) => it !== unread)
    const reply = this.#port.callerWire.writeReply(read, this.#port.about)
    const whole = unread === undefined ? reply : withUnread(reply, unread)
    this.#port.replyWhole(200, 'application/json', JSON.stringify(whole))
  }

  #read(): readonly NeutralDelta[] | null {
    try {
      const body: unknown = JSON.parse(this.#bytesAsCame().toString())
      if (!isFields(body)) return null
      const deltas = this.#wire.parseReply(body)
      const { name } = this.#wire
      if (name !== this.#port.callerWire.name) return deltas.map((it) => markSigner(it, name))
      const unread = this.#isOwn && this.#run !== null ? unreadIn(body, name) : null
      return unread === null ? deltas : [...deltas, unread]
    } catch {
      return null
    }
  }
}

/** Whether the guards have let everything through as it was; in one piece or in several is the same. */
function saysTheSame(came: readonly NeutralDelta[], passed: readonly NeutralDelta[]): boolean {
  if (came === passed) return true
  // Nearly every other is one text among pieces that nobody looks into.
  const [one, other] = [onlyText(came), onlyText(passed)]
  if (one !== null && one === other) return true
  return textOf(came) === textOf(passed)
}

/** The text of an answer that has no other; `null` for any other. */
function onlyText(deltas: readonly NeutralDelta[]): string | null {
  let text = ''
  for (const it of deltas) {
    if (it.type === 'text' && it.candidate === undefined && it.signature === undefined) text += it.text
    else if (it.type !== 'start' && it.type !== 'usage' && it.type !== 'finish') return null
  }
  return text
}

function textOf(deltas: readonly NeutralDelta[]): string {
  const texts = new Map<string, string>()
  for (const it of deltas) {
    const candidate = 'candidate' in it ? (it.candidate ?? 0) : 0
    const [name, text] = pieceOf(it)
    const key = `${candidate} ${name}`
    texts.set(key, (texts.get(key) ?? '') + text)
  }
  return JSON.stringify([...texts].filter(([, text]) => text !== '').sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What it is a piece of, and what it adds. What has no text is compared as a whole. */
function pieceOf(delta: NeutralDelta): readonly [name: string, text: string] {
  if (delta.type === 'text' || delta.type === 'refusal' || delta.type === 'reasoning')
    return [delta.type, delta.text]
  if (delta.type === 'tool_call') return [`tool ${delta.index}`, delta.arguments ?? '']
  // Nobody changes sound or pictures.
  if (delta.type === 'media') return [delta.type, delta.transcript ?? '']
  return [delta.type, JSON.stringify(delta)]
}
