/** What a guard that judges whole answers is shown of them, and what becomes of what it finds. */
import { describe, expect, it } from 'vitest'
import type { NeutralDelta } from '../contract/neutral.ts'
import { FINISH, guardsOf, openRun, tell, text } from './test-guards.ts'

const SAID: readonly NeutralDelta[] = [
  { type: 'reasoning', text: 'Ann ' },
  { type: 'reasoning', text: 'asks' },
  text('for '),
  { type: 'tool_call', index: 0, id: 'a', name: 'mail', arguments: '{"to":' },
  text('Ann'),
  { type: 'tool_call', index: 0, arguments: '"Ann"}' },
  { type: 'refusal', text: 'not Ann' },
  { type: 'citation', citation: { title: 'by Ann', url: 'https://example.com' } },
  { type: 'media', mediaType: 'audio/wav', data: 'AAAA', transcript: 'An' },
  { type: 'media', mediaType: 'audio/wav', data: 'BBBB', transcript: 'n' },
  { type: 'other', from: 'openai-chat', kind: 'custom', value: { custom: { input: 'call Ann' } } },
  FINISH,
]

const TEXTS = [
  'Ann asks',
  'for Ann',
  '{"to":"Ann"}',
  'not Ann',
  'by Ann',
  'https://example.com',
  'Ann',
  'call Ann',
]

/** A service that finds people of this name. */
function serviceFor(name: string) {
  const heard: unknown[] = []
  const answer = (texts: readonly string[]) => {
    const spans = texts.flatMap((it, at) =>
      it.includes(name)
        ? [{ text: at, start: it.indexOf(name), end: it.indexOf(name) + name.length, label: 'NAME' }]
        : [],
    )
    return spans.length === 0 ? { verdict: 'pass' } : { verdict: 'found', spans }
  }
  const fetch = async (_: unknown, init: RequestInit | undefined): Promise<Response> => {
    const { texts } = JSON.parse(typeof init?.body === 'string' ? init.body : '{}') as {
      texts: readonly string[]
    }
    heard.push(texts)
    return Response.json(answer(texts))
  }
  return { heard, tools: { fetch: fetch as typeof globalThis.fetch } }
}

const webhook = (more: object) => ({ kind: 'webhook', url: 'https://guard.example/', ...more })

describe('a webhook', () => {
  it('is shown all that a model said, each text whole, wherever it said it', async () => {
    const { heard, tools } = serviceFor('Bob')
    const told = await tell(openRun(guardsOf([webhook({ action: 'block' })], tools)), [SAID])
    expect(heard).toEqual([TEXTS])
    expect(told.blocked).toBeNull()
    expect(spoken(told.deltas)).toBe('Ann')
  })

  it('blocks for what stands in the arguments of a tool alone', async () => {
    const { tools } = serviceFor('Ann')
    const call: NeutralDelta = { type: 'tool_call', index: 0, id: 'a', name: 'f', arguments: '{"to":"Ann"}' }
    const told = await tell(openRun(guardsOf([webhook({ action: 'block' })], tools)), [[call, FINISH]])
    expect(told.blocked).toMatchObject({ blocked: 'house/webhook' })
  })

  it('masks in each text what it found there', async () => {
    const { tools } = serviceFor('Ann')
    const told = await tell(openRun(guardsOf([webhook({ action: 'mask' })], tools)), [SAID])
    expect(told.texts.get('0 reasoning')).toBe('[NAME_1] asks')
    expect(told.texts.get('0 text')).toBe('for [NAME_1]')
    expect(told.texts.get('0 tool 0')).toBe('{"to":"[NAME_1]"}')
    expect(spoken(told.deltas)).toBe('[NAME_1]')
    expect(JSON.stringify(told.deltas)).not.toContain('Ann')
    expect(told.deltas).toContainEqual({ type: 'tool_call', index: 0, id: 'a', name: 'mail' })
  })

  it('is shown the same by one that only tries itself out', async () => {
    const { heard, tools } = serviceFor('Ann')
    const told = await tell(openRun(guardsOf([webhook({ action: 'shadow' })], tools)), [SAID])
    await told.run.later
    expect(heard).toEqual([TEXTS])
  })
})

describe('a schema', () => {
  const guard = { kind: 'jsonSchema', schema: { type: 'object' } }
  const said = [{ type: 'reasoning', text: 'I shall answer.' } as const, text('{}'), FINISH]

  it.each(['block', 'shadow'])(
    'is held against what a model replies and not what it thinks: %s',
    async (action) => {
      const told = await tell(openRun(guardsOf([{ ...guard, action }])), [said])
      expect(told.blocked).toBeNull()
      expect((await told.run.later) ?? []).toEqual([])
    },
  )
})

/** What is said in a recording. */
function spoken(deltas: readonly NeutralDelta[]): string {
  return deltas.map((it) => (it.type === 'media' ? (it.transcript ?? '') : '')).join('')
}
