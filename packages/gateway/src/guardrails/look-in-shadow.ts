/** What guards that only try themselves out would have found in whole texts. Never rejects. */
import type { Finding } from '../contract/guards.ts'
import type { BodyText } from './body-texts.ts'
import type { CompiledGuard } from './guard.ts'
import { Lane } from './lane.ts'
import type { TextKind } from './scan.ts'
import { Tally } from './tally.ts'
import { TimedWork } from './work-meter.ts'

export interface ShadowText {
  readonly kind: BodyText
  readonly text: string
  /** What the model replies, and no thought or argument. */
  readonly isReply?: boolean
}

export interface ShadowAbout {
  readonly guards: readonly CompiledGuard[]
  readonly mostWorkMs: number
  readonly now: () => number
}

/** The call may be over by then: what it would have been aborted by is not there any more. */
const NEVER = new AbortController().signal

export async function lookInShadow(
  texts: readonly ShadowText[],
  direction: 'input' | 'output',
  about: ShadowAbout,
): Promise<readonly Finding[]> {
  const tally = new Tally()
  for (const guard of about.guards) {
    const found = guard.judge === null ? countIn(texts, guard, about) : await judged(texts, direction, guard)
    if (found === 'unsure') tally.add(guard.name, 'unsure')
    else if (found > 0) tally.add(guard.name, 'shadowed', found)
  }
  return tally.findings
}

function countIn(texts: readonly ShadowText[], guard: CompiledGuard, about: ShadowAbout): number | 'unsure' {
  const { finder, size } = guard
  if (size !== null) {
    const words = texts.filter((it) => isWords(it.kind))
    return Number(words.reduce((sum, it) => sum + it.text.length, 0) > size.mostChars)
  }
  if (finder === null) return 0
  let found = 0
  const onMatch = (): null => {
    found += 1
    return null
  }
  const work = new TimedWork(about.mostWorkMs, about.now)
  work.begin()
  for (const { kind, text } of texts) {
    const lane = new Lane({
      kind: laneKindOf(kind),
      finders: [{ finder, holds: true }],
      work,
      watcher: { onMatch },
    })
    lane.append(text)
    lane.advance(true)
  }
  return work.isSpent ? 'unsure' : found
}

/** What is said, without any names. */
export function isWords(kind: BodyText): boolean {
  return kind === 'text' || kind === 'json'
}

/** Only arguments of tools are read as JSON. */
export function laneKindOf(kind: BodyText): TextKind {
  return kind === 'json' ? 'json' : 'text'
}

async function judged(
  texts: readonly ShadowText[],
  direction: 'input' | 'output',
  guard: CompiledGuard,
): Promise<number | 'unsure'> {
  const { judge } = guard
  const judgedTexts = texts.filter((it) =>
    judge?.reads === 'replies' ? it.isReply === true : isWords(it.kind),
  )
  const written = judgedTexts.map((it) => it.text)
  const verdict = await judge?.judge(written, { direction, signal: NEVER, unmask: (text) => text })
  if (verdict === undefined || verdict.says === 'pass') return 0
  return verdict.says === 'unsure' ? 'unsure' : verdict.count
}
