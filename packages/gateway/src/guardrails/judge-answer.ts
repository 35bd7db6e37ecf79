/** A whole answer before those that need the whole of it, one after the other. */
import type { NeutralDelta } from '../contract/neutral.ts'
import { changeAnswer, textsOfAnswer } from './answer-texts.ts'
import type { CompiledGuard } from './guard.ts'
import type { Placeholders } from './placeholders.ts'
import type { Tally } from './tally.ts'
import { unmaskText } from './unmask.ts'
import type { Span, Verdict } from './whole-judge.ts'

export interface JudgeAbout {
  readonly guards: readonly CompiledGuard[]
  readonly tally: Tally
  readonly about: {
    readonly direction: 'output'
    readonly signal: AbortSignal
    readonly values: ReadonlyMap<string, string>
  }
  readonly placeholders: Placeholders
}

/** The answer as it goes out, or the guard that blocks it. */
export async function judgeAnswer(
  deltas: readonly NeutralDelta[],
  it: JudgeAbout,
): Promise<readonly NeutralDelta[] | { readonly blocks: CompiledGuard }> {
  let now = deltas
  for (const guard of it.guards) {
    const which = guard.judge?.reads ?? 'all'
    const texts = textsOfAnswer(now, which)
    const verdict = await verdictOf(guard, texts, it)
    const blocks = note(guard, verdict, it.tally)
    if (blocks) return { blocks: guard }
    if (guard.action !== 'mask' || verdict.says !== 'found') continue
    const { spans } = verdict
    now = changeAnswer(now, which, (at) => {
      const found = spans.filter((span) => span.text === at)
      return found.length === 0 ? null : maskText(texts[at] ?? '', found, it.placeholders)
    })
  }
  return now
}

async function verdictOf(
  guard: CompiledGuard,
  texts: readonly string[],
  { about }: JudgeAbout,
): Promise<Verdict> {
  const { direction, signal, values } = about
  const unmask = (text: string): string => unmaskText(text, values)
  return (await guard.judge?.judge(texts, { direction, signal, unmask })) ?? { says: 'pass' }
}

/** Writes down what was found; true when it blocks. */
export function note(guard: CompiledGuard, verdict: Verdict, tally: Tally): boolean {
  if (verdict.says === 'pass') return false
  if (verdict.says === 'unsure') {
    tally.add(guard.name, 'unsure')
    return guard.failure === 'closed' && guard.action !== 'log'
  }
  if (guard.action === 'block') return true
  // A judgement without places cannot be masked; then nothing of the text goes out.
  if (guard.action === 'mask' && verdict.spans.length === 0) return true
  tally.add(guard.name, guard.action === 'mask' ? 'masked' : 'noted', verdict.count)
  return false
}

/** Spans that overlap are one. */
export function maskText(
  text: string,
  spans: readonly Span[],
  placeholders: Pick<Placeholders, 'of'>,
): string {
  const sorted = spans.toSorted((a, b) => a.start - b.start || b.end - a.end)
  let out = ''
  let at = 0
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i]
    if (first === undefined) break
    let { end } = first
    for (i += 1; (sorted[i]?.start ?? end) < end; i += 1) end = Math.max(end, sorted[i]?.end ?? end)
    out += text.slice(at, first.start) + placeholders.of(first.label, text.slice(first.start, end))
    at = end
  }
  return out + text.slice(at)
}
