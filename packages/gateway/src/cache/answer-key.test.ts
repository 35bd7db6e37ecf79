import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CacheAsk } from '../contract/answer-cache.ts'
import type { WireName } from '../contract/wire.ts'
import { keyOf } from './answer-key.ts'
import { askOf, bodyOf, bodyOfFields, question } from './test-asks.ts'

const nameOf = (ask: CacheAsk, sampled = true) =>
  keyOf(ask, { sampled, semantic: true, sealed: true })?.name ?? null
const ofBody = (body: unknown, more: Partial<CacheAsk> = {}) => nameOf(askOf(more, body))

/** Everything that an answer hangs on, each with few values, so that many pairs differ in one. */
const asks = fc.record({
  tenant: fc.constantFrom('', 'acme', 'acme"', 'globex'),
  route: fc.constantFrom('support', 'acme'),
  context: fc.constantFrom(null, 'null', 'support@1.0.0', 'support@1.0.1'),
  prompt: fc.constantFrom(null, '', 'be kind', 'be short'),
  guards: fc.constantFrom(null, 'g1', 'g2'),
  wire: fc.constantFrom<WireName>('openai-chat', 'openai-responses', 'anthropic-messages'),
  stream: fc.boolean(),
  model: fc.constantFrom('support', 'help'),
  basis: fc.constantFrom('openai/gpt', 'openai/other'),
  text: fc.constantFrom('hello', 'hello ', 'HELLO'),
  tokens: fc.constantFrom(undefined, 10, 20),
})

type Parts = typeof asks extends fc.Arbitrary<infer T> ? T : never

function built({ text, tokens, ...parts }: Parts): CacheAsk {
  return askOf(parts, question(text, { stream: parts.stream, max_tokens: tokens }))
}

describe('what an answer is kept under', () => {
  it('is the same only where all is the same', () => {
    fc.assert(
      fc.property(asks, asks, (a, b) => {
        const isSame = JSON.stringify(a) === JSON.stringify(b)
        expect(nameOf(built(a)) === nameOf(built(b))).toBe(isSame)
      }),
      { numRuns: 2000, seed: 11 },
    )
  })

  it('differs where one thing does, whichever', () => {
    fc.assert(
      fc.property(asks, asks, fc.constantFrom(...(Object.keys(FIRST) as (keyof Parts)[])), (a, b, part) => {
        const other = { ...a, [part]: b[part] }
        expect(nameOf(built(a)) === nameOf(built(other))).toBe(a[part] === other[part])
      }),
      { numRuns: 2000, seed: 12 },
    )
  })

  it('and so do the partition of those that are alike, and the seal', () => {
    fc.assert(
      fc.property(asks, asks, (a, b) => {
        const [one, two] = [
          keyOf(built(a), { sampled: true, semantic: true, sealed: true }),
          keyOf(built(b), { sampled: true, semantic: true, sealed: true }),
        ]
        const rest = (it: Parts) => JSON.stringify({ ...it, text: '' })
        if (one?.alike != null && two?.alike != null) {
          expect(one.alike.within === two.alike.within).toBe(rest(a) === rest(b))
        }
        expect(one?.seal?.equals(two?.seal ?? Buffer.alloc(0))).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
      { numRuns: 2000, seed: 13 },
    )
  })

  it('has a seal only where it is kept outside of this process', () => {
    const wish = { sampled: true, semantic: false }
    expect(keyOf(askOf(), { ...wish, sealed: true })?.seal).toHaveLength(32)
    expect(keyOf(askOf(), { ...wish, sealed: false })?.seal).toBeNull()
  })

  it('holds nothing that can be read', () => {
    const key = keyOf(askOf({ tenant: 'secret-tenant', prompt: 'secret-prompt' }, question('secret-text')), {
      sampled: true,
      semantic: true,
      sealed: true,
    })
    expect(key?.name).toMatch(/^[\w-]{43}$/)
    expect(key?.alike?.within).toMatch(/^[\w-]{43}$/)
    expect(key?.seal?.toString('base64url')).not.toBe(key?.name)
  })

  it.each([
    ['openai-chat', { user: 'u1' }],
    ['openai-chat', { metadata: { run: '7' } }],
    ['openai-chat', { prompt_cache_key: 'k' }],
    ['openai-chat', { service_tier: 'flex' }],
    ['openai-chat', { changeover: { variables: { name: 'x' } } }],
    ['openai-completions', { user: 'u1' }],
    ['openai-responses', { safety_identifier: 'u1' }],
    ['anthropic-messages', { metadata: { user_id: 'u1' } }],
    ['gemini', { labels: { team: 'a' } }],
    ['bedrock-converse', { requestMetadata: { team: 'a' } }],
  ] as const)('of %s is the same with %j', (wire, more) => {
    const plain = question('hello')
    expect(ofBody({ ...plain, ...more }, { wire })).toBe(ofBody(plain, { wire }))
  })

  it('is another for every field that is not known', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<WireName>('openai-chat', 'gemini', 'anthropic-messages'),
        fc.string(),
        (wire, name) => {
          fc.pre(!['model', 'messages', '__proto__'].includes(name))
          const plain = question('hello')
          const more = ofBody({ ...plain, [`x-${name}`]: 1 }, { wire })
          expect(more).not.toBe(ofBody(plain, { wire }))
        },
      ),
    )
  })

  it('tells how a stream is to be written', () => {
    const counted = { stream: true, stream_options: { include_usage: true } }
    const streamed = { stream: true }
    expect(ofBody(question('hello', counted), { stream: true })).not.toBe(
      ofBody(question('hello', streamed), { stream: true }),
    )
  })

  it.each([
    ['a conversation that the provider keeps', 'openai-responses', { conversation: 'conv_1' }],
    ['an answer to what it remembers', 'openai-responses', { previous_response_id: 'resp_1' }],
    ['work in the background', 'openai-responses', { background: true }],
    ['a container', 'anthropic-messages', { container: 'c' }],
    ['servers of tools', 'anthropic-messages', { mcp_servers: [{}] }],
  ] as const)('is not there for %s', (_, wire, more) => {
    expect(ofBody(question('hello', more), { wire })).toBeNull()
    expect(ofBody(question('hello'), { wire })).not.toBeNull()
  })

  it.each([
    ['openai-chat', { temperature: 0.2 }, { temperature: 0 }],
    ['gemini', { generationConfig: { temperature: 1 } }, { generationConfig: { temperature: 0 } }],
    ['bedrock-converse', { inferenceConfig: { temperature: 1 } }, { inferenceConfig: {} }],
  ] as const)('of %s is there for %j only where settings say so, and always for %j', (wire, warm, cold) => {
    expect(nameOf(askOf({ wire }, question('hello', warm)), false)).toBeNull()
    expect(nameOf(askOf({ wire }, question('hello', warm)), true)).not.toBeNull()
    expect(nameOf(askOf({ wire }, question('hello', cold)), false)).not.toBeNull()
  })

  it('is not there for what is no object', () => {
    for (const body of [[], 'x', null]) expect(nameOf(askOf({ body: bodyOf(body) }))).toBeNull()
  })

  it('is not there for a body that has a field twice, however it is written and however many there are', () => {
    const many = Array.from({ length: 40 }, (_, i) => [`"f${i}"`, '1'] as const)
    const twice = [
      [
        ['"messages"', '[]'],
        ['"messages"', '[1]'],
      ],
      [
        ['"messages"', '[]'],
        ['"x"', '1'],
        [String.raw`"m\u0065ssages"`, '[]'],
      ],
      [...many, ['"f3"', '1']],
    ] as const
    for (const fields of twice) expect(nameOf(askOf({ body: bodyOfFields(fields) }))).toBeNull()
    expect(nameOf(askOf({ body: bodyOfFields(many) }))).not.toBeNull()
  })

  it('is the same in whatever order the fields stand, and with whatever space between them', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(names, fc.infiniteStream(fc.nat()), fc.constantFrom('', ' ', '\n  '), (all, by, space) => {
        const fields = all.map((it, i) => [JSON.stringify(it), `[${i}]`] as const)
        const weights = new Map(fields.map((it) => [it, by.next().value ?? 0]))
        const other = fields.toSorted((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0))
        const [one, two] = [bodyOfFields(fields), bodyOfFields(other, '', space)]
        expect(nameOf(askOf({ body: two }))).toBe(nameOf(askOf({ body: one })))
      }),
    )
  })

  it('is another where a field is written otherwise', () => {
    const of = (value: string) => nameOf(askOf({ body: bodyOfFields([['"messages"', value]]) }))
    const ways = [
      '[{"a":1,"b":2}]',
      '[{"b":2,"a":1}]',
      '[{"a":1, "b":2}]',
      '[{"a":1.0,"b":2}]',
      '[{"a":1,"a":1,"b":2}]',
    ]
    expect(new Set(ways.map(of)).size).toBe(ways.length)
  })

  it('tells requests apart that are larger than what is at hand to write them', () => {
    const large = 'x'.repeat(200_000)
    expect(ofBody(question(`${large}a`))).not.toBe(ofBody(question(`${large}b`)))
    expect(ofBody(question(large), { prompt: `${large}a` })).not.toBe(
      ofBody(question(large), { prompt: `${large}b` }),
    )
    expect(ofBody(question(large))).toBe(ofBody(question(large)))
  })

  it('holds a scope to its last letter, however many bytes its letters take', () => {
    const wide = 'é€𝄞'.repeat(100)
    const of = (end: string) => ofBody(question('x'), { basis: `${wide}${end}` })
    expect(of('a')).not.toBe(of('b'))
    expect(of('a')).toBe(of('a'))
  })
})

describe('what is compared', () => {
  const alikeOf = (body: unknown, more: Partial<CacheAsk> = {}) =>
    keyOf(askOf(more, body), { sampled: true, semantic: true, sealed: true })?.alike ?? null
  const withinOf = (fields: readonly (readonly [string, string])[]) =>
    alikeOf({}, { body: bodyOfFields(fields) })?.within

  it.each([
    ['openai-chat', question('hello')],
    ['openai-chat', { messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] }],
    ['openai-responses', { input: 'hello' }],
    ['openai-responses', { input: [{ role: 'user', content: [{ type: 'input_text', text: 'hello' }] }] }],
    ['anthropic-messages', { messages: [{ role: 'user', content: 'hello' }] }],
    ['gemini', { contents: [{ parts: [{ text: 'hello' }] }] }],
    ['bedrock-converse', { messages: [{ role: 'user', content: [{ text: 'hello' }] }] }],
  ] as const)('of %s is the last message: %j', (wire, body) => {
    expect(alikeOf(body, { wire })?.text).toBe('hello')
  })

  it.each([
    ['ends with a reply', { messages: [{ role: 'assistant', content: 'hello' }] }],
    ['ends with a result of a tool', { messages: [{ role: 'tool', content: 'hello' }] }],
    [
      'holds more than text',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'image_url' }] }] },
    ],
    [
      'marks its text',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: {} }] }] },
    ],
    ['is empty', { messages: [{ role: 'user', content: '  ' }] }],
    ['is too long', { messages: [{ role: 'user', content: 'x'.repeat(8_001) }] }],
    ['has no messages', { prompt: 'hello' }],
  ])('is nothing where the request %s', (_, body) => {
    expect(alikeOf(body)).toBeNull()
  })

  it('needs the same of everything else, however it is written', () => {
    const within = (form: string) =>
      withinOf([
        ['"messages"', '[{"role":"user","content":"hello"}]'],
        ['"response_format"', form],
      ])
    expect(within('{"a":1,"b":[]}')).toBe(within('{ "b":[], "a":1.0 }'))
    expect(within('{"a":1,"b":[]}')).not.toBe(within('{"a":2,"b":[]}'))
  })

  it('is nothing where a request can be read in two ways', () => {
    expect(withinOf([['"messages"', '[{"role":"user","content":"a","content":"hello"}]']])).toBeUndefined()
  })

  it('is nothing where guardrails have changed the request', () => {
    expect(alikeOf(question('hello'), { changed: true })).toBeNull()
  })

  it('needs the same numbers', () => {
    const within = (text: string) => alikeOf(question(text))?.within
    expect(within('what is 12 times 13?')).toBe(within('how much is 12 x 13'))
    expect(within('what is 12 times 13?')).not.toBe(within('what is 12 times 14?'))
    expect(within('12 13')).not.toBe(within('1213'))
  })

  it('needs the same messages before it', () => {
    const after = (before: string) =>
      alikeOf({
        messages: [
          { role: 'user', content: before },
          { role: 'user', content: 'x' },
        ],
      })?.within
    expect(after('a')).not.toBe(after('b'))
  })
})

const FIRST: Parts = {
  tenant: 'acme',
  route: 'support',
  context: null,
  prompt: null,
  guards: null,
  wire: 'openai-chat',
  stream: false,
  model: 'support',
  basis: 'openai/gpt',
  text: 'hello',
  tokens: undefined,
}
