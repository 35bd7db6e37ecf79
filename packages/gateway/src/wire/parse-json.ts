/** JSON of a request, parsed or refused with the place where it breaks and without what stands there. */
import { GatewayError } from '../errors.ts'
import { isFields } from './fields.ts'

/** Throws `request.not_json`. */
export function parseOrRefuse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new GatewayError('request.not_json', { reason: reasonOf(error) })
  }
}

/** Where it broke. The rest of the parser's text quotes the body, which is nobody else's to see. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : ''
  const place = /\(line (\d+) column (\d+)\)/.exec(text)
  if (place !== null) return `it breaks at line ${place[1]}, column ${place[2]}`
  return text.startsWith('Unexpected end') ? 'it ends too early' : 'it breaks off the grammar of JSON'
}

/** For a body in which no object was found. */
export function notAnObject(bytes: Buffer): GatewayError {
  const value = parseOrRefuse(bytes.toString())
  // A whole parse is stricter than the walk, so what it takes is JSON, but no object.
  const found = isFields(value)
    ? 'an object of unusual form'
    : Array.isArray(value)
      ? 'an array'
      : typeof value
  return new GatewayError('request.not_json', { reason: `found ${found}` })
}
