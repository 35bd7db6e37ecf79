/** What people are told of a change: one sentence for each thing that changed, and no secret. */
import { changes, type SettingsTree } from '@changeover/reload'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base, hashOf, tenants, tree } from '../test-rows.ts'
import { describeChanges } from './describe-changes.ts'

const say = (before: string, after: string): string[] =>
  describeChanges(tree(before), tree(after)).map((it) => it.text)

const prompt = (version: string, text: string, variables = '{}') =>
  `contexts:\n  support@${version}: { prompt: ${JSON.stringify(text)}, variables: ${variables} }\n`
const lines = (count: number, word: string) =>
  Array.from({ length: count }, (_, i) => `${word} ${i}`).join('\n')

describe('a change in words', () => {
  const cases: readonly (readonly [what: string, before: string, after: string, said: readonly string[]])[] =
    [
      [
        'a weight',
        base,
        base.replace('weight: 90', 'weight: 30'),
        ['route chat: small gets 75 % instead of 90 %, large gets 25 % instead of 10 %'],
      ],
      [
        'another target',
        base,
        base.replace('model: large, weight: 10', 'model: small, weight: 10'),
        ['route chat: small gets 100 % instead of 90 %, large gets nothing any more'],
      ],
      [
        'a route that comes',
        base,
        `${base}  fast: { targets: [{ model: small }] }\n`,
        ['route fast is added: small 100 %'],
      ],
      ['a route that goes', base, base.replace(/ {2}docs:\n.*\n/, ''), ['route docs is removed']],
      [
        'fallbacks, strategy and times',
        base,
        `${base}    fallback: [small]\n    strategy: cost\n    timeouts: { firstTokenMs: 500 }\n`,
        [
          'route docs: falls back to small',
          'route docs: chooses by cost instead of by weight',
          'route docs: waits 500 ms instead of as by default for the first token',
        ],
      ],
      [
        'a rule',
        base,
        `${base}    rules: [{ when: tokens > 8000, route: chat }]\n`,
        ['route docs: rule "tokens > 8000" (to route chat) is new'],
      ],
      [
        'a setting that has no sentence of its own',
        base,
        `${base}    hedge: { afterMs: 1500 }\n`,
        ['route docs: hedge afterMs is 1500 ms, and was not set'],
      ],
      [
        'a limit',
        base + tenants,
        base + tenants.replace('requests: 100', 'requests: 20'),
        ['limit default: 100 → 20 requests a minute'],
      ],
      [
        'a limit of tokens, and a budget',
        base,
        `${base}limits:\n  tpm: { tokens: 4000, perMs: 60000, concurrent: 5 }\nbudgets:\n  b: { usd: 10, period: month }\n`,
        [
          'limit tpm is added: 4000 tokens a minute; 5 at once',
          'budget b: usd is 10, and was not set',
          'budget b: period is month, and was not set',
        ],
      ],
      [
        'a key that goes, and one that comes',
        base + tenants,
        base + tenants.replace(/ops:.*/, `qa: { hash: "${hashOf('d')}", expires: "2027-01-01T00:00:00Z" }`),
        ['key qa of tenant acme is added, until 2027-01-01T00:00:00Z', 'key ops of tenant acme is removed'],
      ],
      [
        'a key with another secret',
        base + tenants,
        base + tenants.replace(hashOf('b'), hashOf('c')),
        ['key ops of tenant acme has another secret: the one in use stops working'],
      ],
      [
        'a key that is replaced and works on',
        base + tenants,
        base +
          tenants.replace(
            `hash: "${hashOf('b')}"`,
            `hash: "${hashOf('c')}", previous: [{ hash: "${hashOf('b')}", expires: "2027-01-01T00:00:00Z" }]`,
          ),
        ['key ops of tenant acme has another secret: the one in use works until 2027-01-01T00:00:00Z'],
      ],
      [
        'a key that is switched off',
        base + tenants,
        base + tenants.replace(`hash: "${hashOf('b')}"`, `hash: "${hashOf('b')}", enabled: false`),
        ['key ops of tenant acme is switched off: its calls are refused'],
      ],
      [
        'what a tenant may call',
        base + tenants,
        base + tenants.replace('limit: default\n', 'limit: default\n    allow: [chat]\n'),
        ['tenant acme may call only chat, and not everything'],
      ],
      [
        'a whole section',
        base,
        base + tenants,
        ['tenant acme is added with keys ci, ops', 'limit default is added: 100 requests a minute'],
      ],
      [
        'a prompt',
        base + prompt('2.0.0', lines(12, 'old')),
        `${base}${prompt('2.0.0', lines(12, 'old'))}  support@2.1.0: { prompt: ${JSON.stringify(`${lines(11, 'new')}\n{{name}}`)}, variables: { name: {} } }\n`,
        [
          'context support@2.1.0 is added; since support@2.0.0: prompt changed (12 lines, variable {{name}} new)',
        ],
      ],
      [
        'a price',
        base,
        base.replace('{ input: 1, output: 2 }', '{ input: 3, output: 2 }'),
        ['the price of own/small: input $3 instead of $1 a million tokens'],
      ],
      [
        'where a provider is, and by which credential',
        base.replace(
          'sim: { kind: simulated }',
          'sim: { kind: vllm, baseUrl: "http://a:1", credential: "${env:OLD_NAME}" }',
        ),
        base.replace(
          'sim: { kind: simulated }',
          'sim: { kind: vllm, baseUrl: "http://b:1", credential: "${env:NEW_NAME}" }',
        ),
        [
          'provider sim is asked at http://b:1 instead of http://a:1',
          'provider sim is asked with another credential',
        ],
      ],
      [
        'telemetry',
        base,
        `${base}telemetry:\n  logs: { level: debug }\n  traces: { ratio: 0.5 }\n`,
        [
          'telemetry logs: level is debug, and was not set',
          'telemetry traces: ratio is 0.5, and was not set',
        ],
      ],
      [
        'a part of telemetry',
        `${base}telemetry:\n  logs: { level: info }\n`,
        `${base}telemetry:\n  logs: { level: debug }\n`,
        ['telemetry logs: level is debug instead of info'],
      ],
      [
        'who may change what, and whose word it takes',
        `${base}access:\n  people: { bo: { roles: [viewer] }, al: { roles: [owner] } }\n  approvals: { prompts: { count: 2 }, routes: {} }\n`,
        `${base}access:\n  people: { bo: { roles: [publisher] }, cy: { roles: [viewer] } }\n  approvals: { prompts: {} }\n`,
        [
          'changes of prompts need the word of 1 other person instead of 2 other people',
          'nobody has to agree to changes of routes any more',
          'bo is publisher instead of viewer',
          'cy may use the admin API, as viewer',
          'al may not use the admin API any more',
        ],
      ],
      [
        'who may call',
        `${base}access: { callers: known }\n`,
        `${base}access: { callers: anyone }\n`,
        ['whoever reaches the port may call; no key is asked for'],
      ],
    ]

  it.each(cases)('of %s', (_, before, after, said) => {
    expect(say(before, after)).toEqual(said)
  })

  it('is nothing where nothing differs', () => {
    expect(say(base, base)).toEqual([])
  })

  it('tells every difference once, and holds no secret, whatever changes', () => {
    const headers = fc.dictionary(
      fc.constantFrom('x-api-key', 'authorization'),
      fc.constant('s3cr3t-value'),
      { maxKeys: 2 },
    )
    const entry = fc.record(
      {
        targets: fc.array(fc.record({ model: fc.constantFrom('a', 'b'), weight: fc.nat(9) }), {
          maxLength: 3,
        }),
        rules: fc.array(fc.record({ when: fc.constantFrom('true', 'stream') }), { maxLength: 2 }),
        context: fc.constantFrom('x@^1', 'x@^2'),
        requests: fc.nat(9),
        keys: fc.dictionary(
          fc.constantFrom('ci', 'ops'),
          fc.record({ hash: fc.constantFrom('sha256:s3cr3t1', 'sha256:s3cr3t2') }),
        ),
        headers,
      },
      { requiredKeys: [] },
    )
    const section = fc.dictionary(fc.constantFrom('one', 'two'), entry, { maxKeys: 2 })
    const anyTree = fc.dictionary(
      fc.constantFrom(
        'routes',
        'tenants',
        'limits',
        'contexts',
        'models',
        'catalogue',
        'providers',
        'telemetry',
      ),
      section,
      { maxKeys: 4 },
    )
    fc.assert(
      fc.property(anyTree, anyTree, (first, second) => {
        const [before, after] = [first, second] as unknown as [SettingsTree, SettingsTree]
        const told = describeChanges(before, after)
        const pointers = new Set(told.flatMap((it) => it.pointers))
        // A section that came or went as a whole is told by its entries.
        const expected = changes(before, after).filter((it) => it.pointer.split('/').length > 2)
        const isTold = (at: string) => [...pointers].some((it) => it === at || it.startsWith(`${at}/`))
        expect(expected.filter((it) => !isTold(it.pointer))).toEqual([])
        expect(JSON.stringify(told.map((it) => it.text))).not.toContain('s3cr3t')
      }),
      { numRuns: 300 },
    )
  })
})
