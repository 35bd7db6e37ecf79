/** Who called, and which limit counted him. */
import { pointTo, type SettingsTree } from '@changeover/reload'
import { fieldOf, type TellStep, textOf } from './step.ts'

/** Refusals before anybody is known. */
const NOBODY: Readonly<Record<string, string>> = {
  'identity.foreign_page': 'a web page of somewhere else sent it, where no key is asked for',
  'identity.missing_key': 'no key was sent',
  'identity.unknown_key': 'nobody has the key that was sent',
  'identity.mistyped_key': 'the key that was sent is not as it was made',
  'identity.expired_key': 'the key has expired',
  'identity.disabled': 'the key, its team or its tenant is switched off',
  'identity.token_refused': 'the token that was sent is not one that is taken',
  'identity.token_expired': 'the token has expired',
  'identity.no_tenant': 'the token leads to no tenant or team that is there',
  'identity.keys_unreachable': 'the keys of the issuer of the token could not be had',
  'identity.busy': 'too many tokens that were not seen before came at once',
}

export const tellCaller: TellStep = (call, settings) => {
  const { tenant, key, error } = call
  const refused = NOBODY[error]
  if (refused !== undefined) {
    const isToken = /token|tenant|busy|unreachable/.test(error)
    const pointers = ['/access/callers', ...(isToken ? ['/access/tokens'] : [])]
    return { about: 'caller', says: `refused: ${refused}`, pointers }
  }
  if (tenant === null || key === null) {
    return { about: 'caller', says: 'anyone who reaches the port may call', pointers: ['/access/callers'] }
  }
  const entry = settings['tenants']?.[tenant]
  const { says, pointers } = sayAllowed(entry, tenant, key)
  const withdrawn = error === 'identity.revoked' ? '; it was withdrawn while the call ran' : ''
  const who = `key ${key} is one of tenant ${tenant}`
  return { about: 'caller', says: `${who}${entry === undefined ? '' : says}${withdrawn}`, pointers }
}

/** What tenant, team and key leave, and where that is said. */
function sayAllowed(
  entry: Parameters<typeof fieldOf>[0],
  tenant: string,
  key: string,
): { readonly says: string; readonly pointers: readonly string[] } {
  const top = pointTo('/tenants', tenant)
  const at = pointTo(pointTo(top, 'keys'), keyName(key))
  const own = fieldOf(fieldOf(entry, 'keys'), keyName(key))
  const team = textOf(fieldOf(own, 'team'))
  const inTeam = team === null ? undefined : fieldOf(fieldOf(entry, 'teams'), team)
  const levels = [
    { pointer: top, rules: entry },
    ...(team === null ? [] : [{ pointer: pointTo(pointTo(top, 'teams'), team), rules: inTeam }]),
    { pointer: at, rules: own },
  ]
  const lists = levels.flatMap(({ pointer, rules }) => {
    const allow = fieldOf(rules, 'allow')
    return Array.isArray(allow) ? [{ pointer: pointTo(pointer, 'allow'), allow: allow.map(String) }] : []
  })
  const [first, ...more] = lists
  const left = first?.allow.filter((name) => more.every((it) => it.allow.includes(name)))
  const of = team === null ? '' : ` and its team ${team}`
  const may = left === undefined ? 'everything' : left.join(', ') || 'nothing'
  return { says: `${of}, which may call ${may}`, pointers: [at, ...lists.map((it) => it.pointer)] }
}

/** Refusals by what is counted at each level; which of them it was is in the answer that the caller got. */
const COUNTED: Readonly<Record<string, { readonly says: string; readonly list: string }>> = {
  'policy.budget_spent': {
    says: 'refused: a budget of {who} does not have what it may come to',
    list: 'budgets',
  },
  'policy.no_price': {
    says: 'refused: a budget of {who} counts dollars, and a price is not known',
    list: 'budgets',
  },
  'policy.too_many_at_once': { says: 'refused: {who} has as many calls under way as it may', list: 'limits' },
}

export const tellLimit: TellStep = (call, settings) => {
  const counted = COUNTED[call.error]
  if (counted !== undefined && call.tenant !== null && call.key !== null) {
    const { says, list } = counted
    const at = pointTo('/tenants', call.tenant)
    const ofKey = pointTo(pointTo(at, 'keys'), keyName(call.key))
    const pointers = [pointTo(at, list), pointTo(ofKey, list)]
    return { about: 'limit', says: says.replace('{who}', `${call.key}, its team or its tenant`), pointers }
  }
  const found = limitOf(call.tenant, call.key, settings)
  if (found === null) return null
  const { name, pointer } = found
  const entry = settings['limits']?.[name]
  const numbers = sayNumbers(entry)
  const verb = call.error === 'policy.limit_reached' ? 'refused: over limit' : 'within limit'
  const at = pointTo('/limits', name)
  const fields = NUMBERS.filter((it) => fieldOf(entry, it) !== undefined)
  return {
    about: 'limit',
    says: `${verb} ${name}, ${numbers} for each key`,
    pointers: [pointer, ...fields.map((it) => pointTo(at, it))],
  }
}

const NUMBERS = ['requests', 'inputTokens', 'outputTokens', 'tokens', 'concurrent', 'perMs', 'burst']
const RATES: Readonly<Record<string, string>> = {
  requests: 'requests',
  inputTokens: 'input tokens',
  outputTokens: 'output tokens',
  tokens: 'tokens',
}

function sayNumbers(entry: Parameters<typeof fieldOf>[0]): string {
  const number = (name: string): number => Number(fieldOf(entry, name))
  const has = (name: string): boolean => fieldOf(entry, name) !== undefined
  const rates = Object.entries(RATES).flatMap(([name, noun]) =>
    has(name) ? [`${number(name)} ${noun}`] : [],
  )
  const parts = [
    ...(rates.length === 0 ? [] : [`${rates.join(' and ')} each ${number('perMs') / 1000} s`]),
    ...(has('burst') ? [`${number('burst')} at once`] : []),
    ...(has('concurrent') ? [`${number('concurrent')} under way`] : []),
  ]
  return parts.join(', ')
}

/** The entry of `limits` that counts a key, and where that is said. */
function limitOf(
  tenant: string | null,
  key: string | null,
  settings: SettingsTree,
): { readonly name: string; readonly pointer: string } | null {
  if (tenant === null || key === null) return null
  const entry = settings['tenants']?.[tenant]
  const at = pointTo('/tenants', tenant)
  const own = textOf(fieldOf(fieldOf(fieldOf(entry, 'keys'), keyName(key)), 'limit'))
  if (own !== null) {
    return { name: own, pointer: pointTo(pointTo(pointTo(at, 'keys'), keyName(key)), 'limit') }
  }
  const shared = textOf(fieldOf(entry, 'limit'))
  return shared === null ? null : { name: shared, pointer: pointTo(at, 'limit') }
}

/** `ci` of `acme/ci`. */
function keyName(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}
