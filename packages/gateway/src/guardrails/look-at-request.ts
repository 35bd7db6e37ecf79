/**
 * A request before the guards of its route: its size, then those that read texts, then those that judge the whole of what
 * the others have left.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Blocked, Finding, InputLooked } from '../contract/guards.ts'
import type { Leaving } from '../contract/leaving.ts'
import { changeTexts, someText } from './body-texts.ts'
import { clearLook } from './clear-look.ts'
import type { CompiledGuard } from './guard.ts'
import { maskText, note } from './judge-answer.ts'
import { Lane } from './lane.ts'
import { lookInShadow, type ShadowText } from './look-in-shadow.ts'
import { Placeholders } from './placeholders.ts'
import type { TextKind } from './scan.ts'
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
    const reading = this.#acting.filter((it) => it.finder !== null)
    if (reading.length > 0 && this.#blocks === null) this.#readBy(reading)
    return this.#blocked()
  }

  async judge({ signal }: Leaving): Promise<InputLooked | Blocked> {
    for (const guard of this.judges) {
      const texts = textsIn(this.#body).map((it) => it.text)
      const about = { direction: 'input', signal, unmask: (it: string) => it } as const
      const verdict = (await guard.judge?.judge(texts, about)) ?? { says: 'pass' }
      if (note(guard, verdict, this.#tally)) this.#blocks = guard
      const blocked = this.#blocked()
      if (blocked !== null) return blocked
      if (guard.action !== 'mask' || verdict.says !== 'found') continue
      let i = -1
      this.#body = changeTexts(this.#body, (text) => {
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
    for (const { text } of this.#texts) chars += text.length
    for (const it of this.#acting) {
      if (it.size !== null && chars > it.size.mostChars) this.#act(it)
    }
  }

  #readBy(reading: readonly CompiledGuard[]): void {
    const work = new TimedWork(this.#options.mostWorkMs, this.#options.now)
    work.begin()
    const finders = reading.flatMap(({ finder, action }) =>
      finder === null ? [] : [{ finder, holds: action !== 'log' }],
    )
    this.#body = changeTexts(this.#body, (text, kind) => {
      if (this.#blocks !== null || text === '') return text
      const onMatch = (finder: number, start: number, end: number, label: string) => {
        const guard = reading[finder]
        if (guard === undefined || !this.#act(guard)) return null
        return {
          start,
          end,
          rank: 1,
          put: (covered: string) => this.#stand(guard, label, valueOf(covered, kind)),
        }
      }
      const lane = new Lane({ kind, finders, work, watcher: { onMatch } })
      lane.append(text)
      lane.advance(true)
      return lane.render(lane.end)
    })
    if (!work.isSpent) return
    for (const it of reading) this.#tally.add(it.name, 'unsure')
    this.#blocks ??= reading.find((it) => it.failure === 'closed' && it.action !== 'log') ?? null
  }

  /** Does what the guard does when it has found something; true when that is to mask. */
  #act(guard: CompiledGuard): boolean {
    if (guard.action === 'block') this.#blocks ??= guard
    else this.#tally.add(guard.name, guard.action === 'mask' ? 'masked' : 'noted')
    return guard.action === 'mask'
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

/** What a piece of a JSON text means, where it can be told: it may be put back into a text of another kind. */
function valueOf(covered: string, kind: TextKind): string {
  if (kind === 'text' || !covered.includes('\\')) return covered
  try {
    return String(JSON.parse(`"${covered}"`))
  } catch {
    return covered
  }
}
