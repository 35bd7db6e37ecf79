import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta } from '../contract/neutral.ts'
import { answer, cut, FINISH, guardsOf, lookedAt, openRun, tell, testTools, text } from './test-guards.ts'

const KEY = 'AKIAIOSFODNN7EXAMPLE'
const everywhere = (whole: string) => Array.from(whole, (_, i) => i)

const MASKING = [
  { kind: 'pii', action: 'mask', pii: ['email', 'phone', 'card', 'iban', 'ssn', 'ip'] },
  { kind: 'secrets', action: 'mask' },
  { kind: 'deny', action: 'mask', words: ['Projekt Müller', 'geheim', 'straße', '秘密'], label: 'WORD' },
  {
    kind: 'regex',
    action: 'mask',
    windowChars: 16,
    label: 'CASE',
    patterns: ['CASE-\\d{4,8}', '\\bx+y\\b', 'a{3,}$', 'ab|abc.{2,6}z'],
  },
]

/** Texts in which something is to be found, or nearly. */
const bits = fc.constantFrom(
  'hello ',
  'mail a.b@example.co.uk',
  'a@b.',
  '4111 1111 1111 1111',
  '4111-1111-1111-1112 ',
  '+49 30 1234567',
  ' DE89 3704 0044 0532 0130 00',
  '078-05-1120',
  '10.1.2.3',
  '2001:db8::1',
  KEY,
  `\\n${KEY}`,
  `sk-ant-${'a1B2'.repeat(8)}`,
  `ghp_${'x9'.repeat(18)} `,
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlMTIz',
  'API_KEY="9f8e7d6c5b4a39281706"',
  'postgres://app:hunter22@db/x',
  '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nabc=\n-----END PRIVATE KEY-----',
  '-----BEGIN',
  'PROJEKT  mu\u0308ller ',
  'ge\u200bheim',
  'STRASSE',
  '秘密',
  'CASE-12345678',
  'xxxxxxxxy',
  'aaa',
  'abcdefz',
  '😀',
  ' ',
  '.',
  '\n',
  'x',
)
const texts = fc.array(bits, { maxLength: 8 }).map((it) => it.join(''))
const places = fc.array(fc.nat(400), { maxLength: 40 })

describe('an answer on its way through guards', () => {
  it('comes out the same, however it is cut', async () => {
    const guards = guardsOf(MASKING)
    await fc.assert(
      fc.asyncProperty(texts, places, async (whole, at) => {
        const [once, cutUp, single] = await Promise.all([
          answer(guards, whole),
          answer(guards, whole, at),
          answer(guards, whole, everywhere(whole)),
        ])
        expect(cutUp.texts).toEqual(once.texts)
        expect(single.texts).toEqual(once.texts)
        expect(single.run.findings).toEqual(once.run.findings)
      }),
      { numRuns: 500, seed: 5 },
    )
  })

  it('is blocked or not, however it is cut, and nothing that was found has left', async () => {
    const guards = guardsOf(MASKING.map((it) => ({ ...it, action: 'block' })))
    await fc.assert(
      fc.asyncProperty(texts, places, async (whole, at) => {
        const once = await answer(guards, whole)
        const cutUp = await answer(guards, whole, at)
        expect(cutUp.blocked === null).toBe(once.blocked === null)
        const out = cutUp.texts.get('0 text') ?? ''
        expect(whole.startsWith(out)).toBe(true)
        const again = await answer(guards, out)
        if (cutUp.blocked !== null) expect(out.length).toBeLessThan(whole.length)
        else expect(again.blocked).toBeNull()
      }),
      { numRuns: 300, seed: 6 },
    )
  })

  it('masks a secret that is split over ten chunks, and gives out what comes before it at once', async () => {
    const run = openRun(guardsOf([{ kind: 'secrets', action: 'mask' }]))
    expect(run.take([text('The key is: ')])).toEqual([text('The key is: ')])
    for (let i = 0; i < KEY.length; i += 2) expect(run.take([text(KEY.slice(i, i + 2))])).toEqual([])
    expect(run.take([text(' .')])).toEqual(
      [text('[AWS_KEY_1]'), text(' .')].length ? [text('[AWS_KEY_1] .')] : [],
    )
    expect(run.findings).toEqual([{ guard: 'house/secrets', did: 'masked', count: 1 }])
  })

  it('holds back a word at most where nothing but addresses is looked for', async () => {
    const guards = guardsOf([{ kind: 'pii', action: 'mask', pii: ['email'] }])
    const whole = 'Of all the words in this sentence none is an address, and none is longer than ten.'
    const { run, texts: out } = await answer(guards, whole, everywhere(whole))
    expect(out.get('0 text')).toBe(whole)
    expect(run.held.chars).toBeLessThanOrEqual(10)
  })

  it('holds back a window and a quarter where an expression is looked for', async () => {
    const guards = guardsOf([{ kind: 'regex', action: 'mask', patterns: ['z{3}'], windowChars: 32 }])
    const whole = 'plain words '.repeat(40)
    const { run } = await answer(guards, whole, everywhere(whole))
    expect(run.held.chars).toBeLessThanOrEqual(40)
  })

  it('lets nothing wait for a guard that only notes', async () => {
    const run = openRun(guardsOf([{ kind: 'secrets', action: 'log' }]))
    expect(run.take([text('AKIAIOSF')])).toEqual([text('AKIAIOSF')])
    expect(run.take([text('ODNN7EXAMPLE.')])).toEqual([text('ODNN7EXAMPLE.')])
    expect(run.findings).toEqual([{ guard: 'house/secrets', did: 'noted', count: 1 }])
  })

  it('keeps texts apart and in order, also with thoughts and calls of tools between', async () => {
    const guards = guardsOf(MASKING)
    const deltas: NeutralDelta[] = [
      { type: 'start', id: 'x', model: 'm' },
      { type: 'reasoning', text: 'write to a@exa' },
      { type: 'reasoning', text: 'mple.com' },
      text('Sure, '),
      text('done'),
      { type: 'tool_call', index: 0, id: 'c1', name: 'send', arguments: '{"to":"a@exam' },
      { type: 'usage', usage: { inputTokens: 1, outputTokens: 1 } },
      { type: 'tool_call', index: 0, arguments: 'ple.com","key":"' },
      { type: 'tool_call', index: 0, arguments: `\\n${KEY}"}` },
      FINISH,
    ]
    const told = await tell(
      openRun(guards),
      deltas.map((it) => [it]),
    )
    expect(Object.fromEntries(told.texts)).toEqual({
      '0 reasoning': 'write to [EMAIL_1]',
      '0 text': 'Sure, done',
      '0 tool 0': '{"to":"[EMAIL_1]","key":"\\n[AWS_KEY_1]"}',
    })
    const kinds = told.deltas.map((it) => it.type).filter((it, i, all) => it !== 'usage' && it !== all[i - 1])
    // What was used does not wait behind texts.
    expect(kinds).toEqual(['start', 'reasoning', 'reasoning', 'text', 'tool_call', 'finish'])
  })

  it('masks what comes with thoughts between each of its pieces', async () => {
    const pieces = Array.from(KEY, (it, i): NeutralDelta[] => [
      text(it),
      { type: 'reasoning', text: `thought ${i} ` },
    ])
    const told = await tell(openRun(guardsOf(MASKING)), [...pieces, [FINISH]])
    expect(told.texts.get('0 text')).toBe('[AWS_KEY_1]')
  })

  it('does not hold a whole answer behind a thought that ends in half a word', async () => {
    const run = openRun(guardsOf([{ kind: 'pii', action: 'mask' }]))
    run.take([{ type: 'reasoning', text: 'then I answer' }])
    const out = run.take([text('word '.repeat(60))])
    expect(out).toHaveLength(2)
  })

  it('keeps candidates apart', async () => {
    const half = (candidate: number, it: string): NeutralDelta => ({ type: 'text', text: it, candidate })
    const told = await tell(openRun(guardsOf(MASKING)), [
      [half(0, 'AKIAIOSF'), half(1, 'hello')],
      [half(0, 'ODNN7EXAMPLE'), half(1, ' there')],
      [
        { ...FINISH, candidate: 0 },
        { ...FINISH, candidate: 1 },
      ] as NeutralDelta[],
    ])
    expect(Object.fromEntries(told.texts)).toEqual({ '0 text': '[AWS_KEY_1]', '1 text': 'hello there' })
  })

  it('lets no probabilities of tokens through where texts may be changed', async () => {
    const logprobs: NeutralDelta = { type: 'logprobs', content: [{ token: KEY }] }
    const told = await tell(openRun(guardsOf(MASKING)), [[text('hi '), logprobs, FINISH]])
    expect(told.deltas.some((it) => it.type === 'logprobs')).toBe(false)
    const noting = await tell(openRun(guardsOf([{ kind: 'secrets', action: 'log' }])), [[logprobs]])
    expect(noting.deltas).toEqual([logprobs])
  })

  it('reads citations, transcripts and what this form lacks as well', async () => {
    const told = await tell(openRun(guardsOf(MASKING)), [
      [
        { type: 'citation', citation: { text: `see ${KEY}`, url: 'https://example.com' } },
        { type: 'media', mediaType: 'audio/wav', data: 'AAAA', transcript: 'a@example.com' },
        { type: 'other', from: 'openai-responses', kind: 'x', value: { id: KEY, output: [{ text: KEY }] } },
        FINISH,
      ],
    ])
    expect(told.deltas.slice(0, 4)).toEqual([
      { type: 'citation', citation: { text: 'see [AWS_KEY_1]', url: 'https://example.com' } },
      { type: 'media', mediaType: 'audio/wav', data: 'AAAA' },
      { type: 'media', mediaType: 'audio/wav', data: '', transcript: '[EMAIL_1]' },
      {
        type: 'other',
        from: 'openai-responses',
        kind: 'x',
        value: { id: KEY, output: [{ text: '[AWS_KEY_1]' }] },
      },
    ])
  })

  it('reads the addresses that a search has found, and no pictures that are written as such', async () => {
    const found = (url: string) => ({
      type: 'web_search_tool_result',
      content: [{ type: 'web_search_result', url, title: 'A page', encrypted_content: KEY }],
      shown: { url: `data:image/png;base64,${KEY}` },
    })
    const of = (url: string): NeutralDelta => ({
      type: 'other',
      from: 'anthropic-messages',
      kind: 'web_search_tool_result',
      value: found(url),
    })
    const told = await tell(openRun(guardsOf(MASKING)), [[of(`https://a.test/?key=${KEY}`), FINISH]])
    expect(told.deltas[0]).toEqual(of('https://a.test/?key=[AWS_KEY_1]'))
  })

  it('masks what is said in a recording that comes in pieces', async () => {
    const piece = (it: object): NeutralDelta => ({ type: 'media', mediaType: 'audio/wav', data: '', ...it })
    const run = openRun(guardsOf([{ kind: 'pii', action: 'mask' }]))
    expect(run.take([piece({ id: 'a', transcript: 'Write to a@exam' })])).toEqual([
      piece({ id: 'a' }),
      piece({ transcript: 'Write to ' }),
    ])
    // What it sounds like is not looked at, and in its order.
    const rest = await tell(run, [[piece({ data: 'AAAA' })], [piece({ transcript: 'ple.com' }), FINISH]])
    expect(rest.deltas).toEqual([piece({ transcript: '[EMAIL_1]' }), piece({ data: 'AAAA' }), FINISH])
  })

  it('bounds the time that a text is held, by letting it go or by blocking, as is set', async () => {
    for (const failure of ['open', 'closed']) {
      let now = 1000
      const guards = guardsOf([{ kind: 'pii', action: 'mask', maxHoldMs: 200, failure }], { now: () => now })
      const run = openRun(guards)
      expect(run.lapsesAt).toBeNull()
      expect(run.take([text('hello wor')])).toEqual([text('hello ')])
      expect(run.lapsesAt).toBe(1200)
      now = 1200
      const passed = run.lapse()
      if (failure === 'open') expect(passed).toEqual([text('wor')])
      else expect(passed).toMatchObject({ blocked: 'house/pii' })
      expect(run.findings).toContainEqual({ guard: 'house/pii', did: 'unsure', count: 1 })
      expect(run.lapsesAt).toBeNull()
    }
  })

  it('counts the characters of an answer and stops where they are too many', async () => {
    const guards = guardsOf([{ kind: 'maxSize', action: 'block', maxTokens: 5 }])
    const told = await answer(guards, 'x'.repeat(21), [10])
    expect(told.blocked).toMatchObject({ blocked: 'house/maxSize' })
    expect(told.texts.get('0 text')).toBe('x'.repeat(10))
    expect((await answer(guards, 'x'.repeat(20), [10])).blocked).toBeNull()
  })
})

describe('what was masked in a request', () => {
  const guards = guardsOf([{ kind: 'pii', action: 'mask', on: 'input' }])
  const asked = {
    messages: [{ role: 'user', content: 'I am a"b@x.com, no: ann@example.com or bob@example.com' }],
  }

  it('is put back in the answer, however that is cut', async () => {
    const looked = await lookedAt(guards, asked)
    expect(looked.body).toEqual({
      messages: [{ role: 'user', content: 'I am a"[EMAIL_1], no: [EMAIL_2] or [EMAIL_3]' }],
    })
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        const whole = 'Dear [EMAIL_2], [EMAIL_3] and [EMAIL_9] and [ and []] and [EMAIL_2'
        const told = await tell(openRun(guards, looked), cut(whole, at))
        expect(told.texts.get('0 text')).toBe(
          'Dear ann@example.com, bob@example.com and [EMAIL_9] and [ and []] and [EMAIL_2',
        )
      }),
      { numRuns: 100, seed: 7 },
    )
  })

  it('stays masked in thoughts, which are proven by a signature, and is written as JSON in arguments', async () => {
    const quoting = guardsOf([
      { kind: 'regex', action: 'mask', patterns: ['"[^"]*"'], on: 'input', label: 'QUOTE' },
    ])
    const looked = await lookedAt(quoting, { messages: [{ role: 'user', content: 'say "hi\nyou"' }] })
    const told = await tell(openRun(quoting, looked), [
      [
        { type: 'reasoning', text: 'about [QUOTE_1]' },
        { type: 'tool_call', index: 0, id: 'a', name: 'say', arguments: '{"it":"[QUOTE_1]"}' },
        FINISH,
      ],
    ])
    expect(told.texts.get('0 reasoning')).toBe('about [QUOTE_1]')
    expect(JSON.parse(told.texts.get('0 tool 0') ?? '')).toEqual({ it: '"hi\nyou"' })
  })

  it('is not put back where that is not wanted, and then answers go through as they come', async () => {
    const kept = guardsOf([{ kind: 'pii', action: 'mask', on: 'input', unmask: false }])
    expect(kept.output).toBeNull()
    expect((await lookedAt(kept, asked)).masked).toBeNull()
  })

  it('is not put back over what a guard of answers masks', async () => {
    const both = guardsOf([
      { kind: 'pii', action: 'mask', on: 'input' },
      { kind: 'regex', action: 'mask', on: 'output', patterns: ['to \\[EMAIL_1\\]'], label: 'TO' },
    ])
    const looked = await lookedAt(both, { prompt: 'ann@example.com' })
    const told = await tell(openRun(both, looked), cut('I write to [EMAIL_1] and [EMAIL_1]', [12]))
    expect(told.texts.get('0 text')).toBe('I write [TO_1] and ann@example.com')
  })
})

describe('guards that try themselves out', () => {
  it('change nothing, hold nothing back, and count what they would have found', async () => {
    const guards = guardsOf([{ kind: 'secrets', action: 'shadow' }])
    const told = await tell(openRun(guards), [[text('AKIAIOSF')], [text('ODNN7EXAMPLE')], [FINISH]])
    expect(told.texts.get('0 text')).toBe(KEY)
    expect(told.run.findings).toEqual([])
    expect(await told.run.later).toEqual([{ guard: 'house/secrets', did: 'shadowed', count: 1 }])
    const looked = await lookedAt(guards, { prompt: KEY })
    expect(looked.body).toBeNull()
    expect(await looked.later).toEqual([{ guard: 'house/secrets', did: 'shadowed', count: 1 }])
  })
})

describe('the work of a request', () => {
  it('is bounded, and what is beyond passes or is blocked, as is set', async () => {
    for (const failure of ['open', 'closed']) {
      let steps = 0
      // A clock that ticks each time it is asked: what is counted are the steps between the looks at it.
      const guards = guardsOf([{ kind: 'regex', action: 'mask', patterns: ['(a+)+$', 'SECRET'], failure }], {
        ...testTools,
        now: () => (steps += 100),
      })
      const whole = `${'ab'.repeat(500_000)} SECRET`
      const told = await answer(guards, whole)
      expect(steps).toBeLessThan(5000)
      expect(told.blocked === null).toBe(failure === 'open')
      expect(told.run.findings).toContainEqual({ guard: 'house/regex', did: 'unsure', count: 1 })
    }
  })
})
