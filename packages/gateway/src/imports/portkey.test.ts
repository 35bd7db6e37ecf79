import { describe, expect, it } from 'vitest'
import { conditionOf } from './portkey/condition.ts'
import { importPortkey } from './portkey.ts'

function imported(config: object, model?: string) {
  const it = importPortkey(config, { name: 'chat', model })
  if (it === null) throw new Error('not recognised')
  const notes = it.notes.map(({ what, at }) => `${what} ${at}`)
  return { ...it.settings, notes, says: it.notes.map((one) => one.says).join('\n') }
}

/** Read as it stands in a file: an object literal with a `then` looks like a promise. */
const rule = (query: object, to: string): unknown =>
  JSON.parse(`{"query": ${JSON.stringify(query)}, "then": ${JSON.stringify(to)}}`)

const target = (provider: string, model: string, more: object = {}) => ({
  provider,
  api_key: `sk-${provider}`,
  override_params: { model },
  ...more,
})

describe('a config of Portkey', () => {
  it('is told from other files', () => {
    expect([
      importPortkey({ model_list: [] }, { name: 'a', model: undefined }),
      importPortkey(7, { name: 'a', model: undefined }),
    ]).toEqual([null, null])
  })

  it('of one target becomes a route with one model, and no key of it', () => {
    const { providers, models, routes, notes, says } = imported(target('openai', 'gpt-5.4'))
    expect(providers).toEqual({ openai: { kind: 'openai', credential: '${env:OPENAI_API_KEY}' } })
    expect(models).toEqual({ 'gpt-5.4': { provider: 'openai' } })
    expect(routes).toEqual({ chat: { targets: [{ model: 'gpt-5.4' }] } })
    expect(notes).toEqual(['to do api_key'])
    expect(JSON.stringify([providers, says])).not.toContain('sk-')
  })

  it('shares by weight, in whole numbers', () => {
    const { routes } = imported({
      strategy: { mode: 'loadbalance' },
      targets: [target('openai', 'a', { weight: 0.75 }), target('anthropic', 'b', { weight: 0.25 })],
      retry: { attempts: 2, on_status_codes: [429] },
      request_timeout: 5000,
    })
    expect(routes).toEqual({
      chat: {
        targets: [
          { model: 'a', weight: 750 },
          { model: 'b', weight: 250 },
        ],
        retries: { attempts: 3 },
        timeouts: { totalMs: 5000 },
      },
    })
  })

  it('falls back in order, and says where a tree became flat', () => {
    const { routes, notes } = imported({
      strategy: { mode: 'fallback', on_status_codes: [429] },
      targets: [
        { strategy: { mode: 'loadbalance' }, targets: [target('openai', 'a'), target('groq', 'b')] },
        target('anthropic', 'c'),
      ],
    })
    expect(routes).toEqual({
      chat: {
        targets: [
          { model: 'a', weight: 1 },
          { model: 'b', weight: 1 },
        ],
        fallback: ['c'],
      },
    })
    expect(notes.filter((it) => it.startsWith('changed'))).toEqual(['changed strategy.on_status_codes'])
  })

  it('turns conditions into rules, and a condition that leads to fallbacks into a route', () => {
    const { routes, notes } = imported({
      strategy: {
        mode: 'conditional',
        conditions: [
          rule({ 'metadata.plan': { $eq: 'paid' } }, 'good'),
          rule({ 'metadata.plan': { $in: ['trial', 'free'] } }, 'safe'),
          rule({ 'metadata.plan': { $regex: 'x+' } }, 'good'),
          rule({ 'metadata.plan': 'x' }, 'gone'),
        ],
        default: 'cheap',
      },
      targets: [
        { name: 'good', ...target('openai', 'big') },
        {
          name: 'safe',
          strategy: { mode: 'fallback' },
          targets: [target('openai', 's1'), target('groq', 's2')],
        },
        { name: 'cheap', ...target('openai', 'small') },
      ],
    })
    expect(routes?.['chat']).toEqual({
      targets: [{ model: 'cheap' }],
      rules: [
        { when: 'metadata["plan"] == "paid"', targets: [{ model: 'good' }] },
        { when: 'metadata["plan"] in ["trial","free"]', route: 'chat/safe' },
      ],
    })
    expect(routes?.['chat/safe']).toEqual({ targets: [{ model: 's1' }], fallback: ['s2'] })
    expect(notes.filter((it) => it.startsWith('left out'))).toEqual([
      'left out strategy.conditions[2]',
      'left out strategy.conditions[3]',
    ])
  })

  it('finds the provider behind a key of theirs by its name, and says so', () => {
    const { providers, notes } = imported({ virtual_key: 'openai-prod-4f2a' }, 'gpt-5.4')
    expect(providers).toEqual({
      'openai-prod-4f2a': { kind: 'openai', credential: '${env:OPENAI_PROD_4F2A_API_KEY}' },
    })
    expect(notes).toEqual(['changed provider', 'to do virtual_key'])
  })

  it("takes a model of their catalogue, and a host of one's own", () => {
    const { providers, models } = imported({
      targets: [{ override_params: { model: '@anthropic-eu/claude-sonnet-4-5', max_tokens: 64 } }],
    })
    expect(models).toEqual({
      'claude-sonnet-4-5': { provider: 'anthropic-eu', parameters: { max_tokens: 64 } },
    })
    expect(providers?.['anthropic-eu']?.kind).toBe('anthropic')
    const own = imported({
      provider: 'openai',
      custom_host: 'http://vllm:8000/v1/',
      override_params: { model: 'm' },
    })
    expect(own.providers).toEqual({ vllm: { kind: 'openai-compatible', baseUrl: 'http://vllm:8000/v1' } })
  })

  it('leaves out what names no model, and says how to give one', () => {
    const { routes, says } = imported({ targets: [{ provider: 'openai', api_key: 'k' }] })
    expect(routes).toBeUndefined()
    expect(says).toContain('--model')
  })
})

describe('a query', () => {
  it.each([
    [
      { $and: [{ 'metadata.a': 'x' }, { 'metadata.b': { $gt: 3, $lte: 5 } }] },
      '(metadata["a"] == "x") && ((metadata["b"] > 3) && (metadata["b"] <= 5))',
    ],
    [
      { $or: [{ 'params.model': { $ne: 'm' } }, { 'metadata.a': { $nin: ['q'] } }] },
      '(model != "m") || (!(metadata["a"] in ["q"]))',
    ],
  ])('%j is read', (query, text) => {
    expect(conditionOf(query)).toEqual({ text })
  })

  it.each([
    [{}],
    [null],
    [{ 'url.path': 'x' }],
    [{ 'metadata.a': ['x'] }],
    [{ 'metadata.a': { $in: [1] } }],
    [{ $and: [] }],
  ])('%j is not', (query) => {
    expect(conditionOf(query)).toHaveProperty('fault')
  })
})
