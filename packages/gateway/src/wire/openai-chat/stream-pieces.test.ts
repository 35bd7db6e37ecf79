/** What of a streamed chat comes in pieces that no other format has: recordings, and calls of tools that take a text. */
import { describe, expect, it } from 'vitest'
import type { NeutralDelta } from '../../contract/neutral.ts'
import { anthropicMessages } from '../anthropic-messages.ts'
import type { Fields } from '../fields.ts'
import { foldCandidates, foldReply } from '../fold-reply.ts'
import { gemini } from '../gemini.ts'
import { openaiChat } from '../openai-chat.ts'
import { openaiCompletions } from '../openai-completions.ts'
import { openaiResponses } from '../openai-responses.ts'
import { SseReader } from '../sse.ts'

const about = { id: 'r1', model: 'm', created: 7, streamUsage: false }
const chunkOf = (delta: object, finish: string | null = null) =>
  JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })

function read(deltas: readonly object[], finish: string) {
  const reader = openaiChat.openReader()
  return [...deltas.map((it) => chunkOf(it)), chunkOf({}, finish)].flatMap((it) => reader.read('', it))
}

/** The deltas of the choice, as a client of the stream gets them. */
function written(said: ReturnType<typeof read>): Fields[] {
  const writer = openaiChat.openWriter(about)
  const text = said.map((it) => writer.write(it)).join('')
  const out: Fields[] = []
  const events = new SseReader((_, data) => {
    const [choice] = (JSON.parse(data) as { choices: { delta: Fields }[] }).choices
    if (choice !== undefined) out.push(choice.delta)
  })
  events.read(Buffer.from(text))
  return out
}

describe('a recording', () => {
  const pieces = [
    { id: 'audio_1' },
    { transcript: 'Hel' },
    { data: 'AAAA' },
    { transcript: 'lo' },
    { expires_at: 99 },
  ]

  it('goes on piece by piece as it came', () => {
    const said = read(
      pieces.map((audio) => ({ audio })),
      'stop',
    )
    expect(written(said).flatMap((it) => (it['audio'] === undefined ? [] : [it['audio']]))).toEqual(pieces)
  })

  it.each([anthropicMessages, gemini, openaiResponses, openaiCompletions])(
    'is told in words where a format has no recordings with words: $name',
    (wire) => {
      const audio = { id: 'audio_1', data: 'AAAA', transcript: 'Hello', expires_at: 99 }
      const message = { role: 'assistant', content: null, audio }
      const whole = { id: 'c', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] }
      const back = wire.parseReply(wire.writeReply(openaiChat.parseReply(whole), about))
      expect(foldReply(back.filter((it) => it.type !== 'media')).text).toBe('Hello')

      const streamed = read(
        pieces.map((it) => ({ audio: it })),
        'stop',
      )
      const writer = wire.openWriter(about)
      const reader = wire.openReader()
      const heard: NeutralDelta[] = []
      const events = new SseReader((event, data) => void heard.push(...reader.read(event, data)))
      events.read(Buffer.from(streamed.map((it) => writer.write(it)).join('') + writer.end()))
      const text = foldReply(heard.filter((it) => it.type !== 'media'))
      expect([text.text, text.finish]).toEqual(['Hello', 'stop'])
    },
  )

  it('goes to Google with its sound', () => {
    const said = openaiChat.parseReply({
      choices: [{ message: { audio: { data: 'AAAA', transcript: 'Hello' } }, finish_reason: 'stop' }],
    })
    expect(gemini.writeReply(said, about)).toMatchObject({
      candidates: [
        { content: { parts: [{ inlineData: { mimeType: 'audio/wav', data: 'AAAA' } }, { text: 'Hello' }] } },
      ],
    })
  })

  it('is one again in a whole reply, also where its words came apart from its sound', () => {
    const media = { type: 'media', mediaType: 'audio/wav' } as const
    const folded = foldCandidates([
      { ...media, data: 'AAAA', id: 'audio_1', expiresAt: 99 },
      { ...media, data: '', transcript: 'Hel' },
      { ...media, data: '', transcript: 'lo' },
      { ...media, data: 'BBBB' },
    ])
    expect(folded.candidates[0]?.parts).toEqual([
      { ...media, data: 'AAAA', id: 'audio_1', expiresAt: 99, transcript: 'Hello' },
      { ...media, data: 'BBBB' },
    ])
  })
})

describe('a call of a tool that takes a text', () => {
  const calls = [
    [{ index: 0, id: 'a', type: 'custom', custom: { name: 'patch', input: '' } }],
    [
      { index: 0, custom: { input: '*** Be' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'f', arguments: '{' } },
    ],
    [
      { index: 0, custom: { input: 'gin' } },
      { index: 1, function: { arguments: '}' } },
    ],
  ]

  it('is one call, whole, beside those of functions', () => {
    const said = read(
      calls.map((it) => ({ tool_calls: it })),
      'tool_calls',
    )
    const out = written(said).flatMap((it) => (it['tool_calls'] as Fields[] | undefined) ?? [])
    expect(out.filter((it) => it['type'] === 'custom')).toEqual([
      { index: 0, id: 'a', type: 'custom', custom: { name: 'patch', input: '*** Begin' } },
    ])
    expect(out.filter((it) => it['function'] !== undefined)).toEqual([
      { index: 1, id: 'b', type: 'function', function: { name: 'f', arguments: '{' } },
      { index: 1, function: { arguments: '}' } },
    ])
  })
})
