/** Why a call went as it did, as a story of one screen. */
import type { SettingValue, Why } from '@changeover/sdk'
import { sayOrigin, versionsOf, writeValues, writeVersions } from './origins.ts'
import { type Paint, padEnd } from './paint.ts'
import { sayAgo, sayDuration } from './times.ts'

const nameWidth = 10
/** Of one step; further ones are in `--json`. */
const mostValues = 5

export function writeWhy(it: Why, paint: Paint, now: number): string[] {
  const { version, steps, call } = it
  const line = (name: string, text: string): string => `  ${paint('dim', padEnd(name, nameWidth))}${text}`
  const deeper = (text: string): string => `  ${' '.repeat(nameWidth)}  ${text}`
  const story = steps.flatMap((step) => [
    line(step.about, step.says),
    ...writeSome(step.values, paint).map(deeper),
  ])
  const missing = version.kept
    ? []
    : [line('', paint('yellow', `the settings of ${version.version || 'that time'} are not kept any more`))]
  const named = [
    ...(version.step === null ? [] : [version.step]),
    ...versionsOf([
      ...steps.flatMap((step) => step.values.slice(0, mostValues).map((value) => value.origin)),
      ...(it.now?.changes ?? []).flatMap((change) => change.origin ?? []),
    ]),
  ]
  const once = [...new Map(named.map((step) => [step.version, step])).values()]
  return [
    `${paint('bold', call.id)}  ${writeHead(it, paint)}  ${paint('dim', sayAgo(call.startedAt, now))}`,
    '',
    line('version', version.says),
    ...missing,
    ...story,
    ...writeNow(it, { paint, line, deeper }),
    '',
    ...writeVersions(
      once.sort((a, b) => (a.at < b.at ? -1 : 1)),
      paint,
      now,
    ).map((text) => `  ${text}`),
    '',
    paint('dim', `  trace of the call ${call.traceId}`),
  ]
}

function writeHead({ call }: Why, paint: Paint): string {
  const went =
    call.target === null ? (call.route ?? call.askedModel ?? '-') : `${call.route} → ${call.target}`
  const status = paint(call.error === '' ? 'green' : 'red', `${call.status} ${call.error}`.trim())
  return `${went}  ${status}  ${sayDuration(call.durationMs)}`
}

function writeSome(values: readonly SettingValue[], paint: Paint): string[] {
  const shown = writeValues(values.slice(0, mostValues), paint)
  const left = values.length - mostValues
  return left > 0 ? [...shown, paint('dim', `and ${left} more`)] : shown
}

interface Lines {
  readonly paint: Paint
  line(name: string, text: string): string
  deeper(text: string): string
}

function writeNow({ now: then }: Why, { paint, line, deeper }: Lines): string[] {
  if (then === null) return [line('now', 'nothing is in force')]
  const changes = then.changes.map((it) =>
    deeper(
      `${paint('yellow', '~')} ${it.says}${it.origin === null ? '' : `  ${sayOrigin(it.origin, paint)}`}`,
    ),
  )
  return [line('now', then.says), ...changes]
}
