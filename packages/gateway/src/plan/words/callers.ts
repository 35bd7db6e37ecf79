/** Tenants, keys and limits: who may call, what, and how often. Of a key's secret only that it is another one. */
import type { Json } from '@changeover/reload'
import {
  cameOrWent,
  changed,
  type Describe,
  differs,
  type Entry,
  type Fields,
  fieldsOf,
  listOf,
  sayMs,
  sayValue,
  type Told,
  textsOf,
} from './entry.ts'

export const tenants: Describe = (entry) => {
  const keys = Object.keys(fieldsOf(fieldsOf(entry.after)['keys']))
  const more = keys.length === 0 ? '' : ` with ${keys.length === 1 ? 'key' : 'keys'} ${sayValue(keys)}`
  return (
    cameOrWent(entry, `tenant ${entry.name}`, more) ?? [
      ...tellSwitched(entry),
      ...tellKeys(entry),
      ...tellAllow(entry),
      ...tellLimit(entry),
    ]
  )
}

function tellKeys(entry: Entry): Told[] {
  const [before, after] = [keysOf(entry.before), keysOf(entry.after)]
  const of = `of tenant ${entry.name}`
  const told: Told[] = []
  for (const [key, value] of Object.entries(after)) {
    const covers = [`${entry.pointer}/keys/${key}`]
    const was = before[key]
    const { expires, limit } = fieldsOf(value)
    if (was === undefined) {
      const until = expires === undefined ? '' : `, until ${sayValue(expires)}`
      told.push({ op: 'add', text: `key ${key} ${of} is added${until}`, covers })
      continue
    }
    const old = fieldsOf(was)
    if (old['hash'] !== fieldsOf(value)['hash']) {
      const end = endOfReplaced(value, old['hash'])
      const before = end === null ? 'the one in use stops working' : `the one in use works until ${end}`
      const covers = end === null ? [`keys/${key}/hash`] : [`keys/${key}/hash`, `keys/${key}/previous`]
      told.push(changed(entry, `key ${key} ${of} has another secret: ${before}`, ...covers))
    }
    if (old['expires'] !== expires) {
      const text =
        expires === undefined
          ? 'does not expire any more'
          : `expires ${sayValue(expires)} instead of ${old['expires'] === undefined ? 'never' : sayValue(old['expires'])}`
      told.push(changed(entry, `key ${key} ${of} ${text}`, `keys/${key}/expires`))
    }
    if (old['limit'] !== limit)
      told.push(
        changed(
          entry,
          `key ${key} ${of} is counted by limit ${sayLimit(limit)} instead of ${sayLimit(old['limit'])}`,
          `keys/${key}/limit`,
        ),
      )
  }
  for (const key of Object.keys(before))
    if (after[key] === undefined)
      told.push({
        op: 'remove',
        text: `key ${key} ${of} is removed`,
        covers: [`${entry.pointer}/keys/${key}`],
      })
  return told
}

/** When the key that was replaced stops; `null` where it stops at once. */
function endOfReplaced(key: Json, hash: Json | undefined): string | null {
  const all = listOf(fieldsOf(key)['previous']).map(fieldsOf)
  const found = all.find((it) => hash !== undefined && it['hash'] === hash)
  return found === undefined ? null : sayValue(found['expires'])
}

/** The tenant, its teams and its keys. */
function tellSwitched(entry: Entry): Told[] {
  const of = `of tenant ${entry.name}`
  const below = (section: string, what: string) => {
    const [before, after] = [entry.before, entry.after].map((it) => fieldsOf(fieldsOf(it)[section]))
    return Object.keys(after ?? {})
      .filter((name) => before?.[name] !== undefined)
      .flatMap((name) =>
        switched(entry, {
          what: `${what} ${name} ${of}`,
          at: `${section}/${name}/enabled`,
          was: before?.[name],
          now: after?.[name],
        }),
      )
  }
  const own = { what: `tenant ${entry.name}`, at: 'enabled', was: entry.before, now: entry.after }
  return [...switched(entry, own), ...below('teams', 'team'), ...below('keys', 'key')]
}

interface Switched {
  readonly what: string
  readonly at: string
  readonly was: Json | undefined
  readonly now: Json | undefined
}

function switched(entry: Entry, { what, at, was, now }: Switched): Told[] {
  const isOn = (it: Json | undefined): boolean => fieldsOf(it)['enabled'] !== false
  if (isOn(was) === isOn(now)) return []
  return [changed(entry, `${what} is switched ${isOn(now) ? 'on again' : 'off: its calls are refused'}`, at)]
}

function keysOf(tenant: Json | undefined): Fields {
  return fieldsOf(fieldsOf(tenant)['keys'])
}

function sayLimit(limit: Json | undefined): string {
  return limit === undefined ? "its tenant's" : sayValue(limit)
}

function tellAllow(entry: Entry): Told[] {
  if (!differs(entry, 'allow')) return []
  const [was, now] = [fieldsOf(entry.before)['allow'], fieldsOf(entry.after)['allow']]
  const name = `tenant ${entry.name}`
  if (now === undefined)
    return [changed(entry, `${name} may call everything, and not only ${sayValue(was)}`, 'allow')]
  if (was === undefined)
    return [changed(entry, `${name} may call only ${sayValue(now)}, and not everything`, 'allow')]
  const [old, next] = [textsOf(was), textsOf(now)]
  const added = next.filter((it) => !old.includes(it))
  const gone = old.filter((it) => !next.includes(it))
  const parts = [
    ...(added.length === 0 ? [] : [`may also call ${sayValue(added)}`]),
    ...(gone.length === 0 ? [] : [`may no longer call ${sayValue(gone)}`]),
  ]
  return parts.length === 0 ? [] : [changed(entry, `${name} ${parts.join(' and ')}`, 'allow')]
}

function tellLimit(entry: Entry): Told[] {
  if (!differs(entry, 'limit')) return []
  const [was, now] = [fieldsOf(entry.before)['limit'], fieldsOf(entry.after)['limit']]
  const say = (it: Json | undefined): string => (it === undefined ? 'no limit' : `limit ${sayValue(it)}`)
  return [changed(entry, `tenant ${entry.name} has ${say(now)} instead of ${say(was)}`, 'limit')]
}

export const limits: Describe = (entry) => {
  const [before, after] = [fieldsOf(entry.before), fieldsOf(entry.after)]
  const came = cameOrWent(entry, `limit ${entry.name}`, `: ${sayAmounts(after)}`)
  if (came !== null) return came
  if (!differs(entry, 'requests') && !differs(entry, 'perMs')) return []
  // Of what came or went the place is told, as of every other number.
  if (before['requests'] === undefined || after['requests'] === undefined) return []
  const isSamePeriod = before['perMs'] === after['perMs']
  const was = isSamePeriod ? sayValue(before['requests']) : sayRate(before)
  return [changed(entry, `limit ${entry.name}: ${was} → ${sayRate(after)}`, 'requests', 'perMs')]
}

const PERIODS: Readonly<Record<number, string>> = {
  1000: 'a second',
  60_000: 'a minute',
  3_600_000: 'an hour',
  86_400_000: 'a day',
}

const AMOUNTS: Readonly<Record<string, string>> = {
  requests: 'requests',
  inputTokens: 'input tokens',
  outputTokens: 'output tokens',
  tokens: 'tokens',
}

/** `20 requests, 4000 tokens a minute; 5 at once` */
function sayAmounts(limit: Fields): string {
  const rates = Object.entries(AMOUNTS).flatMap(([name, noun]) =>
    limit[name] === undefined ? [] : [`${sayValue(limit[name])} ${noun}`],
  )
  const period = PERIODS[Number(limit['perMs'])] ?? `in ${sayMs(limit['perMs'])}`
  const places = limit['concurrent'] === undefined ? [] : [`${sayValue(limit['concurrent'])} at once`]
  return [...(rates.length === 0 ? [] : [`${rates.join(', ')} ${period}`]), ...places].join('; ')
}

/** `20 requests a minute` */
function sayRate({ requests, perMs }: Fields): string {
  const period = PERIODS[Number(perMs)] ?? `in ${sayMs(perMs)}`
  return `${sayValue(requests)} requests ${period}`
}
