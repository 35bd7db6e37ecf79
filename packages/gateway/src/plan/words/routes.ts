/** Routes: who takes how much, what they fall back to, their prompt, their rules, and how long they wait. */
import type { Json } from '@changeover/reload'
import {
  cameOrWent,
  changed,
  type Describe,
  differs,
  type Entry,
  fieldsOf,
  listOf,
  sayMs,
  sayValue,
  type Told,
  textOf,
  textsOf,
} from './entry.ts'

export const routes: Describe = (entry) => {
  const shares = sharesOf(entry.after)
  return (
    cameOrWent(entry, `route ${entry.name}`, shares.size === 0 ? '' : `: ${sayShares(shares)}`) ?? [
      ...tellTargets(entry),
      ...tellRules(entry),
      ...tellOthers(entry),
      ...tellTimes(entry),
    ]
  )
}

type Shares = ReadonlyMap<string, number>

/** In per cent, by model. A weight that is not written is 1. */
function sharesOf(route: Json | undefined): Shares {
  const targets = listOf(fieldsOf(route)['targets']).map(fieldsOf)
  const weights = targets.map((it) => (typeof it['weight'] === 'number' ? it['weight'] : 1))
  const total = weights.reduce((sum, it) => sum + it, 0)
  const shares = new Map<string, number>()
  for (const [i, it] of targets.entries()) {
    const model = textOf(it['model'])
    shares.set(model, (shares.get(model) ?? 0) + ((weights[i] ?? 0) / total) * 100)
  }
  return shares
}

function tellTargets(entry: Entry): Told[] {
  if (!differs(entry, 'targets')) return []
  const [before, after] = [sharesOf(entry.before), sharesOf(entry.after)]
  const parts: string[] = []
  for (const [model, share] of after) {
    const was = before.get(model)
    if (was === undefined) parts.push(`${model} is new and gets ${percent(share)}`)
    else if (percent(was) !== percent(share))
      parts.push(`${model} gets ${percent(share)} instead of ${percent(was)}`)
  }
  for (const model of before.keys()) if (!after.has(model)) parts.push(`${model} gets nothing any more`)
  return parts.length === 0 ? [] : [changed(entry, `route ${entry.name}: ${parts.join(', ')}`, 'targets')]
}

function sayShares(shares: Shares): string {
  return Array.from(shares, ([model, share]) => `${model} ${percent(share)}`).join(', ')
}

function percent(share: number): string {
  return `${Number(share.toFixed(1))} %`
}

function tellRules(entry: Entry): Told[] {
  if (!differs(entry, 'rules')) return []
  const [before, after] = [entry.before, entry.after].map((it) => listOf(fieldsOf(it)['rules']).map(sayRule))
  const added = (after ?? []).filter((it) => before?.includes(it) !== true)
  const gone = (before ?? []).filter((it) => after?.includes(it) !== true)
  if (added.length + gone.length === 0)
    return [changed(entry, `route ${entry.name}: its rules are looked at in another order`, 'rules')]
  const name = `route ${entry.name}`
  return [
    ...added.map(
      (it): Told => ({ op: 'add', text: `${name}: rule ${it} is new`, covers: [`${entry.pointer}/rules`] }),
    ),
    ...gone.map(
      (it): Told => ({
        op: 'remove',
        text: `${name}: rule ${it} is gone`,
        covers: [`${entry.pointer}/rules`],
      }),
    ),
  ]
}

/** `"tokens > 8000" (to route long)` */
function sayRule(rule: Json): string {
  const { when, route, targets, strategy, require } = fieldsOf(rule)
  const takers = listOf(targets).map((it) => textOf(fieldsOf(it)['model']))
  const to =
    typeof route === 'string'
      ? `to route ${route}`
      : takers.length > 0
        ? `to ${sayShares(sharesOf(rule))}`
        : ''
  const how = typeof strategy === 'string' ? `by ${strategy}` : ''
  const needs = require === undefined ? '' : `with ${JSON.stringify(require)}`
  const said = [to, how, needs].filter((it) => it !== '').join(' ')
  return `"${sayValue(when)}"${said === '' ? '' : ` (${said})`}`
}

function tellOthers(entry: Entry): Told[] {
  const [before, after] = [fieldsOf(entry.before), fieldsOf(entry.after)]
  const name = `route ${entry.name}`
  const told: Told[] = []
  if (differs(entry, 'fallback')) {
    const [was, now] = [textsOf(before['fallback']), textsOf(after['fallback'])]
    const instead = was.length === 0 ? '' : ` instead of ${was.join(', ')}`
    const text =
      now.length === 0 ? 'falls back to nothing any more' : `falls back to ${now.join(', ')}${instead}`
    told.push(changed(entry, `${name}: ${text}`, 'fallback'))
  }
  if (differs(entry, 'context')) {
    const [was, now] = [before['context'], after['context']]
    const text =
      now === undefined
        ? `has no prompt of ours any more (was ${sayValue(was)})`
        : `prompt ${sayValue(now)} instead of ${was === undefined ? 'none' : sayValue(was)}`
    told.push(changed(entry, `${name}: ${text}`, 'context'))
  }
  if (differs(entry, 'strategy')) {
    const [was, now] = [before['strategy'] ?? 'weighted', after['strategy'] ?? 'weighted']
    told.push(
      changed(entry, `${name}: chooses by ${sayStrategy(now)} instead of by ${sayStrategy(was)}`, 'strategy'),
    )
  }
  if (differs(entry, 'aliases')) {
    const [was, now] = [textsOf(before['aliases']), textsOf(after['aliases'])]
    const parts = [
      ...now.filter((it) => !was.includes(it)).map((it) => `can also be asked for as ${it}`),
      ...was.filter((it) => !now.includes(it)).map((it) => `cannot be asked for as ${it} any more`),
    ]
    if (parts.length > 0) told.push(changed(entry, `${name}: ${parts.join(', ')}`, 'aliases'))
  }
  return told
}

function sayStrategy(it: Json): string {
  return it === 'weighted' ? 'weight' : sayValue(it)
}

const WAITS: Readonly<Record<string, string>> = {
  connectMs: 'for a connection',
  firstTokenMs: 'for the first token',
  idleMs: 'between two chunks',
  totalMs: 'for the whole call',
}

function tellTimes(entry: Entry): Told[] {
  return Object.entries(WAITS).flatMap(([key, what]) => {
    if (!differs(entry, 'timeouts', key)) return []
    const [was, now] = [entry.before, entry.after].map((it) => fieldsOf(fieldsOf(it)['timeouts'])[key])
    const text = `route ${entry.name}: waits ${now === undefined ? 'as by default' : sayMs(now)} instead of ${was === undefined ? 'as by default' : sayMs(was)} ${what}`
    return [changed(entry, text, `timeouts/${key}`)]
  })
}
