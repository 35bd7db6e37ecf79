/** What waits for the word of people: what it would change, and whose word is missing. */
import type { WaitingChange } from '@changeover/sdk'
import { sayMissing } from './missing.ts'
import type { Paint } from './paint.ts'
import { writeSentences } from './plan.ts'
import { sayAgo, saySpan } from './times.ts'

export function writeWaiting(it: WaitingChange, paint: Paint, now: number): string[] {
  const left = saySpan(Math.max(0, Date.parse(it.until) - now))
  const reason = it.reason === '' ? '' : `, "${it.reason}"`
  return [
    `${paint('yellow', 'waiting')}  ${paint('bold', it.version)} by ${it.author}${reason}  ${paint('dim', sayAgo(it.since, now))}`,
    ...writeSentences(it.sentences, paint),
    ...it.warnings.map(({ text }) => `  ${paint('yellow', 'look out')}  ${text}`),
    ...it.approvals.map(
      (given) => `  ${paint('green', 'agreed')}    ${given.by}${given.note === '' ? '' : `: ${given.note}`}`,
    ),
    ...it.missing.map((missing) => `  ${paint('yellow', 'needs')}     ${sayMissing(missing)}`),
    ...(it.plan === null ? [] : [`  ${paint('cyan', 'look')}      changeover plan --show ${it.plan}`]),
    paint('dim', `  expires in ${left}   reload ${it.attempt}`),
  ]
}
