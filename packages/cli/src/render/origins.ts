/** Where values come from, in a line each, with the versions that are named told once, below. */
import type { SettingValue, ValueOrigin, VersionStep } from '@changeover/sdk'
import { clip, type Paint, padEnd } from './paint.ts'
import { sayAgo } from './times.ts'

const longestValue = 40

/** `routes/chat targets 0 weight` of `/routes/chat/targets/0/weight`. */
export function sayPointer(pointer: string): string {
  const [kind = '', name, ...rest] = pointer
    .slice(1)
    .split('/')
    .map((it) => it.replaceAll('~1', '/').replaceAll('~0', '~'))
  return [name === undefined ? kind : `${kind}/${name}`, ...rest].join(' ')
}

export function sayValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}]`
  if (typeof value === 'object' && value !== null) return `{${Object.keys(value).join(', ')}}`
  return String(value)
}

/** A line for each value: where in the settings, what it is, where it stands, since which version. */
export function writeValues(values: readonly SettingValue[], paint: Paint): string[] {
  const names = values.map((it) => sayPointer(it.pointer))
  const shown = values.map((it) => clip(sayValue(it.value), longestValue))
  const [nameWidth, valueWidth] = [names, shown].map((all) => Math.max(0, ...all.map((it) => it.length)))
  return values.map(({ origin }, i) => {
    const name = padEnd(names[i] ?? '', nameWidth ?? 0)
    const value = padEnd(paint('bold', shown[i] ?? ''), valueWidth ?? 0)
    return `${name}  ${value}  ${sayOrigin(origin, paint)}`
  })
}

/** `changeover.yaml:21  1.4 by ann` */
export function sayOrigin(it: ValueOrigin, paint: Paint): string {
  if (it.kind === 'unknown') {
    const held = it.heldSince === null ? '' : `, ${it.heldSince} had it already`
    return paint('yellow', `older than what is kept${held}`)
  }
  if (it.kind === 'default') return paint('dim', 'default')
  const place = it.place === null ? '' : paint('cyan', `${it.place.file}:${it.place.line}`)
  const since = it.change === null ? '' : sayVersion(it.change)
  const first = it.restored?.change ?? null
  const written = first === null ? '' : `, written in ${first.version} by ${first.author}`
  return [place, paint('dim', `${since}${kindSays[it.kind] ?? ''}${written}`)]
    .filter((text) => text !== '')
    .join('  ')
}

const kindSays: Readonly<Record<string, string>> = {
  override: ', for a time only',
  starter: ', the first settings',
  sealed: ', came sealed',
}

function sayVersion({ version, author, restores }: VersionStep): string {
  return `${version} by ${author}${restores === null ? '' : `, back to ${restores}`}`
}

/** The versions that values lead to, each once, oldest first. */
export function versionsOf(origins: readonly ValueOrigin[]): readonly VersionStep[] {
  const found = new Map<string, VersionStep>()
  for (const { change, restored } of origins) {
    for (const it of [change, restored?.change ?? null]) if (it !== null) found.set(it.version, it)
  }
  return [...found.values()].sort((a, b) => (a.at < b.at ? -1 : 1))
}

/** Two lines for each version: who and why, and where to look further. */
export function writeVersions(steps: readonly VersionStep[], paint: Paint, now: number): string[] {
  const width = Math.max(0, ...steps.map((it) => it.version.length))
  return steps.flatMap((it) => {
    const more = [
      it.reason === null || it.reason === '' ? '' : `"${clip(it.reason, 60)}"`,
      it.approvedBy.length === 0 ? '' : `approved by ${it.approvedBy.join(', ')}`,
      it.emergency === null ? '' : paint('yellow', `emergency: ${clip(it.emergency, 60)}`),
      it.commit === null ? '' : `commit ${clip(it.commit, 12)}`,
      it.status === null || it.status === 'success' || it.status === 'superseded'
        ? ''
        : paint(it.status === 'in_progress' ? 'yellow' : 'red', it.status.replaceAll('_', ' ')),
    ]
    const by = [`by ${it.author}`, sayAgo(it.at, now), it.trigger ?? '', ...more].filter(
      (text) => text !== '',
    )
    const head = `${paint('bold', padEnd(it.version, width))}  ${by.join('  ')}`
    const trail =
      it.attempt === null
        ? 'of its reload nothing is kept'
        : `reload ${it.attempt}  trace ${it.traceId ?? '?'}`
    return [head, paint('dim', `${' '.repeat(width)}  ${trail}`)]
  })
}
