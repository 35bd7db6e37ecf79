/**
 * A request before the guards of its route: its size, then those that read texts, then those that judge the whole of what
 * the others have left.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Blocked, Finding, InputLooked } from '../contract/guards.ts'
import type { Leaving } from '../contract/leaving.ts'
import { type BodyText, changeTexts, someText } from './body-texts.ts'
import { clearLook } from './clear-look.ts'
import type { CompiledGuard } from './guard.ts'
import { maskText, note } from './judge-answer.ts'
import { Lane } from './lane.ts'
import { isWords, laneKindOf, lookInShadow, type ShadowText } from './look-in-shadow.ts'
import { Placeholders } from './placeholders.ts'
import { Tally } from './tally.ts'
import { TimedWork } from './work-meter.ts'

type Fields = Readonly<Record<string, unknown>>

export interface LookOptions {
  readonly guards: readonly CompiledGuard[]
  readonly mostWorkMs: number
  readonly now: () => number
}

/** What a look at a request says where nothing was found, nor anything that placeholders could be mistaken for. */
const NOTHING_FOUND: InputLooked = Object.freeze({ body: null, findings: [], masked: null, later: null })

/** What a look has found, with the placeholders of the request, so that its answer goes on counting where it ended. */
class Looked implements InputLooked {
  readonly body: Fields | null
  readonly findings: readonly Finding[]
  readonly masked: ReadonlyMap<string, string> | null
  readonly later: Promise<readonly Finding[]> | null
  readonly #placeholders: Placeholders

  constructor(it: InputLooked, placeholders: Placeholders) {
    this.body = it.body
    this.findings = it.findings
    this.masked = it.masked
    this.later = it.later
    this.#placeholders = placeholders
  }

  static placeholdersOf(it: InputLooked | null): Placeholders | null {
    return it !== null && #placeholders in it ? it.#placeholders : null
  }
}

export function placeholdersFor(looked: InputLooked | null): Placeholders {
  return Looked.placeholdersOf(looked) ?? new Placeholders(() => false)
}

export type LookAtRequest = (
  body: Fields,
  leaving: Leaving,
) => InputLooked | Blocked | Promise<InputLooked | Blocked>

/** Looks at requests with these guards: first for what none of them can find anything without. */
export function openLookAtRequests(options: LookOptions): LookAtRequest {
  const clear = clearLook(options.guards)
  return (body, leaving) => {
    if (clear?.(body) === true) return NOTHING_FOUND
    const look = new RequestLook(body, options)
    const blocked = look.read()
    if (blocked !== null) return blocked
    return look.judges.length === 0 ? look.result() : look.judge(leaving)
  }
}

class RequestLook {
  readonly #options: LookOptions
  readonly #acting: readonly CompiledGuard[]
  readonly #tally = new Tally()
  readonly #texts: readonly ShadowText[]
  readonly #came: Fields
  readonly #placeholders: Placeholders
  #body: Fields
  #blocks: CompiledGuard | null = null

  constructor(body: Fields, options: LookOptions) {
    this.#options = options
    this.#acting = options.guards.filter((it) => it.action !== 'shadow')
    this.#came = body
    this.#body = body
    this.#texts = textsIn(body)
    this.#placeholders = new Placeholders((it) => this.#texts.some(({ text }) => text.includes(it)))
  }

  get judges(): readonly CompiledGuard[] {
    return this.#acting.filter((it) => it.judge !== null)
  }

  read(): Blocked | null {
    this.#measure()
    if (this.#texts.some((it) => it.kind === 'hidden')) this.#unread()
    const reading = this.#acting.filter((it) => it.finder !== null)
    if (reading.length > 0 && this.#blocks === null) this.#readBy(reading)
    return this.#blocked()
  }

  async judge({ signal }: Leaving): Promise<InputLooked | Blocked> {
    for (const guard of this.judges) {
      const texts = textsIn(this.#body).flatMap(({ kind, text }) => (isWords(kind) ? [text] : []))
      const about = { direction: 'input', signal, unmask: (it: string) => it } as const
      const verdict = (await guard.judge?.judge(texts, about)) ?? { says: 'pass' }
      if (note(guard, verdict, this.#tally)) this.#blocks = guard
      const blocked = this.#blocked()
      if (blocked !== null) return blocked
      if (guard.action !== 'mask' || verdict.says !== 'found') continue
      let i = -1
      this.#body = changeTexts(this.#body, (text, kind) => {
        if (!isWords(kind)) return text
        i += 1
        const spans = verdict.spans.filter((it) => it.text === i)
        return spans.length === 0 ? text : maskText(text, spans, this.#placeholdersOf(guard))
      })
    }
    return this.result()
  }

  result(): InputLooked {
    const { values } = this.#placeholders
    const looked: InputLooked = {
      body: this.#body === this.#came ? null : this.#body,
      findings: this.#tally.findings,
      masked: values.size === 0 ? null : values,
      later: this.#shadow(),
    }
    return new Looked(looked, this.#placeholders)
  }

  #measure(): void {
    let chars = 0
    for (const { text, kind } of this.#texts) if (isWords(kind)) chars += text.length
    for (const it of this.#acting) {
      if (it.size !== null && chars > it.size.mostChars) this.#act(it, 'text')
    }
  }

  #readBy(reading: readonly CompiledGuard[]): void {
    const work = new TimedWork(this.#options.mostWorkMs, this.#options.now)
    work.begin()
    const finders = reading.flatMap(({ finder, action }) =>
      finder === null ? [] : [{ finder, holds: action !== 'log' }],
    )
    const isClear = (text: string): boolean => finders.every(({ finder }) => finder.isClear?.(text) === true)
    this.#body = changeTexts(this.#body, (text, kind) => {
      if (this.#blocks !== null || text === '' || isClear(text)) return text
      const onMatch = (finder: number, start: number, end: number, label: string) => {
        const guard = reading[finder]
        if (guard === undefined || !this.#act(guard, kind)) return null
        return {
          start,
          end,
          rank: 1,
          put: (covered: string) => this.#stand(guard, label, valueOf(covered, kind)),
        }
      }
      const lane = new Lane({ kind: laneKindOf(kind), finders, work, watcher: { onMatch } })
      lane.append(text)
      lane.advance(true)
      return lane.render(lane.end)
    })
    if (!work.isSpent) return
    for (const it of reading) this.#tally.add(it.name, 'unsure')
    this.#blocks ??= reading.find(isClosed) ?? null
  }

  /** What cannot be looked at. */
  #unread(): void {
    for (const it of this.#acting) this.#tally.add(it.name, 'unsure')
    this.#blocks ??= this.#acting.find(isClosed) ?? null
  }

  /** Does what the guard does when it has found something; true when that is to mask. */
  #act(guard: CompiledGuard, kind: BodyText): boolean {
    // Nothing can stand in the place of a name: it is used elsewhere.
    const isName = kind === 'name' && guard.action === 'mask'
    if (guard.action === 'block' || isName) this.#blocks ??= guard
    else this.#tally.add(guard.name, guard.action === 'mask' ? 'masked' : 'noted')
    return guard.action === 'mask' && !isName
  }

  #stand(guard: CompiledGuard, label: string, value: string): string {
    const placeholder = this.#placeholders.of(label, value)
    if (guard.unmask) this.#placeholders.values.set(placeholder, value)
    return placeholder
  }

  /** Placeholders for a judge: what it masked is put back where its guard says so. */
  #placeholdersOf(guard: CompiledGuard): Pick<Placeholders, 'of'> {
    return { of: (label, value) => this.#stand(guard, label, value) }
  }

  #blocked(): Blocked | null {
    const guard = this.#blocks
    if (guard === null) return null
    this.#tally.add(guard.name, 'blocked')
    return { blocked: guard.name, message: guard.message, findings: this.#tally.findings }
  }

  #shadow(): Promise<readonly Finding[]> | null {
    const guards = this.#options.guards.filter((it) => it.action === 'shadow')
    if (guards.length === 0) return null
    return nextTurn().then(() => lookInShadow(this.#texts, 'input', { ...this.#options, guards }))
  }
}

function textsIn(body: Fields): ShadowText[] {
  const texts: ShadowText[] = []
  someText(body, (text, kind) => {
    texts.push({ text, kind })
    return false
  })
  return texts
}

function isClosed(it: CompiledGuard): boolean {
  return it.failure === 'closed' && it.action !== 'log'
}

/** What becomes of a request that nobody can look into, and whose answer nobody will: a form with files, bytes of any kind. */
export function lookAtUnread(guards: readonly CompiledGuard[]): InputLooked | Blocked {
  const acting = guards.filter((it) => it.action !== 'shadow')
  if (acting.length === 0) return NOTHING_FOUND
  const tally = new Tally()
  for (const it of acting) tally.add(it.name, 'unsure')
  const closed = acting.find(isClosed)
  if (closed === undefined) return { ...NOTHING_FOUND, findings: tally.findings }
  tally.add(closed.name, 'blocked')
  return { blocked: closed.name, message: closed.message, findings: tally.findings }
}

/** What a piece of a JSON text means, where it can be told: it may be put back into a text of another kind. */
function valueOf(covered: string, kind: BodyText): string {
  if (kind !== 'json' || !covered.includes('\\')) return covered
  try {
    return String(JSON.parse(`"${covered}"`))
  } catch {
    return covered
  }
}
