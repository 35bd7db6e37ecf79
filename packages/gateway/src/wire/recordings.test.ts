/**
 * Replies as providers write them, read and folded. Ours are in `tests/recordings/<format>/`: a new case is a
 * new pair of files, `x.response.json` or `x.stream`, and what it says in `x.expected.json`.
 *
 * Those that others recorded are read where they are at hand; what they say is worked out by a second,
 * simpler reader.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { Wire, WireName } from '../contract/wire.ts'
import { foldReply } from './fold-reply.ts'
import { wireOf, wires } from './list.ts'
import { SseReader } from './sse.ts'

const root = join(import.meta.dirname, '../../../..')
const recordings = join(root, 'tests/recordings')
const others = join(root, '../shared/data/vercel-ai/packages')

type Fields = Record<string, unknown>

/** Not of this format, or broken on purpose in a way that no reader can mend. */
const LEFT_OUT = /error|transcription|spliced-message-start|parallel-tool-call-wrapper.*chunks/

function readStream(wire: Wire, bytes: Buffer, cutAt: number): readonly NeutralDelta[] {
  const reader = wire.openReader()
  const deltas: NeutralDelta[] = []
  const events = new SseReader((event, data) => deltas.push(...reader.read(event, data)))
  events.read(bytes.subarray(0, cutAt))
  events.read(bytes.subarray(cutAt))
  events.end()
  return deltas
}

function expected(path: string): unknown {
  return JSON.parse(readFileSync(path.replace(/(\.response\.json|(?<=\.stream))$/, '.expected.json'), 'utf8'))
}

describe.each([...wires].filter(([name]) => existsSync(join(recordings, name))))(
  'recordings of %s',
  (name, wire) => {
    const folder = join(recordings, name)
    const files = readdirSync(folder)

    it.each(files.filter((it) => it.endsWith('.response.json')))('%s reads as it should', (file) => {
      const path = join(folder, file)
      const deltas = wire.parseReply(JSON.parse(readFileSync(path, 'utf8')) as Fields)
      expect(foldReply(deltas)).toEqual(expected(path))
    })

    it.each(files.filter((it) => it.endsWith('.stream')))(
      '%s reads as it should, wherever it is cut',
      (file) => {
        const path = join(folder, file)
        const bytes = readFileSync(path)
        const said = expected(path)
        for (let cut = 0; cut <= bytes.length; cut += 1) {
          expect(foldReply(readStream(wire, bytes, cut))).toEqual(said)
        }
      },
    )
  },
)

/** Formats that name their events. */
const NAMED: ReadonlySet<string> = new Set(['anthropic-messages', 'openai-responses'])

/** One event's JSON a line; made into the stream that it was recorded from. */
function asStream(lines: readonly string[], named: boolean): Buffer {
  const events = lines.map((line) => {
    const event = JSON.parse(line) as { readonly type?: string }
    return `${named ? `event: ${event.type}\n` : ''}data: ${line}\n\n`
  })
  return Buffer.from(`${events.join('')}${named ? '' : 'data: [DONE]\n\n'}`)
}

interface AnyEvent {
  readonly type?: string
  readonly delta?: unknown
  readonly choices?: readonly { readonly delta?: { readonly content?: unknown }; readonly text?: unknown }[]
}

/** The second reader: what an event says as text, by name of the format. */
const TEXTS: Readonly<Record<string, (event: AnyEvent) => unknown>> = {
  'anthropic-messages': ({ delta }) => (delta as { text?: unknown } | undefined)?.text,
  'openai-chat': ({ choices }) => choices?.[0]?.delta?.content,
  'openai-completions': ({ choices }) => choices?.[0]?.text,
  'openai-responses': ({ type, delta }) => (type === 'response.output_text.delta' ? delta : ''),
}

function textsOf(lines: readonly string[], name: WireName): string {
  return lines
    .map((line) => {
      const said = TEXTS[name]?.(JSON.parse(line) as AnyEvent)
      return typeof said === 'string' ? said : ''
    })
    .join('')
}

const sets: readonly (readonly [WireName, string])[] = [
  ['anthropic-messages', 'anthropic/src/__fixtures__'],
  ['openai-chat', 'openai/src/chat/__fixtures__'],
  ['openai-chat', 'deepseek/src/chat/__fixtures__'],
  ['openai-chat', 'groq/src/__fixtures__'],
  ['openai-completions', 'openai/src/completion/__fixtures__'],
  ['openai-responses', 'openai/src/responses/__fixtures__'],
  ['openai-responses', 'azure/src/__fixtures__'],
  ['openai-responses', 'xai/src/responses/__fixtures__'],
  ['openai-responses', 'open-responses/src/responses/__fixtures__'],
]

describe.each(sets)('recordings of %s by others in %s', (name, path) => {
  const folder = join(others, path)
  const wire = wireOf(name)
  const files = existsSync(folder) ? readdirSync(folder) : []
  if (files.length === 0) {
    it.skip(`skipped: no recordings at ${path} beside the repository`)
    return
  }

  it.each(files.filter((it) => it.endsWith('.chunks.txt') && !LEFT_OUT.test(it)))(
    '%s: the text of its stream is whole',
    (file) => {
      const lines = readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter((it) => it.trim() !== '')
      const bytes = asStream(lines, NAMED.has(name))
      const whole = foldReply(readStream(wire, bytes, 0))

      expect(whole.text).toBe(textsOf(lines, name))
      expect(foldReply(readStream(wire, bytes, Math.floor(bytes.length / 3)))).toEqual(whole)
      for (const call of whole.toolCalls) expect(() => JSON.parse(call.arguments)).not.toThrow()
    },
  )

  it.each(files.filter((it) => it.endsWith('.json') && !LEFT_OUT.test(it)))(
    '%s: reads with its model',
    (file) => {
      const body = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Fields
      const reply = foldReply(wire.parseReply(body))

      expect(reply.model).toBe(body['model'])
      expect(reply.usage?.outputTokens).toBeGreaterThanOrEqual(0)
      for (const call of reply.toolCalls) expect(() => JSON.parse(call.arguments)).not.toThrow()
    },
  )
})
