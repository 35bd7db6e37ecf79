/**
 * Whether a whole answer keeps to the JSON schema that its caller asked for. Looked at only while two versions are compared,
 * when the answer is out, and only in answers of a usual size: it costs a parse of request and answer.
 *
 * Of JSON Schema it knows what structured outputs of providers know: types, properties, required, additionalProperties,
 * items, enum, const, anyOf, and references within the schema. What it does not know it lets pass.
 */
import type { Wire } from '../contract/wire.ts'
import { type Fields, isFields } from '../wire/fields.ts'
import { foldReply } from '../wire/fold-reply.ts'
import type { RequestBody } from '../wire/request-body.ts'

const LARGEST_BYTES = 64 * 1024
const DEEPEST = 32
/** How the formats write that they want one. */
const MARKS = [
  '"json_schema"',
  '"responseSchema"',
  '"responseJsonSchema"',
  '"output_format"',
  '"output_config"',
].map((it) => Buffer.from(it))

/** `null` where no schema was asked for, or it was not looked at. */
export function schemaKept(
  answer: Buffer | string | null,
  body: RequestBody | null,
  wire: Wire,
): boolean | null {
  if (answer === null || body === null || body.stream || answer.length > LARGEST_BYTES) return null
  // Names of fields first: to search a body through five times costs more than all other measures.
  if (
    !body.mayAskForSchema ||
    body.bytes.length > LARGEST_BYTES ||
    !MARKS.some((it) => body.bytes.includes(it))
  )
    return null
  try {
    const { responseFormat } = wire.parseRequest(body.toFields(null))
    if (responseFormat?.type !== 'json_schema') return null
    const reply: unknown = JSON.parse(answer.toString())
    if (!isFields(reply)) return null
    const { text, toolCalls, finish } = foldReply(wire.parseReply(reply))
    // A refusal, a call of a tool and an answer that was cut are measured elsewhere.
    if (finish !== 'stop' || (text === '' && toolCalls.length > 0)) return null
    return keeps(parse(text), responseFormat.schema, { root: responseFormat.schema, depth: 0 })
  } catch {
    return null
  }
}

const NO_JSON = Symbol('no JSON')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return NO_JSON
  }
}

interface Within {
  readonly root: Fields
  readonly depth: number
}

export function keeps(value: unknown, schema: unknown, { root, depth }: Within): boolean {
  if (value === NO_JSON) return false
  if (!isFields(schema) || depth > DEEPEST) return schema !== false
  const below = { root, depth: depth + 1 }
  const { $ref, type, enum: allowed, anyOf } = schema
  if (typeof $ref === 'string') return keeps(value, resolve(root, $ref), below)
  if (type !== undefined && ![type].flat().some((it) => isOfType(value, it))) return false
  if (Array.isArray(allowed) && !allowed.some((it) => isSame(it, value))) return false
  if ('const' in schema && !isSame(schema['const'], value)) return false
  if (Array.isArray(anyOf) && !anyOf.some((it) => keeps(value, it, below))) return false
  if (Array.isArray(value)) return value.every((it) => keeps(it, schema['items'], below))
  return !isFields(value) || keepsFields(value, schema, below)
}

function keepsFields(value: Fields, schema: Fields, below: Within): boolean {
  const { required, additionalProperties } = schema
  const properties = isFields(schema['properties']) ? schema['properties'] : {}
  if (Array.isArray(required) && !required.every((it) => Object.hasOwn(value, String(it)))) return false
  return Object.entries(value).every(([name, it]) =>
    keeps(it, Object.hasOwn(properties, name) ? properties[name] : additionalProperties, below),
  )
}

function isOfType(value: unknown, type: unknown): boolean {
  // Google writes its types in capitals.
  switch (String(type).toLowerCase()) {
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'object':
      return isFields(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === String(type).toLowerCase()
    default:
      return true
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** `#/$defs/item`; what is not found lets everything pass. */
function resolve(root: Fields, ref: string): unknown {
  if (!ref.startsWith('#')) return true
  let here: unknown = root
  for (const step of ref.split('/').slice(1)) here = isFields(here) ? here[step] : undefined
  return here
}
