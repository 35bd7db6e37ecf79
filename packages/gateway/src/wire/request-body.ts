/**
 * The body of a request as it came, and what changes in it on its way up.
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
 * Not here: what the formats differ in (`body-shapes.ts`); translation, which needs the whole body parsed anyway.
 */
import type { BodyShape } from './body-shapes.ts'
import { type Fields, fieldsOf, isFields, unexpected } from './fields.ts'
import { findMembers, skipSpace } from './json-members.ts'
import { notAnObject, parseOrRefuse } from './parse-json.ts'
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
  /** Goes before all that the caller says. */
  readonly prompt: string | null
}

/** What stands in the path, for formats that have it there. */
export interface PathFacts {
  readonly model: string
  readonly stream: boolean
}

export class RequestBody {
  readonly bytes: Buffer
  readonly model: string
  readonly stream: boolean
  /** Of the gateway's own field: `{ "changeover": { "variables": … } }`. */
  readonly variables: Fields | undefined
  /** A field is there in which a caller asks for answers by a JSON schema; many ask for something else in it. */
  readonly mayAskForSchema: boolean
  /** As `findMembers` finds them. */
  readonly members: readonly number[]
  readonly #shape: BodyShape
  /** Members of interest by index, -1 when absent: the last, as parsers read it. */
  #prompted = -1
  #changeover = -1
  #promptedDoubled = false
  #changeoverDoubled = false
  #names: readonly string[] | null = null
  #text: string | null = null
  #value: unknown

  /** Throws `request.not_json` or `request.field`. */
  constructor(bytes: Buffer, shape: BodyShape, path: PathFacts | null = null) {
    this.bytes = bytes
    this.#shape = shape
    if (bytes.length <= PARSED_BYTES) this.#value = parseOrRefuse(this.text)
    const members = findMembers(bytes)
    if (members === null) throw notAnObject(bytes)
    this.members = members
    let model = -1
    let stream = -1
    let mayAskForSchema = false
    for (let i = 0; i < members.length; i += 4) {
      if (this.#isKey(i, 'model')) model = i
      else if (this.#isKey(i, 'stream')) stream = i
      else if (this.#isOneOf(i, shape.promptFields)) {
        this.#promptedDoubled = this.#prompted !== -1
        this.#prompted = i
      } else if (this.#isKey(i, 'changeover')) {
        this.#changeoverDoubled = this.#changeover !== -1
        this.#changeover = i
      } else if (this.#isOneOf(i, shape.schemaFields)) mayAskForSchema = true
    }
    this.mayAskForSchema = mayAskForSchema
    this.model = path === null ? this.#readModel(model) : path.model
    this.stream = path === null ? stream !== -1 && bytes[this.#at(stream + VALUE)] === LETTER_T : path.stream
    this.variables = this.#readVariables()
  }

  /** The same request in other bytes of the same form. */
  withBytes(bytes: Buffer): RequestBody {
    const { model, stream } = this
    return new RequestBody(bytes, this.#shape, this.#shape.inPath ? { model, stream } : null)
  }

  /** All of it parsed, once for all who look at it; nobody's to change. Throws `request.not_json`. */
  get value(): unknown {
    if (this.#value === undefined) this.#value = parseOrRefuse(this.text)
    return this.#value
  }

  get text(): string {
    this.#text ??= this.bytes.toString()
    return this.#text
  }

  /** For who has looked: both would be held until the answer is over. */
  forget(): void {
    this.#text = null
    this.#value = undefined
  }

  /** The names of the fields, as they stand. */
  get names(): readonly string[] {
    this.#names ??= this.#readNames()
    return this.#names
  }

  has(name: string): boolean {
    return this.names.includes(name)
  }

  /** The body parsed, without the gateway's own field, with the prompt, and with model and stream wherever they stood. */
  toFields(prompt: string | null): Record<string, unknown> {
    const fields = this.#parsed(prompt)
    fields['model'] = this.model
    if (this.#shape.inPath) fields['stream'] = this.stream
    return fields
  }

  /** The bytes to send to a provider that speaks the same format. */
  splice(changes: BodyChanges): Buffer {
    const { prompt, modelJson } = changes
    if (this.#mustRewrite(changes)) return this.#rewrite(changes)
    const splice = new Splice(this.bytes)
    this.#spliceDefaults(changes.defaults, splice)
    if (prompt !== null && this.#prompted === -1) this.#addPrompt(prompt, splice)
    const last = this.members.length - 4
    for (let i = 0; i <= last; i += 4) {
      if (i === this.#prompted) {
        if (prompt !== null) this.#splicePrompt(prompt, splice)
      } else if (i === this.#changeover) {
        // With the comma behind it, or, as the last one, with the comma before it.
        if (i < last) splice.replace(this.#at(i), this.#at(i + 4), null)
        else splice.replace(this.#at(i - 4 + VALUE_END), this.#at(i + VALUE_END), null)
      } else if (!this.#shape.inPath && this.#isKey(i, 'model')) {
        splice.replace(this.#at(i + VALUE), this.#at(i + VALUE_END), modelJson)
      }
    }
    return splice.join()
  }

  /** Where bytes cannot simply be put in: a key that counts occurs twice, or there is nothing to put them before. */
  #mustRewrite({ prompt, defaults }: BodyChanges): boolean {
    if (this.#changeoverDoubled || (prompt !== null && this.#promptedDoubled)) return true
    if (!this.#shape.inPath) return false
    const few = this.members.length <= (this.#changeover === -1 ? 0 : 4)
    return few || defaults.some((it) => it.length > 0)
  }

  #rewrite(changes: BodyChanges): Buffer {
    const fields = this.#parsed(changes.prompt)
    for (const defaults of changes.defaults) {
      for (const { name, value } of defaults) this.#fillIn(fields, name, value)
    }
    if (!this.#shape.inPath) fields['model'] = changes.model
    return Buffer.from(JSON.stringify(fields))
  }

  #parsed(prompt: string | null): Record<string, unknown> {
    const { changeover: _, ...fields }: Record<string, unknown> = fieldsOf(this.value, 'body')
    if (prompt === null) return fields
    const names = this.#shape.promptFields
    const name = names.find((it) => Object.hasOwn(fields, it)) ?? names[0]
    if (name !== undefined) fields[name] = this.#shape.withPrompt(fields[name], prompt)
    return fields
  }

  #fillIn(fields: Record<string, unknown>, name: string, value: unknown): void {
    const other = this.#shape.synonyms[name]
    const at = other !== undefined && Object.hasOwn(fields, other) ? other : name
    const own = fields[at]
    if (!Object.hasOwn(fields, at)) fields[at] = value
    else if (this.#shape.nested.includes(name) && isFields(own) && isFields(value)) {
      fields[at] = { ...value, ...own }
    }
  }

  /** Before the first member. There is at least one: the model, or that of a body that is not written anew. */
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

  #addPrompt(prompt: string, splice: Splice): void {
    const [name] = this.#shape.promptFields
    if (name === undefined || this.#shape.promptItem !== null) return
    const value = this.#shape.withPrompt(undefined, prompt)
    const at = this.#at(0)
    splice.replace(at, at, Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)},`))
  }

  #splicePrompt(prompt: string, splice: Splice): void {
    const { promptItem, promptFields } = this.#shape
    const open = this.#at(this.#prompted + VALUE)
    if (promptItem === null) {
      const value = this.#shape.withPrompt(parseOrRefuse(this.#valueText(this.#prompted)), prompt)
      splice.replace(open, this.#at(this.#prompted + VALUE_END), Buffer.from(JSON.stringify(value)))
      return
    }
    if (this.bytes[open] !== OPEN_LIST) {
      throw unexpected(promptFields[0] ?? '', parseOrRefuse(this.#valueText(this.#prompted)), 'an array')
    }
    const empty = this.bytes[skipSpace(this.bytes, open + 1)] === CLOSE_LIST
    const item = JSON.stringify(promptItem(prompt))
    splice.replace(open + 1, open + 1, Buffer.from(empty ? item : `${item},`))
  }

  #knows(name: string): boolean {
    const other = this.#shape.synonyms[name]
    return this.has(name) || (other !== undefined && this.has(other))
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

  /** A parsed body has them at hand, nearly always in the same order. */
  #readNames(): readonly string[] {
    const parsed = isFields(this.#value) ? Object.keys(this.#value) : []
    const names: string[] = []
    for (let i = 0; i < this.members.length; i += 4) {
      const name = parsed[names.length]
      names.push(name !== undefined && this.#isKey(i, name) ? name : this.#keyText(i))
    }
    return names
  }

  #keyText(member: number): string {
    return String(parseOrRefuse(this.bytes.toString('utf8', this.#at(member), this.#at(member + 1))))
  }

  #isOneOf(member: number, names: readonly string[]): boolean {
    for (let i = 0; i < names.length; i += 1) if (this.#isKey(member, names[i] ?? '')) return true
    return false
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
    return this.members[position] ?? 0
  }
}
