/**
 * What callers of OpenAI's formats are told, held against OpenAI's own description of its API: the replies that
 * others recorded from every provider, written as chat completions and as responses.
 *
 * Where what is written does not fit the description, neither does what the provider itself said: a fault that
 * a recording of the same format has is not counted.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { ReplyAbout, WireName } from '../contract/wire.ts'
import { wireOf } from './list.ts'
import { SseReader } from './sse.ts'

const shared = join(import.meta.dirname, '../../../../../shared/data')
const description = join(shared, 'openai-openapi/openapi.yaml')
const others = join(shared, 'vercel-ai/packages')

/** Where each provider's recordings are. */
const FOLDERS: readonly (readonly [string, WireName])[] = [
  ['amazon-bedrock/src', 'bedrock-converse'],
  ['anthropic/src', 'anthropic-messages'],
  ['deepseek/src/chat', 'openai-chat'],
  ['google/src', 'gemini'],
  ['groq/src', 'openai-chat'],
  ['mistral/src', 'openai-chat'],
  ['moonshotai/src', 'openai-chat'],
  ['openai/src/chat', 'openai-chat'],
  ['openai/src/responses', 'openai-responses'],
  ['perplexity/src', 'openai-chat'],
  ['xai/src', 'openai-chat'],
]
const NO_REPLIES = /error|transcription|spliced-message-start|retry-info|parallel-tool-call-wrapper/

const about: ReplyAbout = {
  id: 'r1',
  model: 'm',
  created: 1_700_000_000,
  streamUsage: true,
  request: { model: 'm', messages: [], stream: true, extra: {} },
}

type Fields = Record<string, unknown>

function validators(): (name: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  const api = parse(readFileSync(description, 'utf8'), { maxAliasCount: -1 }) as unknown
  ajv.addSchema(withNulls(api) as object, 'openapi')
  return (name) => {
    const validate = ajv.getSchema(`openapi#/components/schemas/${name}`)
    if (validate === undefined) throw new Error(`no schema ${name}`)
    return validate
  }
}

/** The description still says `nullable` here and there, which its own version of JSON Schema does not know. */
function withNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNulls)
  if (typeof value !== 'object' || value === null) return value
  const { nullable, ...rest } = value as Fields
  const schema = Object.fromEntries(Object.entries(rest).map(([name, it]) => [name, withNulls(it)]))
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema
}

/** Faults as one text each, without the place in a list and without the value. */
function faultsOf(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return []
  return (validate.errors ?? []).map((it) => `${it.instancePath.replaceAll(/\d+/g, '*')} ${it.message}`)
}

interface Told {
  readonly path: string
  readonly wire: WireName
  readonly deltas: readonly NeutralDelta[]
  /** What the provider itself wrote. */
  readonly own: readonly unknown[]
}

function recordings(whole: boolean): Told[] {
  return FOLDERS.flatMap(([folder, wire]) =>
    readdirSync(join(others, folder, '__fixtures__'))
      .filter((it) => it.endsWith(whole ? '.json' : '.chunks.txt') && !NO_REPLIES.test(it))
      .map((it) => readRecording(join(folder, '__fixtures__', it), wire, whole)),
  )
}

function readRecording(path: string, wire: WireName, whole: boolean): Told {
  const text = readFileSync(join(others, path), 'utf8')
  if (whole) {
    const body = JSON.parse(text) as Fields
    return { path, wire, deltas: wireOf(wire).parseReply(body), own: [body] }
  }
  const reader = wireOf(wire).openReader()
  const own: unknown[] = []
  const deltas: NeutralDelta[] = []
  for (const line of text.split('\n').filter((it) => it.trim() !== '')) {
    const event = JSON.parse(line) as Fields
    own.push(event)
    const [only] = Object.keys(event)
    const named = wire === 'bedrock-converse' && only !== undefined
    deltas.push(...reader.read(named ? only : '', named ? JSON.stringify(event[only]) : line))
  }
  return { path, wire, deltas: [...deltas, ...reader.end()], own }
}

function streamed(to: WireName, deltas: readonly NeutralDelta[]): unknown[] {
  const writer = wireOf(to).openWriter(about)
  const text = deltas.map((it) => writer.write(it)).join('') + writer.end()
  const events: unknown[] = []
  const sse = new SseReader((_, data) => {
    if (data !== '[DONE]') events.push(JSON.parse(data))
  })
  sse.read(Buffer.from(text))
  sse.end()
  return events
}

const targets = [
  ['openai-chat', 'CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse'],
  ['openai-responses', 'Response', 'ResponseStreamEvent'],
] as const

if (!existsSync(description) || !existsSync(others)) {
  it('are at hand', (context) =>
    context.skip('no description of OpenAI’s API, or no recordings, beside the repository (../shared/data)'))
} else {
  const schemaOf = validators()

  describe.each(targets)('what callers of %s are told', (to, wholeName, eventName) => {
    // Compiled here: the first takes seconds.
    const [validateWhole, validateEvent] = [schemaOf(wholeName), schemaOf(eventName)]
    it.each(recordings(true).map((it) => [it.path, it] as const))(
      'of %s, whole',
      (_, { wire, deltas, own }) => {
        const validate = validateWhole
        const written: unknown = JSON.parse(JSON.stringify(wireOf(to).writeReply(deltas, about)))
        const excused = new Set(wire === to ? own.flatMap((it) => faultsOf(validate, it)) : [])

        expect(faultsOf(validate, written).filter((it) => !excused.has(it))).toEqual([])
      },
    )

    it.each(recordings(false).map((it) => [it.path, it] as const))(
      'of %s, streamed',
      (_, { wire, deltas, own }) => {
        const validate = validateEvent
        const excused = new Set(wire === to ? own.flatMap((it) => faultsOf(validate, it)) : [])
        const faults = streamed(to, deltas).flatMap((it) => faultsOf(validate, it))

        expect([...new Set(faults.filter((it) => !excused.has(it)))]).toEqual([])
      },
    )
  })

  describe('an error of the gateway', () => {
    it('is one of OpenAI’s', () => {
      const error = wireOf('openai-chat').writeError({
        status: 429,
        code: 'policy.limit_reached',
        message: 'wait',
      })
      expect(faultsOf(schemaOf('ErrorResponse'), error)).toEqual([])
    })
  })
}
