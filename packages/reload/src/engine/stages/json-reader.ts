/** The reader for services that bring none: JSON of the form `{ kind: { name: value } }`. */
import type { Draft } from '../../contract/participant.ts'
import type { Json } from '../../contract/payload.ts'
import type { Reader } from '../../contract/trust.ts'
import { MOST_VALUES } from '../../format/defaults.ts'
import { parseJson, readUtf8 } from '../../format/json.ts'
import { pointTo } from '../../format/pointer.ts'
import { refusal } from '../../format/refusal.ts'

export function jsonReader(depth: number): Reader {
  return (bytes, origin): Draft => {
    const what = origin.source === '' ? 'the settings' : `"${origin.source}"`
    const settings = asObject(parseJson(readUtf8(bytes, what), { what, depth, count: MOST_VALUES }), '')
    for (const [kind, named] of Object.entries(settings)) asObject(named, pointTo('', kind))
    return { settings: settings as Draft['settings'] }
  }
}

function asObject(value: Json, pointer: string): { readonly [key: string]: Json } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as { readonly [key: string]: Json }
  }
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
  throw refusal('payload.schema', { pointer, found, expected: 'an object' }, pointer)
}
