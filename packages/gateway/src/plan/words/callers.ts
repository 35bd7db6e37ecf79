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
    if (old['hash'] !== fieldsOf(value)['hash'])
      told.push(
        changed(
          entry,
          `key ${key} ${of} has another secret: the one in use stops working`,
          `keys/${key}/hash`,
        ),
      )
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
  const came = cameOrWent(entry, `limit ${entry.name}`, `: ${sayRate(after)}`)
  if (came !== null) return came
  if (!differs(entry, 'requests') && !differs(entry, 'perMs')) return []
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

/** `20 requests a minute` */
function sayRate({ requests, perMs }: Fields): string {
  const period = PERIODS[Number(perMs)] ?? `in ${sayMs(perMs)}`
  return `${sayValue(requests)} requests ${period}`
}
