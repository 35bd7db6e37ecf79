/** What the guards of answers have in common for all answers of a route, made once: an answer only opens what it needs. */
import type { NeutralDelta } from '../contract/neutral.ts'
import type { CompiledGuard } from './guard.ts'
import type { LaneFinder } from './lane.ts'
import { isTextLike, textIn, textNameOf } from './texts-of.ts'

export interface AnswerOptions {
  readonly guards: readonly CompiledGuard[]
  readonly mostWorkMs: number
  readonly now: () => number
}

export interface AnswerPlan extends AnswerOptions {
  /** Those that read a text as it comes, and what they find it with. */
  readonly reading: readonly CompiledGuard[]
  readonly finders: readonly LaneFinder[]
  readonly sizes: readonly CompiledGuard[]
  /** Those that need the whole. */
  readonly judging: readonly CompiledGuard[]
  /** Those that only try themselves out. */
  readonly trying: readonly CompiledGuard[]
  /** Text waits for one of them. */
  readonly holds: boolean
  /** One of them asks how much work it may still do. */
  readonly isMetered: boolean
  /** The longest that anything may be held back; `null`: as long as it takes. */
  readonly maxHoldMs: number | null
  /** Of each that reads, whether it finds nothing in a text; `null` where only a whole look can tell. */
  readonly clears: readonly ((text: string) => boolean)[] | null
}

export function planAnswers(options: AnswerOptions): AnswerPlan {
  const acting = options.guards.filter((it) => it.action !== 'shadow')
  const reading = acting.filter((it) => it.finder !== null)
  const finders = reading.flatMap(({ finder, action }) =>
    finder === null ? [] : [{ finder, holds: action !== 'log' }],
  )
  const judging = acting.filter((it) => it.judge !== null)
  const clears = finders.flatMap(({ finder }) => finder.isClear ?? [])
  const holdMs = reading.flatMap((it) => it.maxHoldMs ?? [])
  return {
    ...options,
    reading,
    finders,
    sizes: acting.filter((it) => it.size !== null),
    judging,
    trying: options.guards.filter((it) => it.action === 'shadow'),
    holds: finders.some((it) => it.holds),
    isMetered: finders.some(({ finder }) => finder.isMetered === true),
    maxHoldMs: holdMs.length === 0 ? null : Math.min(...holdMs),
    clears: judging.length === 0 && clears.length === finders.length ? clears : null,
  }
}

/** True for the whole of an answer that consists of texts in which nothing is found, in pieces that may go out as they are. */
export function isClearAnswer(deltas: readonly NeutralDelta[], isClear: (text: string) => boolean): boolean {
  let only: string | null = null
  let texts: Map<string, string> | null = null
  let isFinished = false
  for (const it of deltas) {
    const { type } = it
    if (type === 'start' || type === 'usage') continue
    if (type === 'finish') {
      isFinished = true
      continue
    }
    // What comes after an end is not looked at together with what was before it.
    if (isFinished || !isTextLike(it)) return false
    const text = textIn(it)
    if (text === '') continue
    if (only === null) only = text
    else texts ??= joined(deltas)
  }
  if (!isFinished) return false
  if (texts === null) return only === null || isClear(only)
  for (const it of texts.values()) if (!isClear(it)) return false
  return true
}

/** The texts of an answer, each of its pieces together. */
function joined(deltas: readonly NeutralDelta[]): Map<string, string> {
  const texts = new Map<string, string>()
  for (const it of deltas) {
    if (!isTextLike(it)) continue
    const name = `${it.candidate ?? 0} ${textNameOf(it)}`
    texts.set(name, (texts.get(name) ?? '') + textIn(it))
  }
  return texts
}
