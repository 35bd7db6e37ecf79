/**
 * What of a request's body its answer hangs on, format by format.
 *
 * `beside` is what may differ: names by which the provider tells end users apart, labels, and what is about speed and
 * price and not about the answer. Everything that is not in that list is part of the question: a field nobody here has
 * heard of too. `form` is how the answer is written and not what it says. `lasting` is what is done beside answering,
 * or hangs on what the provider remembers: such a request is always asked.
 */
import type { WireName } from '../contract/wire.ts'

export type Fields = Readonly<Record<string, unknown>>

interface FormatParts {
  readonly beside: readonly string[]
  readonly form: readonly string[]
  readonly lasting: readonly string[]
  /** The object that holds the temperature; `null` for the body itself. */
  readonly sampling: readonly string[] | null
  /** The list of messages, and in a message what holds its text. */
  readonly messages: string
  readonly text: 'content' | 'parts'
}

const OPENAI_BESIDE = [
  // Who the end user is, for the provider's own watch.
  'user',
  'safety_identifier',
  // Labels for its dashboard.
  'metadata',
  // Where a prompt is remembered, how fast it is answered, and at what price.
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
]

const formats: Readonly<Record<WireName, FormatParts>> = {
  'openai-chat': {
    beside: OPENAI_BESIDE,
    form: ['stream', 'stream_options'],
    lasting: [],
    sampling: null,
    messages: 'messages',
    text: 'content',
  },
  'openai-completions': {
    beside: ['user'],
    form: ['stream', 'stream_options'],
    lasting: [],
    sampling: null,
    messages: '',
    text: 'content',
  },
  'openai-responses': {
    beside: OPENAI_BESIDE,
    form: ['stream', 'stream_options'],
    // A conversation grows by each request; one in the background is answered with a place to look.
    lasting: ['conversation', 'background', 'previous_response_id'],
    sampling: null,
    messages: 'input',
    text: 'content',
  },
  'anthropic-messages': {
    beside: ['metadata', 'service_tier'],
    form: ['stream'],
    // What runs there goes on with what it did before.
    lasting: ['container', 'mcp_servers'],
    sampling: null,
    messages: 'messages',
    text: 'content',
  },
  gemini: {
    beside: ['labels'],
    form: [],
    lasting: [],
    sampling: ['generationConfig', 'generation_config'],
    messages: 'contents',
    text: 'parts',
  },
  'bedrock-converse': {
    beside: ['requestMetadata', 'performanceConfig'],
    form: [],
    lasting: [],
    sampling: ['inferenceConfig'],
    messages: 'messages',
    text: 'content',
  },
}

/** False for a request that is always asked. `sampled`: one that asks for different answers is not one of them. */
export function mayBeKept(wire: WireName, body: Fields, sampled: boolean): boolean {
  const { lasting, sampling } = formats[wire]
  for (const it of lasting) if (isSaid(body[it])) return false
  return sampled || !asksForVariety(body, sampling)
}

/** Whether an answer is the same whatever this field says. */
export function isBeside(wire: WireName, name: string): boolean {
  // The gateway's own: the prompt that it fills is told by itself.
  return name === 'changeover' || formats[wire].beside.includes(name)
}

/** Names of a body's fields. */
export interface RequestParts {
  /** All that the answer hangs on. */
  readonly question: string[]
  readonly form: string[]
}

export function partsOf(wire: WireName, body: Fields): RequestParts {
  const { form: ofForm } = formats[wire]
  const question: string[] = []
  const form: string[] = []
  for (const name of Object.keys(body)) {
    if (isBeside(wire, name)) continue
    if (ofForm.includes(name)) form.push(name)
    else question.push(name)
  }
  return { question, form }
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false
}

function asksForVariety(body: Fields, sampling: readonly string[] | null): boolean {
  const places = sampling === null ? [body] : sampling.map((it) => body[it])
  return places.some((it) => {
    const temperature = isFields(it) ? it['temperature'] : undefined
    return typeof temperature === 'number' && temperature > 0
  })
}

export interface LastMessage {
  readonly text: string
  /** The question without that text, which is `null` in it. */
  readonly rest: Fields
}

/** The text of the last message, where it is the user's and nothing but text; `null` where it is not. */
export function lastMessageOf(wire: WireName, question: Fields): LastMessage | null {
  const { messages: name, text: field } = formats[wire]
  const list = question[name]
  if (typeof list === 'string' && wire === 'openai-responses')
    return { text: list, rest: { ...question, [name]: null } }
  if (!Array.isArray(list)) return null
  const last: unknown = list.at(-1)
  if (!isFields(last)) return null
  // Google takes a message without a role for the user's.
  if (last['role'] !== 'user' && !(wire === 'gemini' && last['role'] === undefined)) return null
  const text = textOf(last[field])
  if (text === null) return null
  return {
    text,
    rest: { ...question, [name]: [...(list.slice(0, -1) as unknown[]), { ...last, [field]: null }] },
  }
}

const TEXT_KINDS: ReadonlySet<unknown> = new Set(['text', 'input_text'])

/** A string, or one part that is only text. */
function textOf(content: unknown): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content) || content.length !== 1) return null
  const part: unknown = content[0]
  if (!isFields(part) || typeof part['text'] !== 'string') return null
  const others = Object.keys(part).filter((it) => it !== 'text' && it !== 'type')
  const { type } = part
  return others.length === 0 && (type === undefined || TEXT_KINDS.has(type)) ? part['text'] : null
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
