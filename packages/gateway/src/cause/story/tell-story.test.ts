import type { SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import type { CallRecord } from '../../contract/call.ts'
import { testCall } from '../../contract/test-call.ts'
import { tellStory } from './tell-story.ts'

const settings: SettingsTree = {
  tenants: { acme: { limit: 'std', allow: ['chat'], keys: { ci: { hash: 'x' }, night: { limit: 'low' } } } },
  limits: { std: { requests: 100, perMs: 60_000 }, low: { requests: 5, perMs: 1_000, burst: 2 } },
  models: { fast: { provider: 'sim', model: 'fast-1' }, careful: { provider: 'sim' } },
  providers: { sim: { kind: 'openai' } },
  catalogue: { 'openai/fast-1': { prices: [] } },
  contexts: { 'support@2.1.0': { prompt: 'Help.' } },
  routes: {
    chat: {
      aliases: ['talk'],
      targets: [
        { model: 'fast', weight: 90 },
        { model: 'careful', weight: 10 },
      ],
      context: 'support@^2',
      fallback: ['careful'],
      rules: [{ when: 'tokens > 8000', targets: [{ model: 'careful' }], strategy: 'least-busy' }],
    },
  },
}

function says(more: Partial<CallRecord>, about: string, tree: SettingsTree | null = settings) {
  return tellStory(testCall(more), tree).find((it) => it.about === about)
}

describe('the story of a call', () => {
  it('goes from the caller to the price, in the order of the journey', () => {
    const told = tellStory(
      testCall({ context: 'support@2.1.0', costMicroUsd: 1_234, pricedBy: 'settings' }),
      settings,
    )
    expect(told.map((it) => it.about)).toEqual([
      'caller',
      'route',
      'prompt',
      'limit',
      'choice',
      'target',
      'price',
    ])
    expect(told.map((it) => it.says)).toEqual([
      'key acme/ci is one of tenant acme, which may call chat',
      'asked for "chat", a route',
      'prompt of context support@2.1.0, the newest in "support@^2"',
      'within limit std, 100 requests each 60 s for each key',
      'drawn by weight: fast=90%, careful=10%',
      'answered by model fast of provider sim, which calls it fast-1',
      '$0.001234 for 10 tokens in, 20 out, by the prices of the settings for openai/fast-1',
    ])
    expect(told.find((it) => it.about === 'limit')?.pointers).toEqual([
      '/tenants/acme/limit',
      '/limits/std/requests',
      '/limits/std/perMs',
    ])
  })

  it('knows that a budget was spent, and where its key and its tenant name theirs', () => {
    expect(says({ key: 'acme/night', error: 'policy.budget_spent', status: 402 }, 'limit')).toMatchObject({
      says: 'refused: a budget of acme/night, its team or its tenant does not have what it may come to',
      pointers: ['/tenants/acme/budgets', '/tenants/acme/keys/night/budgets'],
    })
  })

  it('knows the limit of the key itself, and that it was reached', () => {
    const told = says({ key: 'acme/night', error: 'policy.limit_reached', status: 429 }, 'limit')
    expect(told).toMatchObject({
      says: 'refused: over limit low, 5 requests each 1 s, 2 at once for each key',
      pointers: [
        '/tenants/acme/keys/night/limit',
        '/limits/low/requests',
        '/limits/low/perMs',
        '/limits/low/burst',
      ],
    })
  })

  it('says by which name or rule the route was found', () => {
    expect(says({ askedModel: 'talk' }, 'route')).toMatchObject({
      says: 'asked for "talk", another name of route chat',
      pointers: ['/routes/chat/aliases/0'],
    })
    expect(says({ askedModel: 'fast', route: 'fast', choice: null }, 'route')?.says).toBe(
      'asked for "fast", a model by its own name',
    )
    const ruled = { rule: '/routes/chat/rules/0', choice: 'careful=100% by least-busy' }
    expect(says(ruled, 'route')).toMatchObject({
      says: 'asked for "chat", a route; rule 1 of route chat held (tokens > 8000)',
      pointers: ['/routes/chat/rules/0/when'],
    })
    expect(says(ruled, 'choice')).toMatchObject({
      says: 'chosen by least-busy among careful=100%',
      pointers: ['/routes/chat/rules/0/targets/0/model', '/routes/chat/rules/0/strategy'],
    })
  })

  it('says why somebody was not let in, and why nothing was found', () => {
    expect(
      says({ tenant: null, key: null, error: 'identity.unknown_key', status: 401 }, 'caller')?.says,
    ).toBe('refused: nobody has the key that was sent')
    expect(says({ tenant: null, key: null }, 'caller')?.says).toBe('anyone who reaches the port may call')
    const nowhere = { askedModel: 'chta', route: null, target: null, choice: null, attempts: [] }
    expect(says({ ...nowhere, error: 'routing.no_such_model' }, 'route')?.says).toBe(
      'asked for "chta", which is neither a route nor a model',
    )
    expect(says({ ...nowhere, askedModel: 'chat', error: 'identity.not_allowed' }, 'route')?.says).toBe(
      'asked for "chat", which this tenant may not call',
    )
  })

  it('says who was passed by and why, and what became of each attempt', () => {
    const call: Partial<CallRecord> = {
      skipped: [{ target: 'sim/careful', reason: 'breaker' }],
      attempts: [
        { target: 'sim/fast', status: 500, error: 'upstream.failed', durationMs: 12 },
        { target: 'sim/fast', status: 503, error: 'upstream.failed', durationMs: 9, by: 'retry' },
        { target: 'sim/careful', status: 200, error: '', durationMs: 30, by: 'fallback:overloaded' },
      ],
    }
    expect(says(call, 'choice')?.says).toBe(
      'drawn by weight: fast=90%, careful=10%; sim/careful was passed by: its breaker was open',
    )
    expect(says(call, 'attempts')?.says).toBe(
      'sim/fast: upstream.failed 500 after 12 ms; sim/fast again: upstream.failed 503 after 9 ms; ' +
        'sim/careful as a fallback for overloaded: answered after 30 ms',
    )
    expect(says({ ...call, attempts: testCall().attempts }, 'attempts')).toBeUndefined()
    const copied = { target: 'p/b', status: 200, error: '', durationMs: 3, kind: 'mirror' as const }
    const mirrored = [...testCall().attempts, copied, { ...copied, status: null, durationMs: 0 }]
    expect(says({ ...call, attempts: mirrored }, 'attempts')?.says).toContain(
      'a copy went to p/b, which nobody was answered from: it was answered after 3 ms; a copy went to p/b, which nobody was answered from: it was still under way',
    )
  })

  it('says why nobody was asked, and tells of no choice where it never came to one', () => {
    const nobody = { target: null, attempts: [] }
    expect(says({ ...nobody, error: 'policy.limit_reached' }, 'choice')).toBeUndefined()
    expect(
      says({ ...nobody, error: 'routing.none_allowed', asked: { sensitive: true, region: 'eu' } }, 'choice')
        ?.says,
    ).toBe(
      'none of its targets may be sent this call; the caller marked it as sensitive; the caller asked for region eu',
    )
    const full = {
      ...settings,
      models: { ...settings['models'], fast: { provider: 'sim', concurrency: { max: 2 } } },
    }
    expect(says({ ...nobody, error: 'routing.queue_full' }, 'choice', full)).toMatchObject({
      says: 'route or model was full, and so was its queue',
      pointers: expect.arrayContaining(['/models/fast/concurrency/max']) as unknown,
    })
  })

  it('names the time limits where one of them was over, and how long a request routing saw', () => {
    const late = [{ target: 'sim/fast', status: null, error: 'upstream.timeout', durationMs: 500 }]
    const chat = { targets: [{ model: 'fast' }], timeouts: { firstTokenMs: 500 } }
    expect(
      says({ attempts: late, error: 'upstream.timeout' }, 'attempts', { routes: { chat } })?.pointers,
    ).toEqual(['/routes/chat/timeouts/firstTokenMs'])
    expect(says({ rule: '/routes/chat/rules/0', asked: { inputTokens: 9_021 } }, 'route')?.says).toBe(
      'asked for "chat", a route; rule 1 of route chat held (tokens > 8000) for about 9021 tokens',
    )
  })

  it('keeps to the record, and names no values, when the settings are not kept any more', () => {
    const told = tellStory(testCall({ costMicroUsd: 5, pricedBy: 'shipped' }), null)
    expect(told.map((it) => it.says)).toEqual([
      'key acme/ci is one of tenant acme',
      'asked for "chat"',
      'drawn by weight: fast=90%, careful=10%',
      'answered by model fast of provider sim',
      '$0.000005 for 10 tokens in, 20 out, by the prices of the catalogue that ships with the gateway',
    ])
    expect(told.every((it) => it.pointers.length === 0)).toBe(true)
    const cut = tellStory(testCall({ costMicroUsd: 5, pricedBy: 'shipped', estimated: true }), null)
    expect(cut.at(-1)?.says).toContain('$0.000005 for 10 tokens in, 20 out, estimated, by the prices')
  })
})
