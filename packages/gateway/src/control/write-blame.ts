/** A finding of blame in the words of the admin API, with what each reload changed in sentences. */
import type { Reloader } from '@changeover/reload'
import type { BlameEntry } from '../cause/blame-report.ts'
import type { Window } from '../cause/blame-window.ts'
import type { FoundBlame } from '../cause/find-blame.ts'
import { describeChanges } from '../plan/words/describe-changes.ts'
import { writeStep } from './write-cause.ts'
import { writeInstant } from './write-json.ts'

/** Reloads whose changes are told in words, and how many of each; the pointers of all are there. */
const MOST_TOLD = 10
const MOST_WORDS = 20

/** What the first of the ranking changed, by version. What is not kept any more is left out. */
export async function wordsOf(
  reloader: Pick<Reloader<unknown>, 'settings'>,
  { report, steps }: FoundBlame,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>()
  for (const { reload } of report.ranking.slice(0, MOST_TOLD)) {
    const from = steps.get(reload.version)?.from ?? null
    const [before, after] = await Promise.all([
      from === null ? null : reloader.settings(from),
      reloader.settings(reload.version),
    ])
    if (after === null || (from !== null && before === null)) continue
    found.set(
      reload.version,
      describeChanges(before, after)
        .slice(0, MOST_WORDS)
        .map((it) => it.text),
    )
  }
  return found
}

export function writeBlame(
  window: Window,
  { report, steps, calls, isCut }: FoundBlame,
  words: ReadonlyMap<string, readonly string[]>,
) {
  const { metric, concluded, summary, ranking } = report
  return {
    metric,
    from: writeInstant(window.fromMs),
    to: writeInstant(window.toMs),
    calls,
    cut: isCut,
    concluded,
    summary,
    ranking: ranking.map((it) => writeEntry(it, steps, words)),
  }
}

function writeEntry(
  it: BlameEntry,
  steps: FoundBlame['steps'],
  words: ReadonlyMap<string, readonly string[]>,
) {
  const {
    reload,
    guilty,
    evidence,
    probability,
    change,
    low,
    high,
    before,
    after,
    samples,
    strength,
    reason,
  } = it
  const step = steps.get(reload.version)
  return {
    version: reload.version,
    at: writeInstant(reload.atMs),
    guilty,
    evidence,
    probability,
    change,
    low,
    high,
    before,
    after,
    samples,
    strength,
    reason,
    changed: reload.changed,
    words: words.get(reload.version) ?? [],
    step: step === undefined ? null : writeStep(step),
  }
}
