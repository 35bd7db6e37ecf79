/** Providers, models, prices and prompts: where requests go, what they cost, and what is said before them. */
import type { Json } from '@changeover/reload'
import { parseContextName, versionsByName } from '../../contexts/context-name.ts'
import { parseTemplate } from '../../contexts/template.ts'
import {
  cameOrWent,
  changed,
  count,
  type Describe,
  differs,
  type Entry,
  type Fields,
  fieldsOf,
  listOf,
  sayValue,
  type Told,
} from './entry.ts'

export const providers: Describe = (entry) => {
  const [before, after] = [fieldsOf(entry.before), fieldsOf(entry.after)]
  const name = `provider ${entry.name}`
  const at = after['baseUrl'] === undefined ? '' : ` at ${sayValue(after['baseUrl'])}`
  const came = cameOrWent(entry, name, ` (${sayValue(after['kind'])}${at})`)
  if (came !== null) return came
  const told: Told[] = []
  if (differs(entry, 'baseUrl')) {
    const [was, now] = [before['baseUrl'], after['baseUrl']].map((it) =>
      it === undefined ? 'the usual address' : sayValue(it),
    )
    told.push(changed(entry, `${name} is asked at ${now} instead of ${was}`, 'baseUrl'))
  }
  if (differs(entry, 'credential') || differs(entry, 'credentials') || differs(entry, 'aws'))
    told.push(changed(entry, `${name} is asked with another credential`, 'credential', 'credentials', 'aws'))
  return told
}

export const models: Describe = (entry) => {
  const [before, after] = [fieldsOf(entry.before), fieldsOf(entry.after)]
  const name = `model ${entry.name}`
  const came = cameOrWent(entry, name, `, served by provider ${sayValue(after['provider'])}`)
  if (came !== null) return came
  const told: Told[] = []
  if (differs(entry, 'provider'))
    told.push(
      changed(
        entry,
        `${name} is served by provider ${sayValue(after['provider'])} instead of ${sayValue(before['provider'])}`,
        'provider',
      ),
    )
  if (differs(entry, 'model')) {
    const [was, now] = [before['model'] ?? entry.name, after['model'] ?? entry.name]
    told.push(
      changed(entry, `${name} is the provider's ${sayValue(now)} instead of ${sayValue(was)}`, 'model'),
    )
  }
  if (differs(entry, 'sensitive'))
    told.push(
      changed(
        entry,
        `${name} ${after['sensitive'] === true ? 'may be' : 'may no longer be'} sent what is marked as sensitive`,
        'sensitive',
      ),
    )
  return told
}

export const catalogue: Describe = (entry) => {
  const name = `the price of ${entry.name}`
  const [before, after] = [fieldsOf(entry.before), fieldsOf(entry.after)]
  const [was, now] = [before, after].map((it) => listOf(it['prices']).map(fieldsOf))
  if (entry.before === undefined)
    return [
      {
        op: 'add',
        text: `${name} is set here: ${(now ?? []).map(sayPrice).join('; ') || 'none'}`,
        covers: [entry.pointer],
      },
    ]
  if (entry.after === undefined)
    return [{ op: 'remove', text: `${name} is that of the shipped catalogue again`, covers: [entry.pointer] }]
  if (!differs(entry, 'prices')) return []
  if (was?.length === 1 && now?.length === 1) {
    const [old, next] = [was[0] ?? {}, now[0] ?? {}]
    const parts = [...new Set([...Object.keys(old), ...Object.keys(next)])].flatMap((part) => {
      if (JSON.stringify(old[part]) === JSON.stringify(next[part])) return []
      return [`${part} ${sayAmount(next[part])} instead of ${sayAmount(old[part])}`]
    })
    return [changed(entry, `${name}: ${parts.join(', ')} a million tokens`, 'prices')]
  }
  return [changed(entry, `${name} becomes ${(now ?? []).map(sayPrice).join('; ')}`, 'prices')]
}

function sayPrice(it: Fields): string {
  const from = it['from'] === undefined ? '' : `from ${sayValue(it['from'])} `
  return `${from}input ${sayAmount(it['input'])}, output ${sayAmount(it['output'] ?? 0)} a million tokens`
}

function sayAmount(value: Json | undefined): string {
  return typeof value === 'number' ? `$${value}` : sayValue(value)
}

/** A published prompt does not change: it is compared with the newest before it of its name. */
export function contextsAmong(known: readonly string[], find: (name: string) => Json | undefined): Describe {
  return (entry) => {
    const name = `context ${entry.name}`
    if (entry.before !== undefined && entry.after === undefined) return cameOrWent(entry, name) ?? []
    if (entry.before !== undefined) return tellPrompt(entry, fieldsOf(entry.before), name)
    const last = newestBefore(known, entry.name)
    const compared = last === null ? '' : saysInstead(fieldsOf(find(last)), fieldsOf(entry.after))
    const more =
      last === null ? '' : compared === '' ? `, the same as ${last}` : `; since ${last}: ${compared}`
    return cameOrWent(entry, name, more) ?? []
  }
}

function tellPrompt(entry: Entry, before: Fields, name: string): Told[] {
  const said = saysInstead(before, fieldsOf(entry.after))
  return said === '' ? [] : [changed(entry, `${name}: ${said}`, 'prompt', 'variables')]
}

/** `prompt changed (12 lines, variable {{name}} new)` */
function saysInstead(before: Fields, after: Fields): string {
  const [was, now] = [before['prompt'], after['prompt']].map((it) => (typeof it === 'string' ? it : ''))
  const lines = changedLines(was ?? '', now ?? '')
  const [old, next] = [was ?? '', now ?? ''].map((it) => new Set(parseTemplate(it).names))
  const parts = [
    ...(lines === 0 ? [] : [count(lines, 'line')]),
    ...[...(next ?? [])].filter((it) => old?.has(it) !== true).map((it) => `variable {{${it}}} new`),
    ...[...(old ?? [])].filter((it) => next?.has(it) !== true).map((it) => `variable {{${it}}} gone`),
  ]
  const prompt = parts.length === 0 ? '' : `prompt changed (${parts.join(', ')})`
  const parameters =
    JSON.stringify(before['parameters']) === JSON.stringify(after['parameters']) ? '' : 'parameters changed'
  return [prompt, parameters].filter((it) => it !== '').join(', ')
}

/** Lines that came or went, whichever are more; those that moved count as the same. */
function changedLines(before: string, after: string): number {
  const left = new Map<string, number>()
  for (const line of before.split('\n')) left.set(line, (left.get(line) ?? 0) + 1)
  let came = 0
  for (const line of after.split('\n')) {
    const known = left.get(line) ?? 0
    if (known === 0) came += 1
    else left.set(line, known - 1)
  }
  const went = [...left.values()].reduce((sum, it) => sum + it, 0)
  return Math.max(came, went)
}

function newestBefore(known: readonly string[], name: string): string | null {
  const of = parseContextName(name)
  if (of === null) return null
  const others = (versionsByName(known).get(of.name) ?? []).filter((it) => it !== of.version)
  const newest = others.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  return newest === undefined ? null : `${of.name}@${newest}`
}
