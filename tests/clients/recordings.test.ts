/**
 * What others recorded of real providers, served to official clients twice: from the provider's place, and through
 * the gateway. What a client reads from the one it must read from the other, failures included.
 *
 * The recordings are not part of the project; where they are not at hand this says so and is skipped.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEY, type Rig, startRig } from './rig.ts'

const root = join(import.meta.dirname, '../../../shared/data/vercel-ai/packages')

type Format = 'chat' | 'completions' | 'responses' | 'messages' | 'gemini'

/** What none of the clients here reads as an answer, and why. */
const LEFT_OUT: readonly (readonly [path: RegExp, why: string])[] = [
  [/^amazon-bedrock\//, 'Converse, which is read by our own wire: no client of AWS is among these'],
  [/^cohere\//, "Cohere's own API, which the gateway reaches by its compatible one"],
  [/interactions|speech-translation|skill|rerank|transcription|image|embedding/, 'another API'],
  [/error|429/, 'an error by itself, without an answer'],
  [/parallel-tool-call-wrapper/, 'a line of it is not JSON'],
]

interface Recording {
  readonly name: string
  readonly format: Format
  readonly stream: boolean
  readonly bytes: string
}

/** Of no format that an official client here reads, or no single answer at all: told from the first object. */
function formatOf(first: Record<string, unknown>): Format | null {
  const { object, type } = first
  if (object === 'chat.completion' || object === 'chat.completion.chunk') return 'chat'
  if (object === 'text_completion') return 'completions'
  if (object === 'response' || type === 'response.created') return 'responses'
  if (type === 'message' || type === 'message_start') return 'messages'
  if (Array.isArray(first['candidates'])) return 'gemini'
  // Some streams begin with a chunk that says nothing of what it is.
  return Array.isArray(first['choices']) ? 'chat' : null
}

function readRecording(path: string): Recording | null {
  const text = readFileSync(path, 'utf8').trim()
  const stream = path.endsWith('.chunks.txt')
  const lines = stream ? text.split('\n').filter((it) => it.trim() !== '') : [text]
  try {
    const parsed = lines.map((it) => JSON.parse(it) as Record<string, unknown>)
    const format = formatOf(parsed[0] ?? {})
    if (format === null) return null
    return {
      name: relative(root, path),
      format,
      stream,
      bytes: stream ? framed(lines, parsed, format) : text,
    }
  } catch {
    // A few are two answers back to back, or broken on purpose: no client reads them.
    return null
  }
}

function framed(
  lines: readonly string[],
  parsed: readonly Record<string, unknown>[],
  format: Format,
): string {
  const isNamed = format === 'responses' || format === 'messages'
  const events = lines.map(
    (line, i) => `${isNamed ? `event: ${String(parsed[i]?.['type'])}\n` : ''}data: ${line}\n\n`,
  )
  return `${events.join('')}${format === 'chat' ? 'data: [DONE]\n\n' : ''}`
}

const files = existsSync(root)
  ? readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(
        (it) =>
          it.isFile() && it.parentPath.includes('__fixtures__') && /\.(json|chunks\.txt)$/.test(it.name),
      )
      .map((it) => join(it.parentPath, it.name))
  : []
const recordings = files.flatMap((it) => readRecording(it) ?? [])

interface Place {
  readonly origin: string
  readonly key: string
  readonly model: (family: string) => string
}

async function listOf(stream: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const list: unknown[] = []
  for await (const it of stream) list.push(it)
  return list
}

const read: Readonly<Record<Format, (at: Place, stream: boolean) => Promise<unknown>>> = {
  async chat({ origin, key, model }, stream) {
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: key, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'hi' }]
    if (!stream) return await client.chat.completions.create({ model: model('openai'), messages })
    const asked = { model: model('openai'), messages, stream_options: { include_usage: true } }
    return await listOf(await client.chat.completions.create({ ...asked, stream: true }))
  },
  async completions({ origin, key, model }, stream) {
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: key, maxRetries: 0 })
    const asked = { model: model('instruct'), prompt: 'hi' }
    if (!stream) return await client.completions.create(asked)
    const options = { stream_options: { include_usage: true } }
    return await listOf(await client.completions.create({ ...asked, ...options, stream: true }))
  },
  async responses({ origin, key, model }, stream) {
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: key, maxRetries: 0 })
    const asked = { model: model('openai'), input: 'hi' }
    if (!stream) return await client.responses.create(asked)
    return await listOf(await client.responses.create({ ...asked, stream: true }))
  },
  async messages({ origin, key, model }, stream) {
    const client = new Anthropic({ baseURL: origin, apiKey: key, maxRetries: 0 })
    const asked = {
      model: model('anthropic'),
      max_tokens: 64,
      messages: [{ role: 'user' as const, content: 'hi' }],
    }
    if (!stream) return await client.messages.create(asked)
    return await listOf(await client.messages.create({ ...asked, stream: true }))
  },
  async gemini({ origin, key, model }, stream) {
    const httpOptions = { baseUrl: origin, retryOptions: { attempts: 1 } }
    const client = new GoogleGenAI({ apiKey: key, apiVersion: 'v1beta', httpOptions })
    const asked = { model: model('gemini'), contents: 'hi' }
    if (!stream) return withoutHead(await client.models.generateContent(asked))
    return (await listOf(await client.models.generateContentStream(asked))).map(withoutHead)
  },
}

/** This client keeps the headers of an answer beside it, and the gateway has its own. */
function withoutHead(answer: unknown): unknown {
  const { sdkHttpResponse: _, ...rest } = answer as Record<string, unknown>
  return rest
}

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 60_000)
afterAll(async () => await rig[Symbol.asyncDispose]())

type Outcome = { readonly read: unknown } | { readonly threw: string }

async function outcome(at: Place, { format, stream, bytes }: Recording): Promise<Outcome> {
  const headers = { 'content-type': stream ? 'text/event-stream' : 'application/json' }
  rig.provider.script({ kind: 'raw', headers, chunks: [bytes] })
  try {
    return { read: JSON.parse(JSON.stringify(await read[format](at, stream))) as unknown }
  } catch (error) {
    return { threw: (error as Error).constructor.name }
  }
}

describe('a recording of a provider', () => {
  it('is at hand', (context) => {
    if (recordings.length === 0) context.skip('the recordings of others are not on this machine')
    expect(new Set(recordings.map((it) => it.format)).size).toBe(5)
  })

  it('is left out only for a reason that is named here', () => {
    const taken = new Set(recordings.map((it) => it.name))
    const rest = files.map((it) => relative(root, it)).filter((it) => !taken.has(it))
    expect(rest.filter((it) => !LEFT_OUT.some(([path]) => path.test(it)))).toEqual([])
  })

  it.each(recordings.map((it) => [it.name, it] as const))(
    '%s is read as the client reads it',
    async (_, it) => {
      const direct = await outcome({ origin: rig.provider.origin, key: 'sk', model: () => 'm' }, it)
      const gateway = { origin: rig.gateway.dataUrl, key: KEY, model: (family: string) => `${family}-route` }
      const through = await outcome(gateway, it)
      // How a failure is told is the suite's matter; that it stays one is this test's.
      if ('threw' in direct) expect(through).toHaveProperty('threw')
      else expect(through).toEqual(direct)
    },
  )
})
