/**
 * Every reply that others recorded, read as the gateway reads it. What it says is worked out by a second, simpler
 * reader; what is not read stands below, one by one, with the reason. A recording that is in neither list fails.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { Wire, WireName } from '../contract/wire.ts'
import { embedWireOf } from './embeddings/list.ts'
import { foldReply } from './fold-reply.ts'
import { wireOf } from './list.ts'
import { SseReader } from './sse.ts'

const others = join(import.meta.dirname, '../../../../../shared/data/vercel-ai/packages')

type Fields = Readonly<Record<string, unknown>>

/** Which format the recordings of a folder are in. */
const FOLDERS: Readonly<Record<string, WireName>> = {
  'alibaba/src': 'openai-chat',
  'amazon-bedrock/src': 'bedrock-converse',
  'anthropic/src': 'anthropic-messages',
  'azure/src': 'openai-responses',
  'deepseek/src/chat': 'openai-chat',
  'google/src': 'gemini',
  'groq/src': 'openai-chat',
  'mistral/src': 'openai-chat',
  'moonshotai/src': 'openai-chat',
  'open-responses/src/responses': 'openai-responses',
  'openai-compatible/src/chat': 'openai-chat',
  'openai/src/chat': 'openai-chat',
  'openai/src/completion': 'openai-completions',
  'openai/src/responses': 'openai-responses',
  'perplexity/src': 'openai-chat',
  'xai/src': 'openai-chat',
  'xai/src/responses': 'openai-responses',
}

/** Folders of which nothing is read, and why. */
const FOLDERS_LEFT_OUT: Readonly<Record<string, string>> = {
  'amazon-bedrock/src/reranking': 'reranking passes as it is',
  'anthropic/src/skills': 'skills are managed at the provider, not through the gateway',
  'cohere/src': 'Cohere’s own chat format; it is reached by its compatible one',
  'cohere/src/reranking': 'reranking passes as it is',
  'google/src/interactions': 'Google’s Interactions API is not one of the formats',
  'google/src/speech-translation': 'live speech goes over web sockets',
  'openai/src/image': 'images pass as they are',
  'openai/src/skills': 'skills are managed at the provider, not through the gateway',
  'openai/src/speech-translation': 'live speech goes over web sockets',
  'openai/src/transcription': 'transcriptions pass as they are',
  'togetherai/src/reranking': 'reranking passes as it is',
}

/** Single recordings that are not read like the rest of their folder, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'anthropic/src/__fixtures__/spliced-message-start.chunks.txt':
    'two replies in one stream, made by hand; the first one is told',
  'groq/src/__fixtures__/groq-transcription-text.json': 'transcriptions pass as they are',
  'mistral/src/__fixtures__/mistral-transcription.json': 'transcriptions pass as they are',
  'openai/src/responses/__fixtures__/parallel-tool-call-wrapper.1.chunks.txt':
    'its first line is not JSON: a brace is missing',
}

/** Errors, which are read as such. */
const ERRORS: Readonly<Record<string, string>> = {
  'google/src/__fixtures__/google-429-retry-info.json': 'exceeded your current quota',
  'openai/src/chat/__fixtures__/reasoning-model-legacy-parameter-error.json': 'max_tokens',
  'openai/src/responses/__fixtures__/openai-error.1.json': 'exceeded your current quota',
  'openai/src/responses/__fixtures__/reasoning-model-temperature-error.json': 'temperature',
}

const VECTORS = {
  'openai/src/embedding/__fixtures__/openai-embedding.json': 'openai-embeddings',
  'google-vertex/src/__fixtures__/google-vertex-embedding.json': 'vertex-predict-embeddings',
} as const

interface Recording {
  readonly path: string
  readonly folder: string
}

function listAll(folder: string): Recording[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile() && it.parentPath.endsWith('__fixtures__'))
    .map((it) => ({
      path: relative(others, join(it.parentPath, it.name)),
      folder: relative(others, join(it.parentPath, '..')),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function read(path: string): string {
  return readFileSync(join(others, path), 'utf8')
}

/** Events by name and data, whichever way they were recorded. */
function eventsOf(path: string): readonly (readonly [string, string])[] {
  const text = read(path)
  const events: [string, string][] = []
  if (path.endsWith('.sse')) {
    const reader = new SseReader((event, data) => events.push([event, data]))
    reader.read(Buffer.from(text))
    reader.end()
    return events
  }
  for (const line of text.split('\n')) if (line.trim() !== '') events.push(namedEvent(line))
  return events
}

/** Bedrock names its events by the one key that they have. */
function namedEvent(line: string): [string, string] {
  const event = JSON.parse(line) as Fields
  const names = Object.keys(event)
  const [only] = names
  const isWrapped = names.length === 1 && only !== undefined && /^(?:message|content|metadata)/.test(only)
  if (isWrapped) return [only, JSON.stringify(event[only])]
  return [typeof event['type'] === 'string' ? event['type'] : '', line]
}

function readEvents(wire: Wire, events: readonly (readonly [string, string])[]): readonly NeutralDelta[] {
  const reader = wire.openReader()
  return [...events.flatMap(([event, data]) => reader.read(event, data)), ...reader.end()]
}

/** As server-sent events, cut in two. */
function readCut(wire: Wire, events: readonly (readonly [string, string])[], share: number) {
  const text = events.map(([event, data]) => `${event === '' ? '' : `event: ${event}\n`}data: ${data}\n\n`)
  const bytes = Buffer.from(text.join(''))
  const reader = wire.openReader()
  const deltas: NeutralDelta[] = []
  const sse = new SseReader((event, data) => deltas.push(...reader.read(event, data)))
  const cut = Math.floor(bytes.length * share)
  sse.read(bytes.subarray(0, cut))
  sse.read(bytes.subarray(cut))
  sse.end()
  return foldReply([...deltas, ...reader.end()])
}

interface AnyEvent {
  readonly type?: string
  readonly delta?: unknown
  readonly choices?: readonly {
    readonly delta?: { readonly content?: unknown; readonly refusal?: unknown }
    readonly text?: unknown
  }[]
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: string; readonly thought?: boolean }[] }
  }[]
}

/** The second reader: what an event says as text. */
const TEXTS: Readonly<Record<WireName, (event: AnyEvent) => unknown>> = {
  'anthropic-messages': ({ delta }) => (delta as { text?: unknown } | undefined)?.text,
  'bedrock-converse': ({ delta }) => (delta as { text?: unknown } | undefined)?.text,
  'openai-chat': ({ choices }) => textOfContent(choices?.[0]?.delta?.content),
  'openai-completions': ({ choices }) => choices?.[0]?.text,
  'openai-responses': ({ type, delta }) =>
    type === 'response.output_text.delta' || type === 'response.refusal.delta' ? delta : '',
  gemini: ({ candidates }) =>
    candidates?.[0]?.content?.parts?.map((it) => (it.thought === true ? '' : (it.text ?? ''))).join(''),
}

function textOfContent(content: unknown): unknown {
  if (!Array.isArray(content)) return content
  return (content as { type?: string; text?: string }[])
    .map((it) => (it.type === 'text' ? (it.text ?? '') : ''))
    .join('')
}

function textsOf(name: WireName, events: readonly (readonly [string, string])[]): string {
  return events
    .map(([, data]) => (data === '[DONE]' ? '' : TEXTS[name](JSON.parse(data) as AnyEvent)))
    .map((it) => (typeof it === 'string' ? it : ''))
    .join('')
}

const all = existsSync(others) ? listAll(others) : []
const isSpecial = ({ path, folder }: Recording) =>
  path in LEFT_OUT || path in ERRORS || path in VECTORS || folder in FOLDERS_LEFT_OUT
const replies = all
  .filter((it) => !isSpecial(it) && FOLDERS[it.folder] !== undefined)
  .map((it) => [it.path, FOLDERS[it.folder] ?? 'openai-chat'] as const)

if (all.length === 0) {
  it('are at hand', (context) =>
    context.skip('no recordings of others beside the repository (../shared/data/vercel-ai)'))
} else {
  describe('recordings of others', () => {
    it('are all either read, or left out for a reason', () => {
      const forgotten = all.filter((it) => !isSpecial(it) && FOLDERS[it.folder] === undefined)
      expect(forgotten.map((it) => it.path)).toEqual([])
    })

    it('that are named here are there', () => {
      const paths = new Set(all.map((it) => it.path))
      const named = [...Object.keys(LEFT_OUT), ...Object.keys(ERRORS), ...Object.keys(VECTORS)]
      expect(named.filter((it) => !paths.has(it))).toEqual([])
    })

    it.each(replies.filter(([path]) => !path.endsWith('.json')))('%s: its stream is whole', (path, name) => {
      const wire = wireOf(name)
      const events = eventsOf(path)
      const whole = foldReply(readEvents(wire, events))

      expect(whole.text).toBe(textsOf(name, events))
      expect(readCut(wire, events, 1 / 3)).toEqual(whole)
      for (const call of whole.toolCalls) expect(() => JSON.parse(call.arguments || '{}')).not.toThrow()
    })

    it.each(replies.filter(([path]) => path.endsWith('.json')))('%s: reads with its counts', (path, name) => {
      const body = JSON.parse(read(path)) as Fields
      const reply = foldReply(wireOf(name).parseReply(body))

      if (typeof body['model'] === 'string') expect(reply.model).toBe(body['model'])
      expect(reply.usage?.outputTokens).toBeGreaterThanOrEqual(0)
      for (const call of reply.toolCalls) expect(() => JSON.parse(call.arguments || '{}')).not.toThrow()
    })

    it.each(Object.entries(ERRORS))('%s says what went wrong', (path, said) => {
      const folder = all.find((it) => it.path === path)?.folder ?? ''
      expect(wireOf(FOLDERS[folder] ?? 'openai-chat').readError(JSON.parse(read(path)))).toContain(said)
    })

    it.each(Object.entries(VECTORS))('%s reads as vectors', (path, name) => {
      const reply = embedWireOf(name).parseReply(JSON.parse(read(path)) as Fields)
      expect(reply?.vectors.every((it) => it.length > 0)).toBe(true)
      expect(reply?.usage?.inputTokens).toBeGreaterThan(0)
    })
  })
}
