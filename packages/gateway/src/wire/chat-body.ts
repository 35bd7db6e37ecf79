/**
 * The body of a chat request as it came, and what changes in it on its way up.
 *
 * Where caller and provider speak the same format, the caller's bytes go up as they are: the model's name is
 * replaced where it stands, missing defaults and the prompt are put in, and the gateway's own field is taken
 * out. Every other byte stays, so that fields which this program has never heard of arrive untouched, and
 * numbers keep all their digits. What holds: `parse(spliced)` equals `{ ...parse(body), model }`.
 *
 * A key that occurs twice, or is written with escapes, could mean one model here and another at the
 * provider: every occurrence of `model` is replaced. Twice any other key that has to be changed, and the
 * body is parsed and written anew.
 *
 * Not here: the other format (`wires`), which needs the whole body parsed anyway.
 */
import { GatewayError } from '../errors.ts'
import { type Fields, fieldsOf, isFields, unexpected } from './fields.ts'
import { findMembers, skipSpace } from './json-members.ts'
import type { PreparedDefaults } from './prepared-defaults.ts'

/** Up to here a whole parse costs less than it is worth in clear errors. */
const PARSED_BYTES = 16 * 1024
const BACKSLASH = 92
const LETTER_T = 116
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN_OBJECT = Buffer.from('{')
const COMMA = Buffer.from(',')

export interface BodyChanges {
  readonly model: string
  /** Lists of defaults, the stronger first. */
  readonly defaults: readonly PreparedDefaults[]
  /** Goes before all messages. */
  readonly prompt: string | null
}

export class ChatBody {
  readonly bytes: Buffer
  readonly model: string
  readonly stream: boolean
  /** Of the gateway's own field: `{ "changeover": { "variables": … } }`. */
  readonly variables: Fields | undefined
  readonly #members: readonly number[]
  readonly #names: readonly string[]

  /** Throws `request.not_json` or `request.field`. */
  constructor(bytes: Buffer) {
    this.bytes = bytes
    if (bytes.length <= PARSED_BYTES) parseOrRefuse(bytes.toString('latin1'))
    const members = findMembers(bytes)
    if (members === null) throw notAnObject(bytes)
    this.#members = members
    this.#names = readNames(bytes, members)
    this.model = this.#readModel()
    const stream = this.#names.lastIndexOf('stream')
    this.stream = stream !== -1 && bytes[this.#valueStart(stream)] === LETTER_T
    this.variables = this.#readVariables()
  }

  has(name: string): boolean {
    return this.#names.includes(name)
  }

  /** The body parsed, without the gateway's own field and with the defaults and the prompt. */
  toFields(changes: BodyChanges): Record<string, unknown> {
    const parsed = fieldsOf(parseOrRefuse(this.bytes.toString()), 'body')
    const { changeover: _, ...fields }: Record<string, unknown> = parsed
    for (const defaults of changes.defaults) {
      for (const { name, value } of defaults) if (isMissing(fields, name)) fields[name] = value
    }
    if (changes.prompt !== null) fields['messages'] = withPrompt(fields['messages'], changes.prompt)
    fields['model'] = changes.model
    return fields
  }

  /** The bytes to send to a provider that speaks the same format. */
  splice(changes: BodyChanges): Buffer {
    const { prompt } = changes
    if (this.#count('changeover') > 1 || (prompt !== null && this.#count('messages') > 1)) {
      return Buffer.from(JSON.stringify(this.toFields(changes)))
    }
    const pieces: Buffer[] = []
    let from = this.#spliceDefaults(changes.defaults, pieces)
    const model = Buffer.from(JSON.stringify(changes.model))
    const last = this.#names.length - 1
    for (let i = 0; i <= last; i += 1) {
      const name = this.#names[i]
      if (name === 'model') {
        pieces.push(this.bytes.subarray(from, this.#valueStart(i)), model)
        from = this.#valueEnd(i)
      } else if (name === 'messages' && prompt !== null) {
        from = this.#splicePrompt(prompt, i, from, pieces)
      } else if (name === 'changeover') {
        // With the comma behind it, or, as the last one, with the comma before it.
        pieces.push(this.bytes.subarray(from, i < last ? this.#keyStart(i) : this.#valueEnd(i - 1)))
        from = i < last ? this.#keyStart(i + 1) : this.#valueEnd(i)
      }
    }
    pieces.push(this.bytes.subarray(from))
    return Buffer.concat(pieces)
  }

  /** Returns where the caller's bytes go on. There is at least one member: the model. */
  #spliceDefaults(lists: readonly PreparedDefaults[], pieces: Buffer[]): number {
    const added = new Set<string>()
    for (const defaults of lists) {
      for (const { name, member } of defaults) {
        if (added.has(name) || this.#knows(name)) continue
        added.add(name)
        pieces.push(pieces.length === 0 ? OPEN_OBJECT : COMMA, member)
      }
    }
    if (pieces.length === 0) return 0
    pieces.push(COMMA)
    return this.#keyStart(0)
  }

  #splicePrompt(prompt: string, index: number, from: number, pieces: Buffer[]): number {
    const open = this.#valueStart(index)
    if (this.bytes[open] !== OPEN_LIST) {
      throw unexpected('messages', parseOrRefuse(this.#valueText(index)), 'an array')
    }
    const empty = this.bytes[skipSpace(this.bytes, open + 1)] === CLOSE_LIST
    const message = JSON.stringify({ role: 'system', content: prompt })
    pieces.push(this.bytes.subarray(from, open + 1), Buffer.from(empty ? message : `${message},`))
    return open + 1
  }

  #knows(name: string): boolean {
    return this.has(name) || (name === 'max_tokens' && this.has('max_completion_tokens'))
  }

  #readModel(): string {
    const index = this.#names.lastIndexOf('model')
    if (index === -1) throw unexpected('model', undefined, 'a string')
    const model = parseOrRefuse(this.#valueText(index))
    if (typeof model !== 'string') throw unexpected('model', model, 'a string')
    return model
  }

  #readVariables(): Fields | undefined {
    const index = this.#names.lastIndexOf('changeover')
    if (index === -1) return undefined
    const own = fieldsOf(parseOrRefuse(this.#valueText(index)), 'changeover')
    const { variables } = own
    return variables === undefined ? undefined : fieldsOf(variables, 'changeover.variables')
  }

  #count(name: string): number {
    let count = 0
    for (const it of this.#names) if (it === name) count += 1
    return count
  }

  #valueText(index: number): string {
    return this.bytes.toString('utf8', this.#valueStart(index), this.#valueEnd(index))
  }

  #keyStart(index: number): number {
    return this.#members[index * 4] ?? 0
  }

  #valueStart(index: number): number {
    return this.#members[index * 4 + 2] ?? 0
  }

  #valueEnd(index: number): number {
    return this.#members[index * 4 + 3] ?? 0
  }
}

function readNames(bytes: Buffer, members: readonly number[]): readonly string[] {
  const names: string[] = []
  for (let i = 0; i < members.length; i += 4) {
    const start = members[i] ?? 0
    const end = members[i + 1] ?? 0
    const escaped = bytes.subarray(start, end).includes(BACKSLASH)
    names.push(
      escaped
        ? String(parseOrRefuse(bytes.toString('utf8', start, end)))
        : bytes.toString('utf8', start + 1, end - 1),
    )
  }
  return names
}

function isMissing(fields: Fields, name: string): boolean {
  if (Object.hasOwn(fields, name)) return false
  return name !== 'max_tokens' || !Object.hasOwn(fields, 'max_completion_tokens')
}

function withPrompt(messages: unknown, prompt: string): readonly unknown[] {
  if (!Array.isArray(messages)) throw unexpected('messages', messages, 'an array')
  return [{ role: 'system', content: prompt }, ...(messages as unknown[])]
}

function parseOrRefuse(text: string): unknown {
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

function notAnObject(bytes: Buffer): GatewayError {
  const value = parseOrRefuse(bytes.toString())
  // A whole parse is stricter than the walk, so what it takes is JSON, but no object.
  const found = isFields(value)
    ? 'an object of unusual form'
    : Array.isArray(value)
      ? 'an array'
      : typeof value
  return new GatewayError('request.not_json', { reason: `found ${found}` })
}
