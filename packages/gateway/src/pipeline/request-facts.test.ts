/** What routing learns of a request, whichever format it came in. */
import { describe, expect, it } from 'vitest'
import { NO_WISHES } from '../routing/caller-wishes.ts'
import { bodyShapes } from '../wire/body-shapes.ts'
import { RequestBody } from '../wire/request-body.ts'
import { RequestFacts } from './request-facts.ts'

function factsOf(body: object, headers: Readonly<Record<string, string>> = {}): RequestFacts {
  const bytes = Buffer.from(JSON.stringify({ model: 'chat', ...body }))
  const head = { headers } as never
  const whole = new RequestBody(bytes, bodyShapes['openai-chat'])
  return new RequestFacts({ head, body: whole, wishes: NO_WISHES, tenant: 'acme', key: 'acme/ci' })
}

const words = 'word '.repeat(400)
const pixel = 'A'.repeat(40_000)

describe.each([
  [
    'OpenAI chat',
    {
      messages: [
        { role: 'system', content: words },
        {
          role: 'user',
          content: [
            { type: 'text', text: words },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
          ],
        },
      ],
      max_completion_tokens: 77,
    },
  ],
  [
    'OpenAI responses',
    {
      instructions: words,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: words },
            { type: 'input_image', image_url: `data:image/png;base64,${pixel}` },
          ],
        },
      ],
      max_output_tokens: 77,
    },
  ],
  [
    'Anthropic messages',
    {
      system: words,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: words },
            { type: 'image', source: { type: 'base64', data: pixel } },
          ],
        },
      ],
      max_tokens: 77,
    },
  ],
  [
    'Gemini',
    {
      systemInstruction: { parts: [{ text: words }] },
      contents: [
        { role: 'user', parts: [{ text: words }, { inlineData: { mimeType: 'image/png', data: pixel } }] },
      ],
      generationConfig: { maxOutputTokens: 77 },
    },
  ],
  [
    'Bedrock Converse',
    {
      system: [{ text: words }],
      messages: [
        { role: 'user', content: [{ text: words }, { image: { format: 'png', source: { bytes: pixel } } }] },
      ],
      inferenceConfig: { maxTokens: 77 },
    },
  ],
])('a request in the format of %s', (_, body) => {
  it('tells its size without its images, its kinds of content and its limit', () => {
    const facts = factsOf(body)
    // 4,000 characters of text, and one image; words such as "user" and "text" weigh nothing.
    expect(facts.inputTokens()).toBeGreaterThanOrEqual(2000)
    expect(facts.inputTokens()).toBeLessThan(2020)
    expect([...facts.modalities()].sort()).toEqual(['image', 'text'])
    expect(facts.maxOutputTokens()).toBe(77)
  })
})

describe('the beginning of a prompt', () => {
  const turns = (...contents: string[]) => ({
    messages: [
      { role: 'system', content: 'You are kind.' },
      ...contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
    ],
  })
  const hash = (body: object, chars = 4096) => factsOf(body).promptHash(chars)

  it('is the same for all turns of a conversation, and another for another one', () => {
    expect(hash(turns('hi', 'hello', 'and now?'))).toBe(hash(turns('hi')))
    expect(hash(turns('hey'))).not.toBe(hash(turns('hi')))
  })

  it('is the same for all who share instructions that are long enough', () => {
    expect(hash(turns('hey'), 13)).toBe(hash(turns('hi'), 13))
  })

  it('is none where there is nothing to read', () => {
    expect(hash({})).toBeNull()
  })
})

describe('a session', () => {
  it('is what the caller names: in a header, as the key of a prompt cache, or in metadata', () => {
    expect(factsOf({}, { 'x-session-id': 's1' }).session()).toBe('s1')
    expect(factsOf({}, { 'x-claude-code-session-id': 's2' }).session()).toBe('s2')
    expect(factsOf({ prompt_cache_key: 's3' }).session()).toBe('s3')
    expect(factsOf({ metadata: { session_id: 's4' } }).session()).toBe('s4')
    expect(factsOf({ user: 'u' }).session()).toBeNull()
  })
})

describe('headers and metadata', () => {
  it('are told by name, credentials never', () => {
    const headers = { 'x-tier': 'gold', authorization: 'Bearer secret', 'x-api-key': 'secret' }
    const facts = factsOf({ metadata: { team: 'a', size: 3, deep: { a: 1 } } }, headers)
    expect([facts.header('x-tier'), facts.header('authorization'), facts.header('x-api-key')]).toEqual([
      'gold',
      undefined,
      undefined,
    ])
    expect(['team', 'size', 'deep', 'none', 'constructor'].map((it) => facts.metadata(it))).toEqual([
      'a',
      3,
      null,
      null,
      null,
    ])
  })

  it('of tools that are offered tell of tools', () => {
    expect(factsOf({ tools: [{ type: 'function', function: { name: 'f' } }] }).modalities()).toContain(
      'tools',
    )
    expect(factsOf({ tools: [] }).modalities()).not.toContain('tools')
  })
})

describe('the longest reply that a request allows', () => {
  it.each([
    [{ max_tokens: 50 }, 50],
    [{ max_tokens: 0 }, 0],
    // Who heeds which is not known.
    [{ max_completion_tokens: 1, max_tokens: 3000 }, 3000],
    [{ max_tokens: 1, generationConfig: { maxOutputTokens: 800 } }, 800],
    [{ max_tokens: -1 }, null],
    [{ max_tokens: -1_000_000, max_output_tokens: 7 }, 7],
    [{ max_tokens: 0.5 }, null],
    [{ max_tokens: '50' }, null],
  ])('of %j is %j', (body, most) => {
    expect(factsOf(body).maxOutputTokens()).toBe(most)
  })

  it('is that of each of its replies, and those are at least one', () => {
    expect(factsOf({ n: 3, best_of: 5 }).replies()).toBe(5)
    expect(factsOf({ n: 2.5 }).replies()).toBe(1)
  })
})

describe('the class of service that a request asks for', () => {
  it.each([
    [{ service_tier: 'priority' }, 'priority'],
    [{ serviceTier: 'flex' }, 'flex'],
    [{ speed: 'fast' }, 'fast'],
    [{ service_tier: 'auto' }, null],
    [{}, null],
  ])('by %j is %j', (body, asked) => {
    const facts = factsOf(body)
    expect(facts.serviceTier()).toBe(asked)
    // Asked for the first time when the body is gone.
    const other = factsOf(body)
    other.replies()
    other.forget()
    expect(other.serviceTier()).toBe(asked)
  })
})

describe('a request whose body was let go', () => {
  const body = {
    messages: [{ role: 'user', content: words }],
    metadata: { team: 'red', session_id: 's-1' },
    max_tokens: 9,
    n: 3,
  }

  it('says the same as before', () => {
    const [facts, other] = [factsOf(body), factsOf(body)]
    expect(facts.maxOutputTokens()).toBe(9)
    facts.forget()
    expect(facts.replies()).toBe(3)
    expect(facts.session()).toBe('s-1')
    expect(facts.metadata('team')).toBe('red')
    expect(facts.known(['team'], 128)).toEqual({ maxOutputTokens: 9, metadata: { team: 'red' } })
    expect(facts.inputTokens()).toBe(other.inputTokens())
    expect(facts.promptHash(100)).toBe(other.promptHash(100))
  })

  it.each(['max_completion_tokens', 'max_tokens', 'max_output_tokens', 'maxOutputTokens', 'maxTokens'])(
    'has not lost the limit that was said as %s',
    (name) => {
      const where = (limit: object) => [
        limit,
        ...['generationConfig', 'generation_config', 'inferenceConfig'].map((it) => ({ [it]: limit })),
      ]
      for (const it of where({ [name]: 7 })) {
        const facts = factsOf(it)
        facts.serviceTier()
        facts.forget()
        expect(facts.maxOutputTokens()).toBe(7)
      }
    },
  )

  it.each(['best_of', 'n', 'candidateCount', 'candidate_count'])(
    'has not lost how many replies %s asks for',
    (name) => {
      const facts = factsOf({ [name]: 4 })
      facts.serviceTier()
      facts.forget()
      expect(facts.replies()).toBe(4)
    },
  )

  it('knows nothing where nothing was asked', () => {
    const facts = factsOf(body)
    facts.forget()
    expect(facts.known(['team'], 128)).toEqual({})
    expect(facts.knownSession()).toBeNull()
  })
})
