/**
 * The texts of a whole answer for those that judge all of it at once: each text that came in pieces as one, and each that
 * stands by itself.
 *
 * Reading and changing are the same walk, so that a place in the list is the same text in both.
 */
import type { NeutralDelta } from '../contract/neutral.ts'
import {
  afterText,
  beforeText,
  isTextLike,
  textIn,
  textNameOf,
  withText,
  withWholeTexts,
} from './texts-of.ts'
import type { JudgedTexts } from './whole-judge.ts'

export function textsOfAnswer(deltas: readonly NeutralDelta[], which: JudgedTexts): readonly string[] {
  const texts: string[] = []
  const places = new Places()
  for (const delta of deltas) {
    if (isTextLike(delta)) {
      if (!isJudged(delta.type, which)) continue
      const [at] = places.of(delta.candidate, textNameOf(delta))
      texts[at] = (texts[at] ?? '') + textIn(delta)
    } else if (which === 'all') {
      withWholeTexts(delta, (text) => {
        texts[places.next()] = text
        return text
      })
    }
  }
  return texts
}

/** `put`: what stands in place of the text at that place; `null` for what it says already. */
export function changeAnswer(
  deltas: readonly NeutralDelta[],
  which: JudgedTexts,
  put: (at: number) => string | null,
): readonly NeutralDelta[] {
  const places = new Places()
  return deltas.flatMap((delta): readonly NeutralDelta[] => {
    if (!isTextLike(delta)) {
      return which === 'all' ? [withWholeTexts(delta, (text) => put(places.next()) ?? text)] : [delta]
    }
    if (!isJudged(delta.type, which)) return [delta]
    const [at, isFirst] = places.of(delta.candidate, textNameOf(delta))
    const text = put(at)
    if (text === null) return [delta]
    // All of it where its first piece was.
    const parts = [beforeText(delta), isFirst ? withText(delta, text) : null, afterText(delta)]
    return parts.filter((it) => it !== null)
  })
}

function isJudged(type: NeutralDelta['type'], which: JudgedTexts): boolean {
  return which === 'all' || type === 'text'
}

/** Numbers texts in the order in which they begin. */
class Places {
  readonly #byName = new Map<string, number>()
  #count = 0

  next(): number {
    const at = this.#count
    this.#count += 1
    return at
  }

  of(candidate: number | undefined, name: string): readonly [at: number, isFirst: boolean] {
    const key = `${candidate ?? 0} ${name}`
    const known = this.#byName.get(key)
    if (known !== undefined) return [known, false]
    const at = this.next()
    this.#byName.set(key, at)
    return [at, true]
  }
}
