/**
 * What a fake provider needs of each API that it stands for: to know its requests by their path, to read of them
 * what decides an answer, and to write the answer, whole or as events, in the API's own shape.
 *
 * Written by hand from the documented formats. Not here: what is answered (`fake-model.ts`), and when and how it
 * goes wrong (`fake-provider.ts`).
 */

export type Fields = Readonly<Record<string, unknown>>

/** What of a request decides the answer. */
export interface FakeAsk {
  readonly model: string
  readonly stream: boolean
  /** What the user said last. */
  readonly text: string
  /** Names of the tools offered. */
  readonly tools: readonly string[]
  readonly choice: 'auto' | 'none' | 'required' | { readonly name: string }
  /** The JSON Schema that the answer has to follow. */
  readonly schema: Fields | null
  /** Pictures in what the user said last. */
  readonly images: number
  /** What tools answered, where the conversation ends with that. */
  readonly results: readonly string[]
  /** Texts to embed. */
  readonly inputs: readonly string[]
  /** Asked to say at the end of a stream how many tokens it took. */
  readonly streamUsage: boolean
  /** Below this path a server has the ways of Mistral: `/mistral/v1/…`. */
  readonly isMistral: boolean
}

export interface FakeCall {
  readonly id: string
  readonly name: string
  /** JSON. */
  readonly arguments: string
}

export interface FakeSaid {
  readonly model: string
  readonly text: string
  readonly reasoning?: string
  readonly calls?: readonly FakeCall[]
  /** What it counts, in the API's own words; without it the same in all of them. */
  readonly usage?: Fields
  /** What stands beside the counts in its answers: how it was served. */
  readonly served?: Fields
  /** Items of its output before the others that only OpenAI's Responses have: searches. */
  readonly items?: readonly Fields[]
  /** What Google says of what it has searched for. */
  readonly grounding?: Fields
}

export interface FakeWire {
  /** True for the path of a request of this API, without its query. */
  matches(path: string): boolean
  ask(path: string, body: Fields): FakeAsk
  whole(said: FakeSaid, ask: FakeAsk): object
  /** Framed, in order: the first opens the answer, the second is the first word. */
  events(said: FakeSaid, ask: FakeAsk): readonly (string | Uint8Array)[]
  readonly streamType: string
  error(status: number): object
  /** Headers of an error beside its body. */
  errorHeaders?(status: number): Readonly<Record<string, string>>
}

export const SSE = 'text/event-stream'

/** The same counts in every API, so that tests of all of them can ask for the same. */
export const COUNTS = { input: 11, output: 7, cached: 3 } as const

export const NO_ASK: FakeAsk = {
  model: '',
  stream: false,
  text: '',
  tools: [],
  choice: 'auto',
  schema: null,
  images: 0,
  results: [],
  inputs: [],
  streamUsage: false,
  isMistral: false,
}

export function words(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? []
}

/** Arguments come in two pieces. */
export function halves(text: string): readonly [string, string] {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}

export function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

export function typed(value: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${value.type}\n${frame(value)}`
}

// Reading, leniently: a fake must take what a test sends.

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function fieldsAt(value: unknown, ...path: readonly string[]): Fields {
  let found: unknown = value
  for (const step of path) found = isFields(found) ? found[step] : undefined
  return isFields(found) ? found : {}
}

export function listAt(value: unknown, ...path: readonly string[]): readonly Fields[] {
  const [last = '', ...before] = path.toReversed()
  const list = path.length === 0 ? value : fieldsAt(value, ...before.toReversed())[last]
  return Array.isArray(list) ? list.filter(isFields) : []
}

export function textAt(value: unknown, name: string): string {
  const text = isFields(value) ? value[name] : undefined
  return typeof text === 'string' ? text : ''
}

/** Content is text, or parts of which some have text. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .filter(isFields)
    .map((it) => textAt(it, 'text'))
    .join('')
}

export function namesOf(list: readonly Fields[]): readonly string[] {
  return list.map((it) => textAt(it, 'name')).filter((it) => it !== '')
}
