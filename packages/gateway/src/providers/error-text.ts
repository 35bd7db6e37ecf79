/** What a provider's error says, where it writes it in a place of its own. */
import { isFields } from '../wire/fields.ts'

/** The first text at one of these JSON pointers, or `null`. */
export function readErrorText(body: unknown, pointers: readonly string[]): string | null {
  for (const pointer of pointers) {
    const found = at(body, pointer.split('/').slice(1))
    if (typeof found === 'string' && found !== '') return found
  }
  return null
}

function at(value: unknown, steps: readonly string[]): unknown {
  let found = value
  for (const step of steps) {
    if (Array.isArray(found)) found = found[Number(step)]
    else if (isFields(found) && Object.hasOwn(found, step)) found = found[step]
    else return undefined
  }
  return found
}
