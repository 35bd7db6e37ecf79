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
import { Splice } from './splice.ts'

/** Up to here a whole parse costs less than it is worth in clear errors. */
const PARSED_BYTES = 16 * 1024
const BACKSLASH = 92
const LETTER_T = 116
const OPEN_LIST = 91
const CLOSE_LIST = 93
const COMMA = Buffer.from(',')
/** Of a member's four positions: where its value begins, and ends. */
const VALUE = 2
const VALUE_END = 3

export interface BodyChanges {
  readonly model: string
  /** The same as JSON, in bytes. */
  readonly modelJson: Buffer
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
  /** Members of interest by index, -1 when absent: the last, as parsers read it. */
  #messages = -1
  #changeover = -1
  #messagesDoubled = false
  #changeoverDoubled = false
  #names: readonly string[] | null = null

  /** Throws `request.not_json` or `request.field`. */
  constructor(bytes: Buffer) {
    this.bytes = bytes
    if (bytes.length <= PARSED_BYTES) parseOrRefuse(bytes.toString('latin1'))
    const members = findMembers(bytes)
    if (members === null) throw notAnObject(bytes)
    this.#members = members
    let model = -1
    let stream = -1
    for (let i = 0; i < members.length; i += 4) {
      if (this.#isKey(i, 'model')) model = i
      else if (this.#isKey(i, 'stream')) stream = i
      else if (this.#isKey(i, 'messages')) {
        this.#messagesDoubled = this.#messages !== -1
        this.#messages = i
      } else if (this.#isKey(i, 'changeover')) {
        this.#changeoverDoubled = this.#changeover !== -1
        this.#changeover = i
      }
    }
    this.model = this.#readModel(model)
    this.stream = stream !== -1 && bytes[this.#at(stream + VALUE)] === LETTER_T
    this.variables = this.#readVariables()
  }

  has(name: string): boolean {
    this.#names ??= this.#readNames()
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
    const { prompt, modelJson } = changes
    if (this.#changeoverDoubled || (prompt !== null && this.#messagesDoubled)) {
      return Buffer.from(JSON.stringify(this.toFields(changes)))
    }
    const splice = new Splice(this.bytes)
    this.#spliceDefaults(changes.defaults, splice)
    const last = this.#members.length - 4
    for (let i = 0; i <= last; i += 4) {
      if (i === this.#messages) {
        if (prompt !== null) this.#splicePrompt(prompt, splice)
      } else if (i === this.#changeover) {
        // With the comma behind it, or, as the last one, with the comma before it.
        if (i < last) splice.replace(this.#at(i), this.#at(i + 4), null)
        else splice.replace(this.#at(i - 4 + VALUE_END), this.#at(i + VALUE_END), null)
      } else if (this.#isKey(i, 'model')) {
        splice.replace(this.#at(i + VALUE), this.#at(i + VALUE_END), modelJson)
      }
    }
    return splice.join()
  }

  /** Before the first member. There is at least one: the model. */
  #spliceDefaults(lists: readonly PreparedDefaults[], splice: Splice): void {
    const at = this.#at(0)
    const added: string[] = []
    for (const defaults of lists) {
      for (const { name, member } of defaults) {
        if (added.includes(name) || this.#knows(name)) continue
        added.push(name)
        splice.replace(at, at, member)
        splice.replace(at, at, COMMA)
      }
    }
  }

  #splicePrompt(prompt: string, splice: Splice): void {
    const open = this.#at(this.#messages + VALUE)
    if (this.bytes[open] !== OPEN_LIST) {
      throw unexpected('messages', parseOrRefuse(this.#valueText(this.#messages)), 'an array')
    }
    const empty = this.bytes[skipSpace(this.bytes, open + 1)] === CLOSE_LIST
    const message = JSON.stringify({ role: 'system', content: prompt })
    splice.replace(open + 1, open + 1, Buffer.from(empty ? message : `${message},`))
  }

  #knows(name: string): boolean {
    return this.has(name) || (name === 'max_tokens' && this.has('max_completion_tokens'))
  }

  #readModel(member: number): string {
    if (member === -1) throw unexpected('model', undefined, 'a string')
    const model = parseOrRefuse(this.#valueText(member))
    if (typeof model !== 'string') throw unexpected('model', model, 'a string')
    return model
  }

  #readVariables(): Fields | undefined {
    if (this.#changeover === -1) return undefined
    const own = fieldsOf(parseOrRefuse(this.#valueText(this.#changeover)), 'changeover')
    const { variables } = own
    return variables === undefined ? undefined : fieldsOf(variables, 'changeover.variables')
  }

  #readNames(): readonly string[] {
    const names: string[] = []
    for (let i = 0; i < this.#members.length; i += 4) names.push(this.#keyText(i))
    return names
  }

  #keyText(member: number): string {
    return String(parseOrRefuse(this.bytes.toString('utf8', this.#at(member), this.#at(member + 1))))
  }

  /** Compares bytes; only a key that is written with escapes is decoded. */
  #isKey(member: number, name: string): boolean {
    const start = this.#at(member) + 1
    const length = this.#at(member + 1) - 1 - start
    if (length < name.length) return false
    let same = length === name.length
    for (let i = 0; i < length; i += 1) {
      const byte = this.bytes[start + i]
      if (byte === BACKSLASH) return this.#keyText(member) === name
      if (same && byte !== name.charCodeAt(i)) same = false
    }
    return same
  }

  #valueText(member: number): string {
    return this.bytes.toString('utf8', this.#at(member + VALUE), this.#at(member + VALUE_END))
  }

  #at(position: number): number {
    return this.#members[position] ?? 0
  }
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
