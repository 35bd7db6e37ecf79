/** What replaying tells: the difference of two versions over recorded calls, and nothing where there is none. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ReplayRow } from '../../calls/replay-rows.ts'
import { base, hashOf, row, tenants, tree } from '../test-rows.ts'
import { replayCalls } from './replay-calls.ts'

const nowMs = Date.UTC(2026, 10, 21, 13)
const shipped = {}

function replay(before: string, after: string, rows: readonly ReplayRow[]) {
  return replayCalls({ before: tree(before), after: tree(after), shipped, nowMs, rows })
}

const times = (count: number, make: (i: number) => Partial<ReplayRow>) =>
  Array.from({ length: count }, (_, i) => row(make(i)))

describe('replayed calls', () => {
  it('change nothing against the same settings, whatever was recorded', () => {
    const settings = [
      base,
      base + tenants,
      base.replace('  docs:', '    strategy: sticky\n  docs:'),
      `${base}    rules: [{ when: 'headers["x-tier"] == "gold" || tokens > 500', targets: [{ model: small }] }]\n`,
    ]
    const anyRow = fc.record({
      tenant: fc.constantFrom(null, 'acme'),
      key: fc.constantFrom(null, 'acme/ci', 'acme/gone'),
      askedModel: fc.constantFrom(null, 'chat', 'docs', 'small', 'nothing'),
      session: fc.constantFrom(null, '0badcafe', '00000001'),
      status: fc.constantFrom(200, 429, 401),
      error: fc.constantFrom('', 'identity.unknown_key'),
      startedAt: fc.integer({ min: nowMs - 3_600_000, max: nowMs }),
      inputTokens: fc.option(fc.nat(10_000)),
      asked: fc.constantFrom(null, { headers: { 'x-tier': 'gold' } }, { sensitive: true }, { region: 'eu' }),
    })
    fc.assert(
      fc.property(fc.constantFrom(...settings), fc.array(anyRow, { maxLength: 60 }), (text, drawn) => {
        const rows = drawn.map((it) => row(it)).sort((a, b) => a.startedAt - b.startedAt)
        const { rerouted, refused, admitted, splits, cost } = replay(text, text, rows)
        expect([rerouted.calls, refused.calls, admitted.calls, splits]).toEqual([0, 0, 0, []])
        expect([cost.after - cost.before, cost.refused, cost.byRoute, cost.byTenant]).toEqual([0, 0, [], []])
      }),
      { numRuns: 60 },
    )
  })

  it('move as many as the weights say, and no more', () => {
    const after = base.replace('weight: 90', 'weight: 60').replace('weight: 10', 'weight: 40')
    const { rerouted, splits, cost } = replay(
      base,
      after,
      times(1000, () => ({})),
    )
    expect(rerouted.moves).toEqual([
      {
        from: { route: 'chat', target: 'sim/small' },
        to: { route: 'chat', target: 'sim/large' },
        calls: rerouted.calls,
        examples: [expect.any(String), expect.any(String), expect.any(String)],
      },
    ])
    expect(Math.abs(rerouted.calls - 300)).toBeLessThan(5)
    expect(splits).toHaveLength(1)
    // 1000 tokens in and 100 out: 1,200 micro-dollars on the small one, 12,000 on the large.
    expect(cost.after - cost.before).toBe(rerouted.calls * (12_000 - 1_200))
    expect(cost.byRoute).toMatchObject([{ name: 'chat', calls: 1000 }])
  })

  it('cost what their tools and their class of service do, where a price of those moves', () => {
    const before = base.replace(
      'own/small: { prices: [{ input: 1, output: 2 }] }',
      'own/small: { prices: [{ input: 1, output: 2, tools: { web_search: 0.01 }, services: { flex: 0.5 } }] }',
    )
    const after = before.replace('web_search: 0.01', 'web_search: 0.02')
    const rows = times(10, () => ({
      askedModel: 'small',
      rare: { toolCalls: { web_search: 3 }, serviceTier: 'flex' },
    }))
    const { cost } = replay(before, after, rows)
    // Half of 1,200, and three searches.
    expect([cost.before, cost.after]).toEqual([10 * (600 + 30_000), 10 * (600 + 60_000)])
  })

  it('keep whoever sticks where they are, but for those who must move', () => {
    const sticky = base.replace('  docs:', '    strategy: sticky\n  docs:')
    const after = sticky.replace('weight: 10', 'weight: 30')
    const rows = times(2000, (i) => ({ session: (i * 7919 + 13).toString(16).padStart(8, '0') }))
    const { rerouted } = replay(sticky, after, rows)
    expect(rerouted.moves.map((it) => [it.from.target, it.to.target])).toEqual([['sim/small', 'sim/large']])
    expect(Math.abs(rerouted.calls / 2000 - (0.25 - 0.1))).toBeLessThan(0.04)
  })

  it('say who is refused, why and how often, when a key goes', () => {
    const rows = times(30, (i) => ({ tenant: 'acme', key: i % 3 === 0 ? 'acme/ops' : 'acme/ci' }))
    const without = tenants.replace(/ {6}ops.*\n/, '')
    const { refused, cost } = replay(base + tenants, base + without, rows)
    expect(refused).toMatchObject({
      calls: 10,
      by: [{ code: 'identity.unknown_key', tenant: 'acme', key: 'acme/ops', model: 'chat', calls: 10 }],
    })
    expect(refused.by[0]?.lastAt).toBe(rows[27]?.startedAt)
    expect(cost.refused).toBeGreaterThan(0)
  })

  it('know a key again that was renamed, and not one whose secret is another', () => {
    const rows = times(4, () => ({ tenant: 'acme', key: 'acme/ops' }))
    const renamed = tenants.replace('ops:', 'operations:')
    expect(replay(base + tenants, base + renamed, rows).refused.calls).toBe(0)
    const rotated = tenants.replace(hashOf('b'), hashOf('c'))
    expect(replay(base + tenants, base + rotated, rows).refused.calls).toBe(4)
  })

  it('meet a lower limit at the times at which they came', () => {
    const rows = times(60, (i) => ({ tenant: 'acme', key: 'acme/ci', startedAt: nowMs - 60_000 + i * 100 }))
    const lower = tenants.replace('requests: 100', 'requests: 20')
    const { refused } = replay(base + tenants, base + lower, rows)
    // Twenty at once, and two more for the six seconds that they take in all.
    expect(refused).toMatchObject({ calls: 39, by: [{ code: 'policy.limit_reached', key: 'acme/ci' }] })
  })

  it('say what becomes dearer by a price alone', () => {
    const after = base.replace('{ input: 1, output: 2 }', '{ input: 2, output: 4 }')
    const rows = times(10, () => ({ askedModel: 'small', route: 'small' }))
    const { cost, rerouted } = replay(base, after, rows)
    expect(rerouted.calls).toBe(0)
    expect(cost).toMatchObject({ calls: 10, before: 12_000, after: 24_000, unpriced: 0 })
    expect(cost.examples[0]).toEqual({ call: expect.any(String), before: 1_200, after: 2_400 })
  })

  it('count what has no price under one of them', () => {
    const { cost } = replay(base, base.replace('catalogue: own/small', 'catalogue: own/none'), [
      row(),
      row({ inputTokens: null, outputTokens: null }),
    ])
    expect(cost).toMatchObject({ calls: 0, unpriced: 1 })
  })

  it('are not guessed at where a new rule asks what is not recorded', () => {
    const after = `${base}    rules: [{ when: 'headers["x-tier"] == "gold"', targets: [{ model: small }] }]\n`
    const rows = [
      row({ askedModel: 'docs' }),
      row({ askedModel: 'docs', asked: { headers: { 'x-tier': 'gold' } } }),
      row(),
    ]
    const { replayed, notReplayed, rerouted } = replay(base, after, rows)
    expect(replayed).toBe(2)
    expect(notReplayed).toEqual([
      { reason: 'not_recorded', calls: 1, text: expect.stringContaining('headers["x-tier"]') },
    ])
    expect(rerouted.calls).toBe(1)
  })

  it('are left out when nobody was recognised, or nothing was asked', () => {
    const rows = [
      row({ error: 'identity.unknown_key', status: 401, route: null, askedModel: null }),
      row({ route: null, askedModel: null, status: 400, error: 'request.not_json' }),
      row(),
    ]
    const { calls, replayed, notReplayed } = replay(base + tenants, base + tenants, rows)
    expect([calls, replayed, notReplayed.map((it) => [it.reason, it.calls])]).toEqual([
      3,
      1,
      [
        ['no_caller', 1],
        ['no_model', 1],
      ],
    ])
  })

  it('say that records from before have only the name of a route', () => {
    const { replayed, notes } = replay(base, base, [row({ askedModel: null, endpoint: null })])
    expect([replayed, notes]).toEqual([1, [expect.stringContaining('1 call')]])
  })

  it('are refused by a prompt that wants what they do not send', () => {
    const prompt = (text: string, variables: string) =>
      `${base}    context: help@^1\ncontexts:\n  help@1.0.0: { prompt: "${text}", variables: ${variables} }\n`
    const [before, after] = [prompt('Help.', '{}'), prompt('Help {{name}}.', '{ name: {} }')]
    const rows = [row({ askedModel: 'docs', context: 'help@1.0.0' })]
    expect(replay(before, after, rows).refused).toMatchObject({
      calls: 1,
      by: [{ code: 'contexts.variable' }],
    })
  })
})

describe('replayed calls of callers who came by tokens', () => {
  const entry = (more = '') =>
    `      issuer: https://id.example.com\n      audience: changeover\n${more === '' ? '      tenant: acme' : more}\n`
  const tokens = (name: string, more = '') =>
    `${base}access:\n  tokens:\n    ${name}:\n${entry(more)}${tenants}`
  const byToken = (count: number) =>
    times(count, () => ({ tenant: 'acme', key: 'acme/staff:ann@example.com' }))
  const outcome = (before: string, after: string, rows = byToken(4)) => {
    const { replayed, refused, notReplayed } = replay(before, after, rows)
    return [
      replayed,
      refused.by.map((it) => [it.code, it.calls]),
      notReplayed.map((it) => [it.reason, it.calls]),
    ]
  }

  it('are known by issuer and audience, whatever the entry is called', () => {
    expect(outcome(tokens('staff'), tokens('staff'))).toEqual([4, [], []])
    expect(outcome(tokens('staff'), tokens('people'))).toEqual([4, [], []])
  })

  it('are refused by whoever takes no such tokens any more, and by the rules of their tenant', () => {
    const gone = [4, [['identity.token_refused', 4]], []]
    expect(outcome(tokens('staff'), base + tenants)).toEqual(gone)
    expect(
      outcome(tokens('staff'), tokens('staff').replace('audience: changeover', 'audience: other')),
    ).toEqual(gone)
    const off = tokens('staff').replace('    limit: default', '    enabled: false')
    expect(outcome(tokens('staff'), off)).toEqual([4, [['identity.disabled', 4]], []])
    const narrow = tokens('staff').replace('    limit: default', '    allow: [docs]')
    expect(outcome(tokens('staff'), narrow)).toEqual([4, [['identity.not_allowed', 4]], []])
    const elsewhere = tokens('staff', '      tenant: nobody')
    expect(outcome(tokens('staff'), elsewhere)).toEqual([4, [['identity.no_tenant', 4]], []])
  })

  it('meet the limit of their tenant', () => {
    const lower = tokens('staff').replace('requests: 100', 'requests: 2')
    expect(outcome(tokens('staff'), lower, byToken(6))).toEqual([6, [['policy.limit_reached', 4]], []])
  })

  it.each([
    ['another key', '      tenant: acme\n      jwks: https://id.example.com/keys'],
    ['a claim for the team', '      tenant: acme\n      teamClaim: team'],
    ['a claim for routes', '      tenant: acme\n      allowClaim: routes'],
    ['another claim for the tenant', '      tenantClaim: org'],
    ['another claim for the name', '      tenant: acme\n      nameClaim: email'],
  ])('are not guessed at where their records do not say enough: %s', (_, more) => {
    expect(outcome(tokens('staff'), tokens('staff', more))).toEqual([0, [], [['token_claims', 4]]])
  })

  const named = '      tenant: acme\n      teamClaim: team\n      allowClaim: may'
  const teams = (...lines: string[]) =>
    tokens('staff', named).replace(
      '    limit: default',
      `    limit: default\n    teams:\n${lines.join('\n')}`,
    )
  const red = '      red: { allow: [chat, docs] }'
  const blue = '      blue: { allow: [docs] }'
  const inTeam = (team: string | null, allow: readonly string[]) =>
    byToken(4).map((it) => ({ ...it, asked: { claims: { team, allow } } }))

  it('are placed in the team that their token named, and may what it allowed', () => {
    const before = teams(red, blue)
    expect(outcome(before, before, inTeam('red', ['chat']))).toEqual([4, [], []])
    // Neither is refused anew: they were refused before.
    expect(outcome(before, before, inTeam('blue', ['chat']))).toEqual([4, [], []])
    const narrow = teams('      red: { allow: [docs] }', blue)
    expect(outcome(before, narrow, inTeam('red', ['chat']))).toEqual([4, [['identity.not_allowed', 4]], []])
    expect(outcome(before, narrow, inTeam(null, ['chat']))).toEqual([4, [], []])
    const off = teams('      red: { enabled: false }', blue)
    expect(outcome(before, off, inTeam('red', ['chat']))).toEqual([4, [['identity.disabled', 4]], []])
    expect(outcome(before, teams(blue), inTeam('red', ['chat']))).toEqual([
      4,
      [['identity.no_tenant', 4]],
      [],
    ])
    const wide = teams(red, '      blue: {}')
    const { admitted } = replay(before, wide, inTeam('blue', ['chat']))
    expect(admitted.by.map((it) => [it.code, it.calls])).toEqual([['identity.not_allowed', 4]])
    const { admitted: none } = replay(before, wide, inTeam('blue', ['docs']))
    expect(none.calls).toBe(0)
  })

  it('are replayed where a version reads less of their tokens, and not where it reads another claim', () => {
    const before = teams(red)
    const asked = inTeam('red', ['chat'])
    const less = before.replace('      teamClaim: team\n', '').replace('      allowClaim: may\n', '')
    expect(outcome(before, less, asked)).toEqual([4, [], []])
    for (const [from, to] of [
      ['teamClaim: team', 'teamClaim: group'],
      ['allowClaim: may', 'allowClaim: models'],
    ] as const)
      expect(outcome(before, before.replace(from, to), asked)).toEqual([0, [], [['token_claims', 4]]])
    // In records from before it was kept, and where a token allowed too much to keep.
    expect(outcome(before, before)).toEqual([0, [], [['token_claims', 4]]])
    const { notReplayed } = replay(
      before,
      before,
      byToken(1).map((it) => ({ ...it, asked: { claims: { team: null } } })),
    )
    expect(notReplayed).toMatchObject([{ text: expect.stringContaining('the routes that tokens allow') }])
  })

  it('are told of where nobody was recognised by a token, whatever is declared now', () => {
    const refusedBefore = times(3, () => ({ error: 'identity.token_refused', status: 401 }))
    const { notReplayed } = replay(base + tenants, tokens('staff'), refusedBefore)
    expect(notReplayed).toEqual([
      { reason: 'no_token', calls: 3, text: expect.stringContaining('newly declared kind of token') },
    ])
  })
})
