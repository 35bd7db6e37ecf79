/** Differences and receipts, in words. */
import type { Override, Receipt } from '@changeover/sdk'
import type { Paint } from './paint.ts'
import { saySpan } from './times.ts'

const mostWords = 40

export function writeWords(words: readonly string[], paint: Paint): string[] {
  if (words.length === 0) return [paint('dim', '  nothing differs')]
  const shown = words.slice(0, mostWords).map((it) => `  ${writeWord(it, paint)}`)
  return words.length > mostWords ? [...shown, paint('dim', `  and ${words.length - mostWords} more`)] : shown
}

/** `routes/chat targets 0 weight: 90 -> 50` */
function writeWord(word: string, paint: Paint): string {
  const colon = word.indexOf(': ')
  const place = word.slice(0, colon)
  const change = word.slice(colon + 2)
  if (change.startsWith('added')) return `${paint('green', '+')} ${paint('bold', place)}  ${change}`
  if (change.startsWith('removed')) return `${paint('red', '-')} ${paint('bold', place)}  ${change}`
  return `${paint('yellow', '~')} ${paint('bold', place)}  ${change.replace(' -> ', paint('dim', ' → '))}`
}

const UNCHANGED: Readonly<Record<string, string>> = {
  in_progress: 'these settings are on their way already',
  scheduled: 'it waits for its time',
  quarantined: 'these settings were taken back before and are in quarantine',
}

const WAITS = {
  approval: 'needs the word of others',
  schedule: 'waits for its time',
  rollout: 'waits for the rollout that is going on',
} as const

export function writeReceipt(receipt: Receipt, paint: Paint, now: number): string[] {
  if (receipt.outcome === 'unchanged') {
    const version = receipt.version ?? 'nothing'
    const reason = UNCHANGED[receipt.reason ?? ''] ?? 'nothing to change'
    return [`${paint('yellow', 'unchanged')}  ${reason}; ${version} stays in force`]
  }
  if (receipt.outcome === 'waiting') {
    const why = WAITS[receipt.waitsFor ?? 'approval']
    const stays = receipt.version ?? 'nothing'
    return [`${paint('yellow', 'not yet')}  ${receipt.candidate ?? ''} ${why}; ${stays} stays in force`]
  }
  return [
    writeApplied(receipt, paint),
    ...writeFile(receipt, paint),
    ...(receipt.override === undefined ? [] : [`  ${writeOverride(receipt.override, paint, now)}`]),
    paint('dim', `  reload ${receipt.attempt}   trace ${receipt.traceId}`),
  ]
}

function writeApplied({ previous, version, rollout }: Receipt, paint: Paint): string {
  if (rollout !== undefined) {
    const share =
      rollout.share === 0 ? 'answers nobody yet' : `answers ${Number((rollout.share * 100).toFixed(2))} %`
    return `${paint('cyan', 'on trial')}  ${paint('bold', version ?? '')} ${share}; ${previous ?? 'what was there'} answers the others`
  }
  const from = previous == null ? '' : `${previous} → `
  return `${paint('green', 'applied')}  ${from}${paint('bold', version ?? '')}`
}

/** `override  1.5 for 15 min more, then back to 1.4; …` */
export function writeOverride(it: Override, paint: Paint, now: number): string {
  const left = saySpan(Math.max(0, Date.parse(it.until) - now) + 500)
  return `${paint('yellow', 'override')}  ${it.version} for ${left} more, then back to ${it.back}; it is written nowhere`
}

function writeFile({ file }: Receipt, paint: Paint): string[] {
  if (file === undefined) return []
  if (!file.written) {
    const problem = `the file "${file.path}" could not be written (${file.trouble ?? 'unknown'}): it still says what it said, which is not what serves`
    return [`  ${paint('red', 'file')}  ${problem}`]
  }
  const kept = file.kept === undefined ? '' : `; what it held is kept as "${file.kept}"`
  return [paint('dim', `  written back into ${file.path}${kept}`)]
}
