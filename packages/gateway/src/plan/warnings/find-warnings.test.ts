/** Each warning: when it comes, with which numbers, and that it does not come otherwise. */
import { readFileSync } from 'node:fs'
import { changes } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import type { ReplayRow } from '../../calls/replay-rows.ts'
import { factsOf, mostAtOnce, peakOf } from '../facts.ts'
import { WARNING_CODES, type WarningCode } from '../look.ts'
import { base, hashOf, row, tenants, tree } from '../test-rows.ts'
import { findWarnings } from './find-warnings.ts'

const nowMs = Date.UTC(2026, 10, 21, 13)

function warnings(before: string, after: string, rows: readonly ReplayRow[] = []) {
  const [was, now] = [tree(before), tree(after)]
  const changed = changes(was, now).map((it) => it.pointer)
  return findWarnings({ before: was, after: now, changed, shipped: {}, nowMs, facts: factsOf(rows) })
}

const times = (count: number, make: (i: number) => Partial<ReplayRow> = () => ({})) =>
  Array.from({ length: count }, (_, i) => row(make(i)))

const byKey = { tenant: 'acme', key: 'acme/ci' }
const withPrompt = (text: string, variables = '{}') =>
  `${base}    context: help@^1\ncontexts:\n  help@1.0.0: { prompt: "${text}", variables: ${variables} }\n`
const twice = (text: string, variables: string) =>
  withPrompt('Help.').replace(
    'help@1.0.0:',
    `help@1.1.0: { prompt: "${text}", variables: ${variables} }\n  help@1.0.0:`,
  )
const vllm = (more: string) =>
  base.replace('{ kind: simulated }', `{ kind: vllm, baseUrl: "http://a:1"${more} }`)
const openai = (more: string) => base.replace('{ kind: simulated }', `{ kind: openai${more} }`)
const timeouts = (text: string) => `${base}    timeouts: ${text}\n`
const rules = (...whens: string[]) =>
  `${base}    rules:\n${whens.map((it) => `      - { when: '${it}', targets: [{ model: small }] }\n`).join('')}`

const budgets = (monthly: string, more = '') =>
  `${base}tenants:\n  acme:\n    budgets: [monthly]${more}\nbudgets:\n  monthly: { usd: 10, ${monthly} }\n  daily: { usd: 1, period: day }\n`

const corp = (issuer: string) =>
  `access: { oidc: { corp: { issuer: "${issuer}", audience: x, roles: { ops: [operator] } } } }\n`

const inAMinute = (count: number, make: (i: number) => Partial<ReplayRow>) =>
  times(count, (i) => ({ ...make(i), startedAt: nowMs - 3_600_000 + 1 + Math.floor((i * 60_000) / count) }))
/** Settings in which `tenant`, and both of its keys, say more; what one of them says may name the limit `default`. */
const counted = (tenant: string, limit = 'requests: 100', key = '') =>
  `${base}tenants:\n  acme:\n    keys:\n${['a', 'b']
    .map(
      (it, i) =>
        `      ${i === 0 ? 'ci' : 'ops'}: { hash: "${hashOf(it)}"${key === '' ? '' : `, ${key}`} }\n`,
    )
    .join('')}${tenant === '' ? '' : `    ${tenant}\n`}limits:\n  default: { ${limit}, perMs: 60000 }\n`

interface Case {
  readonly what: string
  readonly before: string
  readonly after: string
  readonly rows?: readonly ReplayRow[]
  readonly code: WarningCode
  readonly pointer: string
  readonly numbers: Readonly<Record<string, number>>
}

const cases: readonly Case[] = [
  {
    what: 'a route that goes and had callers',
    before: base,
    after: base.replace(/ {2}docs:\n.*\n/, ''),
    rows: [...times(5, () => ({ askedModel: 'docs' })), row()],
    code: 'plan.removed_in_use',
    pointer: '/routes/docs',
    numbers: { calls: 5 },
  },
  {
    what: 'an alias that goes',
    before: `${base}    aliases: [manual]\n`,
    after: base,
    rows: times(2, () => ({ askedModel: 'manual', route: 'docs' })),
    code: 'plan.removed_in_use',
    pointer: '/routes/docs',
    numbers: { calls: 2 },
  },
  {
    what: 'a model that was called by its own name',
    before: base.replace('  large:', '  spare: { provider: sim }\n  large:'),
    after: base,
    rows: [row({ askedModel: 'spare' })],
    code: 'plan.removed_in_use',
    pointer: '/models/spare',
    numbers: { calls: 1 },
  },
  {
    what: 'a tenant that goes',
    before: base + tenants,
    after: (base + tenants)
      .replace('acme:', 'globex:')
      .replaceAll(hashOf('a'), hashOf('e'))
      .replaceAll(hashOf('b'), hashOf('f')),
    rows: times(4, () => byKey),
    code: 'plan.removed_in_use',
    pointer: '/tenants/acme',
    numbers: { calls: 4 },
  },
  {
    what: 'a key whose secret is replaced',
    before: base + tenants,
    after: (base + tenants).replace(hashOf('a'), hashOf('c')),
    rows: times(3, () => byKey),
    code: 'plan.removed_in_use',
    pointer: '/tenants/acme/keys/ci',
    numbers: { calls: 3 },
  },
  {
    what: 'a key that is switched off',
    before: base + tenants,
    after: (base + tenants).replace(`hash: "${hashOf('a')}"`, `hash: "${hashOf('a')}", enabled: false`),
    rows: times(2, () => byKey),
    code: 'plan.removed_in_use',
    pointer: '/tenants/acme/keys/ci',
    numbers: { calls: 2 },
  },
  {
    what: 'a limit below what came in an hour',
    before: base + tenants,
    after: (base + tenants).replace('requests: 100', 'requests: 20'),
    rows: times(50, (i) => ({ ...byKey, startedAt: nowMs - 60_000 + i * 1000 })),
    code: 'plan.limit_below_peak',
    pointer: '/limits/default/requests',
    numbers: { limit: 20, peak: 50, perMs: 60_000 },
  },
  {
    what: 'a limit of a tenant below what its keys asked for together',
    before: counted('limits: [default]'),
    after: counted('limits: [default]', 'requests: 20'),
    rows: inAMinute(30, (i) => ({ ...byKey, key: i % 2 === 0 ? 'acme/ci' : 'acme/ops' })),
    code: 'plan.limit_below_peak',
    pointer: '/limits/default/requests',
    numbers: { limit: 20, peak: 30, perMs: 60_000 },
  },
  {
    what: 'a limit of a team, which had none, below what its keys asked for together',
    before: counted('teams: { lab: {} }', 'requests: 20', 'team: lab'),
    after: counted('teams: { lab: { limits: [default] } }', 'requests: 20', 'team: lab'),
    rows: inAMinute(90, (i) => ({ ...byKey, key: ['acme/ci', 'acme/ops', 'acme/other'][i % 3] ?? '' })),
    code: 'plan.limit_below_peak',
    pointer: '/tenants/acme',
    numbers: { limit: 20, peak: 60, perMs: 60_000 },
  },
  {
    what: 'a limit beside the others of a key',
    before: counted('', 'requests: 20'),
    after: counted('', 'requests: 20', 'limits: [default]'),
    rows: inAMinute(30, () => byKey),
    code: 'plan.limit_below_peak',
    pointer: '/tenants/acme',
    numbers: { limit: 20, peak: 30, perMs: 60_000 },
  },
  {
    what: 'a limit of tokens below those of an hour',
    before: counted('limits: [default]'),
    after: counted('limits: [default]', 'tokens: 5000'),
    rows: inAMinute(10, () => byKey),
    code: 'plan.limit_below_peak',
    pointer: '/limits/default/tokens',
    numbers: { limit: 5000, peak: 11_000, perMs: 60_000 },
  },
  {
    what: 'a limit of calls at the same time below those of an hour',
    before: counted('limits: [default]'),
    after: counted('limits: [default]', 'concurrent: 2'),
    rows: inAMinute(10, () => ({ ...byKey, durationMs: 20_000 })),
    code: 'plan.limit_below_peak',
    pointer: '/limits/default/concurrent',
    numbers: { limit: 2, peak: 4 },
  },
  {
    what: 'a prompt that needs a variable which nobody sends',
    before: withPrompt('Help.'),
    after: twice('Help {{name}}.', '{ name: {} }'),
    rows: times(6, () => ({ route: 'docs', context: 'help@1.0.0' })),
    code: 'plan.variable_required',
    pointer: '/contexts/help@1.1.0/variables/name',
    numbers: { calls: 6, sending: 0 },
  },
  {
    what: 'a variable with a default that nobody sends',
    before: withPrompt('Help.'),
    after: twice('Help {{tone}}.', '{ tone: { default: kindly } }'),
    rows: times(6, () => ({ route: 'docs', context: 'help@1.0.0' })),
    code: 'plan.variable_unsent',
    pointer: '/contexts/help@1.1.0/variables/tone',
    numbers: { calls: 6, sending: 0 },
  },
  {
    what: 'a provider that loses its credential',
    before: openai(', credential: "${env:KEY}"'),
    after: openai(''),
    code: 'plan.no_credential',
    pointer: '/providers/sim',
    numbers: {},
  },
  {
    what: 'an address that nobody has called',
    before: vllm(''),
    after: vllm('').replace('http://a:1', 'http://elsewhere:1'),
    code: 'plan.new_host',
    pointer: '/providers/sim/baseUrl',
    numbers: {},
  },
  {
    what: 'a price with its point in another place',
    before: base,
    after: base.replace('{ input: 1, output: 2 }', '{ input: 10, output: 2 }'),
    rows: times(7),
    code: 'plan.price_moved',
    pointer: '/catalogue/own~1small',
    numbers: { calls: 7, inputBefore: 1, inputAfter: 10, outputBefore: 2, outputAfter: 2 },
  },
  {
    what: 'a model that loses its price',
    before: base,
    after: base.replace('catalogue: own/small', 'catalogue: own/none'),
    code: 'plan.no_price',
    pointer: '/models/small',
    numbers: { calls: 0 },
  },
  {
    what: 'a rule behind one that says the same',
    before: base,
    after: rules('tokens > 5', 'stream', 'tokens > 5'),
    code: 'plan.rule_never',
    pointer: '/routes/docs/rules/2/when',
    numbers: {},
  },
  {
    what: 'a rule behind one that always holds',
    before: base,
    after: rules('true', 'stream'),
    code: 'plan.rule_never',
    pointer: '/routes/docs/rules/1/when',
    numbers: {},
  },
  {
    what: 'a model that may be sent sensitive data',
    before: base,
    after: base.replace('small: { provider: sim,', 'small: { sensitive: true, provider: sim,'),
    code: 'plan.sensitive_widened',
    pointer: '/models/small/sensitive',
    numbers: {},
  },
  {
    what: 'a time that one in a hundred does not keep',
    before: base,
    after: timeouts('{ firstTokenMs: 250 }'),
    rows: times(200, (i) => ({ route: 'docs', firstTokenMs: i < 190 ? 100 : 400 })),
    code: 'plan.timeout_below_p99',
    pointer: '/routes/docs/timeouts/firstTokenMs',
    numbers: { timeoutMs: 250, p99Ms: 400, calls: 200 },
  },
  {
    what: 'most of a route for a target that was never asked',
    before: base,
    after: base.replace('weight: 90', 'weight: 20').replace('weight: 10', 'weight: 80'),
    rows: times(9),
    code: 'plan.untested_target',
    pointer: '/routes/chat/targets/1',
    numbers: { shareBefore: 0.1, shareAfter: 0.8, calls: 0 },
  },
  {
    what: 'a door that opens',
    before: `${base}access: { callers: known }\n`,
    after: `${base}access: { callers: anyone }\n`,
    code: 'plan.access_opened',
    pointer: '/access/callers',
    numbers: {},
  },
  {
    what: 'a door that opens because the last tenant goes, as a rollback may do',
    before: base + tenants,
    after: base,
    code: 'plan.access_opened',
    pointer: '/tenants',
    numbers: {},
  },
  {
    what: 'somebody new who may use the admin API',
    before: base,
    after: `${base}access: { people: { bo: { roles: [viewer] } } }\n`,
    code: 'plan.admin_widened',
    pointer: '/access/people/bo',
    numbers: {},
  },
  {
    what: 'a role that is bound to one tenant no longer',
    before: `${base}access: { people: { bo: { roles: [own] } }, roles: { own: { may: [change], tenants: [acme] } } }\n`,
    after: `${base}access: { people: { bo: { roles: [own] } }, roles: { own: { may: [change] } } }\n`,
    code: 'plan.admin_widened',
    pointer: '/access/people/bo',
    numbers: {},
  },
  {
    what: 'groups that somebody else vouches for',
    before: base + corp('https://id.example'),
    after: base + corp('https://other.example'),
    code: 'plan.admin_widened',
    pointer: '/access/oidc/corp/roles/ops',
    numbers: {},
  },
  {
    what: 'fewer people who have to agree',
    before: `${base}access: { approvals: { prompts: { count: 2 } } }\n`,
    after: `${base}access: { approvals: { prompts: {} } }\n`,
    code: 'plan.approvals_fewer',
    pointer: '/access/approvals/prompts',
    numbers: { before: 2, after: 1 },
  },
  {
    what: 'a budget that goes by another calendar',
    before: budgets('period: month'),
    after: budgets('period: month, timeZone: Europe/Berlin'),
    code: 'plan.counts_anew',
    pointer: '/budgets/monthly/timeZone',
    numbers: { counts: 1 },
  },
  {
    what: 'a budget of another period, at every level that counts by it',
    before: budgets('period: month', '\n    teams: { a: { budgets: [monthly] } }'),
    after: budgets('period: day', '\n    teams: { a: { budgets: [monthly] } }'),
    code: 'plan.counts_anew',
    pointer: '/budgets/monthly/period',
    numbers: { counts: 2 },
  },
  {
    what: 'a tenant that goes over to a budget of another period',
    before: budgets('period: month'),
    after: budgets('period: month').replace('[monthly]', '[daily]'),
    code: 'plan.counts_anew',
    pointer: '/tenants',
    numbers: { counts: 1 },
  },
  {
    what: 'another store of counts',
    before: `${budgets('period: month')}counters: { store: { redis: { url: "redis://a:1" } } }\n`,
    after: `${budgets('period: month')}counters: { store: { redis: { url: "redis://b:1" } } }\n`,
    code: 'plan.counts_anew',
    pointer: '/counters/store',
    numbers: { counts: 1 },
  },
  {
    what: 'a store of counts where there was none',
    before: budgets('period: month'),
    after: `${budgets('period: month')}counters: { store: { redis: { url: "redis://b:1" } } }\n`,
    code: 'plan.counts_anew',
    pointer: '/counters/store',
    numbers: { counts: 1 },
  },
]

describe('a plan warns of', () => {
  it.each(cases)('$what', ({ before, after, rows, code, pointer, numbers }) => {
    const found = warnings(before, after, rows)
    expect(found.map((it) => [it.code, it.pointer])).toEqual([[code, pointer]])
    expect(found[0]?.numbers).toMatchObject(numbers)
    expect(found[0]?.text.length).toBeGreaterThan(20)
  })

  it('more for one who could do some of it, in other words than of one who could not', () => {
    const bo = (roles: string, may: string) =>
      `${base}access: { people: { bo: { roles: [${roles}] } }, roles: { own: { ${may} } } }\n`
    const texts = (before: string, after: string) => warnings(before, after).map((it) => it.text)
    expect(texts(bo('viewer', 'may: [plan]'), bo('viewer, own', 'may: [plan]'))).toEqual([
      'bo may plan by the admin API from now on',
    ])
    expect(texts(bo('own', 'may: [change], tenants: [acme]'), bo('own', 'may: [change]'))).toEqual([
      'bo may change by the admin API more widely than before',
    ])
  })

  it('each thing that has a code', () => {
    expect(WARNING_CODES.filter((code) => !cases.some((it) => it.code === code))).toEqual([])
  })

  it('nothing that the guide does not know', () => {
    const guide = readFileSync(new URL('../../../../../docs/guide/plan.md', import.meta.url), 'utf8')
    const listed = [...guide.matchAll(/^\| `(plan\.\w+)` \|/gm)].map(([, code]) => code)
    expect(listed).toEqual([...WARNING_CODES])
  })
})

describe('a plan does not warn of', () => {
  const rows = times(200, () => byKey)
  const quiet: readonly (readonly [
    what: string,
    before: string,
    after: string,
    rows?: readonly ReplayRow[],
  ])[] = [
    ['nothing', base, base, rows],
    ['a route that nobody used', base, base.replace(/ {2}docs:\n.*\n/, ''), rows],
    ['a key that was renamed', base + tenants, (base + tenants).replace('ci:', 'build:'), rows],
    [
      'a key that is replaced and works on',
      base + tenants,
      (base + tenants).replace(
        `hash: "${hashOf('a')}"`,
        `hash: "${hashOf('c')}", previous: [{ hash: "${hashOf('a')}", expires: "2099-01-01T00:00:00Z" }]`,
      ),
      rows,
    ],
    [
      'a limit above the peak',
      base + tenants,
      (base + tenants).replace('requests: 100', 'requests: 90'),
      times(50, () => byKey),
    ],
    [
      'a variable that all callers send already',
      withPrompt('Help.'),
      twice('Help {{name}}.', '{ name: {} }'),
      times(3, () => ({ context: 'help@1.0.0', asked: { variables: ['name'] } })),
    ],
    [
      'a price that changes by a tenth',
      base,
      base.replace('{ input: 1, output: 2 }', '{ input: 1.1, output: 2 }'),
      rows,
    ],
    [
      'a budget of other numbers',
      budgets('period: month'),
      budgets('period: month, warnAt: 0.5').replace('usd: 10', 'usd: 2'),
    ],
    [
      'a tenant that goes over to another budget of the same period',
      budgets('period: day'),
      budgets('period: day').replace('[monthly]', '[daily]'),
    ],
    [
      'a budget that nobody counts by',
      budgets('period: month'),
      budgets('period: month').replace('period: day', 'period: week'),
    ],
    [
      'a store where nothing is counted',
      base,
      `${base}counters: { store: { redis: { url: "redis://b:1" } } }\n`,
    ],
    ['rules that can all decide', base, rules('tokens > 5', 'stream'), rows],
    [
      'a time that is longer than answers take',
      timeouts('{ totalMs: 9000 }'),
      timeouts('{ totalMs: 5000 }'),
      times(200, () => ({ route: 'docs' })),
    ],
    [
      'a target that was asked before',
      base,
      base.replace('weight: 10', 'weight: 900'),
      times(2, () => ({ target: 'sim/large' })),
    ],
    [
      'a provider of one’s own without a credential',
      base,
      vllm('')
        .replace('http://a:1', 'http://127.0.0.1:1')
        .replace('vllm, baseUrl: "http://127.0.0.1:1"', 'simulated'),
      rows,
    ],
  ]

  it.each(quiet.map(([what, before, after, recorded = []]) => ({ what, before, after, recorded })))(
    '$what',
    ({ before, after, recorded }) => {
      expect(warnings(before, after, recorded)).toEqual([])
    },
  )
})

describe('the peak', () => {
  const at = (...times: number[]) => times.map((startedAt) => ({ startedAt }))

  it('is the most in any span, whose end does not count', () => {
    expect(peakOf(at(), 10)).toBe(0)
    expect(peakOf(at(0, 5, 9, 10, 11, 40), 10)).toBe(4)
    expect(peakOf(at(0, 10, 20), 10)).toBe(1)
    expect(peakOf(at(0, 5, 9, 10, 11, 40), 10, (it) => it.startedAt)).toBe(40)
  })

  it('at the same time is that of calls of which none was over', () => {
    const lasting = (durationMs: number, ...starts: number[]) =>
      at(...starts).map((it) => ({ ...it, durationMs }))
    expect(mostAtOnce([])).toBe(0)
    expect(mostAtOnce(lasting(10, 0, 10, 20))).toBe(1)
    expect(mostAtOnce(lasting(10, 0, 5, 9, 10, 11))).toBe(4)
    expect(mostAtOnce([...lasting(100, 0), ...lasting(1, 5, 7, 9)])).toBe(2)
  })
})
