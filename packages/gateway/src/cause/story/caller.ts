/** Who called, and which limit counted him. */
import { pointTo, type SettingsTree } from '@changeover/reload'
import { fieldOf, type TellStep, textOf } from './step.ts'

export const tellCaller: TellStep = (call, settings) => {
  const { tenant, key, error } = call
  if (
    error === 'identity.missing_key' ||
    error === 'identity.unknown_key' ||
    error === 'identity.expired_key'
  ) {
    const what = {
      missing_key: 'no key was sent',
      unknown_key: 'nobody has the key that was sent',
      expired_key: 'the key has expired',
    }
    const says = `refused: ${what[error.slice('identity.'.length) as keyof typeof what]}`
    return { about: 'caller', says, pointers: ['/access/callers'] }
  }
  if (tenant === null || key === null) {
    return { about: 'caller', says: 'anyone who reaches the port may call', pointers: ['/access/callers'] }
  }
  const entry = settings['tenants']?.[tenant]
  const at = pointTo('/tenants', tenant)
  const allow = fieldOf(entry, 'allow')
  const mayCall = Array.isArray(allow)
    ? `, which may call ${allow.join(', ')}`
    : ', which may call everything'
  return {
    about: 'caller',
    says: `key ${key} is one of tenant ${tenant}${entry === undefined ? '' : mayCall}`,
    pointers: [
      pointTo(pointTo(at, 'keys'), keyName(key)),
      ...(allow === undefined ? [] : [pointTo(at, 'allow')]),
    ],
  }
}

export const tellLimit: TellStep = (call, settings) => {
  const found = limitOf(call.tenant, call.key, settings)
  if (found === null) return null
  const { name, pointer } = found
  const entry = settings['limits']?.[name]
  const number = (name: string): number => Number(fieldOf(entry, name))
  const burst = fieldOf(entry, 'burst') === undefined ? '' : `, ${number('burst')} at once`
  const numbers = `${number('requests')} requests each ${number('perMs') / 1000} s${burst}`
  const verb = call.error === 'policy.limit_reached' ? 'refused: over limit' : 'within limit'
  const at = pointTo('/limits', name)
  const fields = ['requests', 'perMs', 'burst'].filter((it) => fieldOf(entry, it) !== undefined)
  return {
    about: 'limit',
    says: `${verb} ${name}, ${numbers} for each key`,
    pointers: [pointer, ...fields.map((it) => pointTo(at, it))],
  }
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
