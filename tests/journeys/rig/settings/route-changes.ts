/** How each setting of a route is seen to change under load. One entry a setting. */
import type { Tree } from '../settings-text.ts'
import type { Seen, SettingChange } from './world.ts'

const both = [{ model: 'a' }, { model: 'b' }]
const ranked = [
  { model: 'a', priority: 0 },
  { model: 'b', priority: 1 },
]
const onlyA = { targets: [{ model: 'a' }] }
const onlyB = { targets: [{ model: 'b' }] }

const by = async (seen: Seen, orders = '', headers: Readonly<Record<string, string>> = {}) =>
  (await seen.ask(orders, { headers })).by
const status = async (seen: Seen, orders = '', headers: Readonly<Record<string, string>> = {}) =>
  (await seen.ask(orders, { headers })).status

export const targetChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/targets',
    effect: 'the next request goes to the new targets',
    from: { route: onlyA },
    to: { route: { targets: both } },
    see: (seen) => seen.answerers(30),
    was: ['a'],
    becomes: ['a', 'b'],
  },
  {
    setting: '/routes/*/targets/#/model',
    effect: 'the next request goes to the other model',
    from: { route: onlyA },
    to: { route: onlyB },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/targets/#/weight',
    effect: 'the next requests are shared by the new weights',
    from: {
      route: {
        targets: [
          { model: 'a', weight: 1 },
          { model: 'b', weight: 0 },
        ],
      },
    },
    to: {
      route: {
        targets: [
          { model: 'a', weight: 0 },
          { model: 'b', weight: 1 },
        ],
      },
    },
    see: (seen) => seen.answerers(10),
    was: ['a'],
    becomes: ['b'],
  },
  {
    setting: '/routes/*/targets/#/priority',
    effect: 'the next request goes to what is first now',
    from: { route: { strategy: 'priority', targets: ranked } },
    to: {
      route: {
        targets: [
          { model: 'a', priority: 2 },
          { model: 'b', priority: 1 },
        ],
      },
    },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/strategy',
    effect: 'the next request is placed by the new strategy',
    from: {
      route: {
        targets: [
          { model: 'a', priority: 1 },
          { model: 'b', priority: 0 },
        ],
      },
    },
    to: { route: { strategy: 'priority' } },
    see: (seen) => seen.answerers(30),
    was: ['a', 'b'],
    becomes: ['b'],
  },
  {
    setting: '/routes/*/sticky',
    effect: 'the next request is kept together by the new rules',
    from: { route: { strategy: 'sticky', targets: both, sticky: { by: 'session', header: 'x-room' } } },
    to: { route: { sticky: { by: 'tenant' } } },
    see: async (seen) => (await seen.answerers(30, '', { headers: { 'x-room': 'one' } })).length,
    was: 1,
    becomes: 2,
  },
  {
    setting: '/routes/*/sticky/by',
    effect: 'the next request is kept together by the new key',
    from: { route: { strategy: 'sticky', targets: both, sticky: { by: 'session' } } },
    to: { route: { sticky: { by: 'tenant' } } },
    see: async (seen) => (await seen.answerers(30, '', { headers: { 'x-session-id': 'one' } })).length,
    was: 1,
    becomes: 2,
  },
  {
    setting: '/routes/*/sticky/header',
    effect: 'the session is read from the new header',
    from: { route: { strategy: 'sticky', targets: both, sticky: { header: 'x-room' } } },
    to: { route: { sticky: { header: 'x-hall' } } },
    see: async (seen) => (await seen.answerers(30, '', { headers: { 'x-room': 'one' } })).length,
    was: 1,
    becomes: 2,
  },
  {
    setting: '/routes/*/sticky/promptChars',
    effect: 'prompts are compared to the new length',
    from: { route: { strategy: 'sticky', targets: both, sticky: { by: 'prompt', promptChars: 16 } } },
    to: { route: { sticky: { promptChars: 4096 } } },
    see: async (seen) => {
      const found = new Set<string>()
      for (let i = 0; i < 30; i += 1) found.add(await by(seen, `the same beginning, then ${i}`))
      return found.size
    },
    was: 1,
    becomes: 2,
  },
  {
    setting: '/routes/*/sticky/otherwise',
    effect: 'requests without a session are placed by the new strategy',
    from: { route: { strategy: 'sticky', targets: ranked, sticky: { otherwise: 'weighted' } } },
    to: { route: { sticky: { otherwise: 'priority' } } },
    see: (seen) => seen.answerers(30),
    was: ['a', 'b'],
    becomes: ['a'],
  },
  {
    setting: '/routes/*/aliases',
    effect: 'the route answers to its new names, and no more to old ones',
    from: { route: { aliases: ['nick-before'] } },
    to: { route: { aliases: ['nick-after'] } },
    see: async (seen) => [
      (await seen.ask('', { model: 'nick-before' })).status,
      (await seen.ask('', { model: 'nick-after' })).status,
    ],
    was: [200, 404],
    becomes: [404, 200],
  },
  {
    setting: '/routes/*/require',
    effect: 'the next request goes only to models that meet it',
    from: { route: { strategy: 'priority', targets: ranked }, b: { sensitive: true } },
    to: { route: { require: { sensitive: true } } },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/require/sensitive',
    effect: 'the next request goes only to models marked for sensitive data',
    from: {
      route: { strategy: 'priority', targets: ranked, require: { sensitive: false } },
      b: { sensitive: true },
    },
    to: { route: { require: { sensitive: true } } },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/require/regions',
    effect: 'the next request goes only to models in the new regions',
    from: {
      route: { targets: both, require: { regions: ['eu'] } },
      a: { region: 'eu' },
      b: { region: 'us' },
    },
    to: { route: { require: { regions: ['us'] } } },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/unsupported',
    effect: 'the next request for what its target lacks is warned of, or refused',
    from: { route: { unsupported: 'warn' }, a: { provider: 'foreign' } },
    to: { route: { unsupported: 'refuse' } },
    see: async (seen) => (await seen.ask('', { body: { seed: 7 } })).status,
    was: 200,
    becomes: 400,
    streams: false,
  },
  {
    setting: '/routes/*/context',
    effect: 'the next request has the new prompt',
    from: {
      route: { context: 'told@1.0.0' },
      more: { contexts: { 'told@1.0.0': { prompt: 'first' }, 'told@2.0.0': { prompt: 'second' } } },
    },
    to: { route: { context: 'told@2.0.0' } },
    see: async (seen) => (await seen.ask()).told?.system,
    was: 'first',
    becomes: 'second',
  },
]

const rule = (more: Tree): Tree => ({ when: '!stream', ...more })

export const ruleChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/rules',
    effect: 'the next request is looked at by the new rules',
    from: { route: onlyA },
    to: { route: { rules: [rule(onlyB)] } },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/rules/#/when',
    effect: 'the next request is taken by whose condition holds now',
    from: { route: { rules: [{ when: 'headers["x-tier"] == "gold"', ...onlyB }] } },
    to: { route: { rules: [{ when: 'tokens >= 1 && !has(metadata.none)', ...onlyB }] } },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/rules/#/targets',
    effect: 'requests of the rule go to its new targets',
    from: { route: { rules: [rule(onlyB)] } },
    to: { route: { rules: [rule({ targets: [{ model: 'c' }] })] } },
    see: (seen) => by(seen),
    was: 'b',
    becomes: 'c',
  },
  {
    setting: '/routes/*/rules/#/targets/#/model',
    effect: 'requests of the rule go to the other model',
    from: { route: { rules: [rule(onlyB)] } },
    to: { route: { rules: [rule({ targets: [{ model: 'c' }] })] } },
    see: (seen) => by(seen),
    was: 'b',
    becomes: 'c',
  },
  {
    setting: '/routes/*/rules/#/targets/#/weight',
    effect: 'requests of the rule are shared by the new weights',
    from: {
      route: {
        rules: [
          rule({
            targets: [
              { model: 'b', weight: 1 },
              { model: 'c', weight: 0 },
            ],
          }),
        ],
      },
    },
    to: {
      route: {
        rules: [
          rule({
            targets: [
              { model: 'b', weight: 0 },
              { model: 'c', weight: 1 },
            ],
          }),
        ],
      },
    },
    see: (seen) => seen.answerers(10),
    was: ['b'],
    becomes: ['c'],
  },
  {
    setting: '/routes/*/rules/#/targets/#/priority',
    effect: 'requests of the rule go to what is first now',
    from: {
      route: {
        rules: [
          rule({
            strategy: 'priority',
            targets: [
              { model: 'b', priority: 1 },
              { model: 'c', priority: 2 },
            ],
          }),
        ],
      },
    },
    to: {
      route: {
        rules: [
          rule({
            strategy: 'priority',
            targets: [
              { model: 'b', priority: 3 },
              { model: 'c', priority: 2 },
            ],
          }),
        ],
      },
    },
    see: (seen) => by(seen),
    was: 'b',
    becomes: 'c',
  },
  {
    setting: '/routes/*/rules/#/route',
    effect: 'requests of the rule are handed to the other route',
    from: {
      route: { rules: [rule({ route: 'to-b' })] },
      more: {
        routes: { 'to-b': { targets: [{ model: 'plain-b' }] }, 'to-c': { targets: [{ model: 'plain-c' }] } },
        models: { 'plain-b': { provider: 'two' }, 'plain-c': { provider: 'three' } },
      },
    },
    to: { route: { rules: [rule({ route: 'to-c' })] } },
    see: async (seen) => (await seen.ask()).told?.provider,
    was: 'two',
    becomes: 'three',
  },
  {
    setting: '/routes/*/rules/#/strategy',
    effect: 'requests of the rule are placed by the new strategy',
    from: { route: { targets: ranked, rules: [rule({ strategy: 'weighted' })] } },
    to: { route: { rules: [rule({ strategy: 'priority' })] } },
    see: (seen) => seen.answerers(30),
    was: ['a', 'b'],
    becomes: ['a'],
  },
  {
    setting: '/routes/*/rules/#/require',
    effect: 'requests of the rule go only to models that meet it',
    from: { route: { strategy: 'priority', targets: ranked, rules: [rule({})] }, b: { sensitive: true } },
    to: { route: { rules: [rule({ require: { sensitive: true } })] } },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/rules/#/require/sensitive',
    effect: 'requests of the rule go only to models marked for sensitive data',
    from: {
      route: { strategy: 'priority', targets: ranked, rules: [rule({ require: { sensitive: false } })] },
      b: { sensitive: true },
    },
    to: { route: { rules: [rule({ require: { sensitive: true } })] } },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/rules/#/require/regions',
    effect: 'requests of the rule go only to models in the new regions',
    from: {
      route: { targets: both, rules: [rule({ require: { regions: ['eu'] } })] },
      a: { region: 'eu' },
      b: { region: 'us' },
    },
    to: { route: { rules: [rule({ require: { regions: ['us'] } })] } },
    see: (seen) => by(seen),
    was: 'a',
    becomes: 'b',
  },
]

const twice = { attempts: 2, baseMs: 1, maxMs: 5 }

function kindChange(kind: string, orders: string, more: SettingChange['from'] = {}): SettingChange {
  return {
    setting: `/routes/*/fallbackFor/${kind}`,
    effect: 'the next such failure goes to the new list',
    from: { ...more, route: { retries: twice, fallbackFor: { [kind]: ['b'] }, ...more.route } },
    to: { route: { fallbackFor: { [kind]: ['c'] } } },
    see: (seen) => by(seen, orders),
    was: 'b',
    becomes: 'c',
  }
}

export const failureChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/fallback',
    effect: 'the next failure goes to the new fallbacks',
    from: { route: { retries: twice, fallback: ['b'] } },
    to: { route: { fallback: ['c'] } },
    see: (seen) => by(seen, 'one=status:500'),
    was: 'b',
    becomes: 'c',
  },
  {
    setting: '/routes/*/fallbackFor',
    effect: 'the next failure goes to the list for its kind',
    from: { route: { retries: twice, fallback: ['b'] } },
    to: { route: { fallbackFor: { failed: ['c'] } } },
    see: (seen) => by(seen, 'one=status:500'),
    was: 'b',
    becomes: 'c',
  },
  kindChange('overloaded', 'one=status:529'),
  kindChange('rate_limited', 'one=status:429'),
  kindChange('context_too_long', 'one=says:context_length_exceeded'),
  kindChange('content_policy', 'one=says:content_policy_violation'),
  kindChange('auth', 'one=status:401'),
  { ...kindChange('timeout', 'one=hang', { route: { timeouts: { firstTokenMs: 1000 } } }), streams: false },
  kindChange('connection', 'one=cut'),
  kindChange('failed', 'one=status:500'),
  {
    setting: '/routes/*/retries',
    effect: 'the next failure is tried again by the new rules',
    from: {},
    to: { route: { retries: twice } },
    see: (seen) => status(seen, `one=flaky ${seen.word()}`),
    was: 502,
    becomes: 200,
  },
  {
    setting: '/routes/*/retries/attempts',
    effect: 'the next failure is tried again as often as is said now',
    from: { route: { retries: { attempts: 1 } } },
    to: { route: { retries: { attempts: 2 } } },
    see: (seen) => status(seen, `one=flaky ${seen.word()}`),
    was: 502,
    becomes: 200,
  },
  {
    setting: '/routes/*/retries/baseMs',
    effect: 'the next wait is as long as is said now; one that is longer than the call may take is not begun',
    from: {
      route: { retries: { attempts: 2, baseMs: 1, maxMs: 2_000_000_000 }, timeouts: { totalMs: 5000 } },
    },
    to: { route: { retries: { baseMs: 2_000_000_000 } } },
    see: (seen) => status(seen, `one=flaky ${seen.word()}`),
    was: 200,
    becomes: 502,
    streams: false,
  },
  {
    setting: '/routes/*/retries/maxMs',
    effect: 'the next wait is bounded by what is said now',
    from: {
      route: { retries: { attempts: 2, baseMs: 2_000_000_000, maxMs: 1 }, timeouts: { totalMs: 5000 } },
    },
    to: { route: { retries: { maxMs: 2_000_000_000 } } },
    see: (seen) => status(seen, `one=flaky ${seen.word()}`),
    was: 200,
    becomes: 502,
    streams: false,
  },
]

export const timeChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/timeouts',
    effect: 'the next request has the new times',
    from: { route: { timeouts: { firstTokenMs: 100 } } },
    to: { route: { timeouts: { firstTokenMs: 10_000 } } },
    see: (seen) => status(seen, 'one=slow:400'),
    was: 504,
    becomes: 200,
    streams: false,
  },
  {
    setting: '/routes/*/timeouts/connectMs',
    effect: 'the next request waits as long for a connection as is said now',
    from: { route: { timeouts: { connectMs: 1000 } }, a: { provider: 'narrow' } },
    to: { route: { timeouts: { connectMs: 20_000 } } },
    see: (seen) => seen.together(2, 'one=slow:2500'),
    was: [200, 502],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/routes/*/timeouts/firstTokenMs',
    effect: 'the next request waits as long for the first token as is said now',
    from: { route: { timeouts: { firstTokenMs: 100 } } },
    to: { route: { timeouts: { firstTokenMs: 10_000 } } },
    see: (seen) => status(seen, 'one=slow:400'),
    was: 504,
    becomes: 200,
    streams: false,
  },
  {
    setting: '/routes/*/timeouts/idleMs',
    effect: 'the next stream may be silent as long as is said now',
    from: { route: { timeouts: { idleMs: 100 } } },
    to: { route: { timeouts: { idleMs: 10_000 } } },
    see: async (seen) => (await seen.stream('one=gap:400')).includes('upstream.timeout'),
    was: true,
    becomes: false,
    streams: false,
  },
  {
    setting: '/routes/*/timeouts/totalMs',
    effect: 'the next request may take as long as is said now',
    from: { route: { timeouts: { totalMs: 150 } } },
    to: { route: { timeouts: { totalMs: 10_000 } } },
    see: (seen) => status(seen, 'one=slow:500'),
    was: 504,
    becomes: 200,
    streams: false,
  },
  {
    setting: '/routes/*/timeouts/fromCaller',
    effect: "the time that the next caller gives counts, or doesn't",
    from: { route: { timeouts: { fromCaller: true } } },
    to: { route: { timeouts: { fromCaller: false } } },
    see: (seen) => status(seen, 'one=slow:400', { 'x-request-timeout-ms': '100' }),
    was: 504,
    becomes: 200,
  },
]

const busy = 'one=slow:500'

export const loadChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/concurrency',
    effect: 'the next requests are bounded as is said now; those that run go on',
    from: {},
    to: { route: { concurrency: { max: 1, queue: { max: 0 } } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 200],
    becomes: [200, 503],
    streams: false,
  },
  {
    setting: '/routes/*/concurrency/max',
    effect: 'the next requests find as many places as are said now; those that run keep theirs',
    from: { route: { concurrency: { max: 1, queue: { max: 0 } } } },
    to: { route: { concurrency: { max: 2 } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 503],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/routes/*/concurrency/queue',
    effect: 'the next requests wait as is said now',
    from: { route: { concurrency: { max: 1, queue: { max: 0 } } } },
    to: { route: { concurrency: { queue: { max: 9, waitMs: 20_000 } } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 503],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/routes/*/concurrency/queue/max',
    effect: 'as many of the next requests may wait as is said now; those that wait go on waiting',
    from: { route: { concurrency: { max: 1, queue: { max: 0, waitMs: 20_000 } } } },
    to: { route: { concurrency: { queue: { max: 1 } } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 503],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/routes/*/concurrency/queue/waitMs',
    effect: 'the next requests wait as long as is said now',
    from: { route: { concurrency: { max: 1, queue: { waitMs: 50 } } } },
    to: { route: { concurrency: { queue: { waitMs: 20_000 } } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 503],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/routes/*/mirror',
    effect: 'the next requests are copied, or no more',
    from: {},
    to: { route: { mirror: { model: 'b', share: 1 } } },
    see: copies,
    was: [],
    becomes: ['two'],
  },
  {
    setting: '/routes/*/mirror/model',
    effect: 'copies go to the other model',
    from: { route: { mirror: { model: 'b', share: 1 } } },
    to: { route: { mirror: { model: 'c' } } },
    see: copies,
    was: ['two'],
    becomes: ['three'],
  },
  {
    setting: '/routes/*/mirror/share',
    effect: 'the new share of requests is copied',
    from: { route: { mirror: { model: 'b', share: 0 } } },
    to: { route: { mirror: { share: 1 } } },
    see: copies,
    was: [],
    becomes: ['two'],
  },
  {
    setting: '/routes/*/mirror/maxPending',
    effect: 'as many copies run at once as is said now; those that run count',
    from: { route: { mirror: { model: 'b', share: 1, maxPending: 1 } } },
    to: { route: { mirror: { maxPending: 5 } } },
    see: async (seen) => {
      let sent = 0
      for (let i = 0; i < 3; i += 1) {
        const { attempts } = await seen.record(await seen.ask('two=slow:3000'))
        sent += attempts.filter((it) => it.kind === 'mirror').length
      }
      return sent
    },
    was: 1,
    becomes: 3,
    streams: false,
  },
]

/** Providers that one request was copied to, by its record. */
async function copies(seen: Seen): Promise<readonly string[]> {
  const { attempts } = await seen.record(await seen.ask())
  return attempts.filter((it) => it.kind === 'mirror').map((it) => it.target.split('/')[0] ?? '')
}

const hedged = { strategy: 'priority', targets: ranked, retries: twice }

export const tailChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/hedge',
    effect: 'the next slow request is hedged, or no more',
    from: { route: hedged },
    to: { route: { hedge: { afterMs: 20, maxShare: 1 } } },
    see: (seen) => by(seen, 'one=slow:2000'),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/hedge/afterMs',
    effect: 'the next slow request is hedged after what is said now',
    from: { route: { ...hedged, hedge: { afterMs: 30_000, maxShare: 1 } } },
    to: { route: { hedge: { afterMs: 20 } } },
    see: (seen) => by(seen, 'one=slow:2000'),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/hedge/quantile',
    effect: 'the next slow request is hedged when so many of the last answers would have come',
    from: { route: { ...hedged, hedge: { afterMs: 30_000, maxShare: 1 } } },
    to: { route: { hedge: { quantile: 0.5 } } },
    see: async (seen) => {
      for (let i = 0; i < 10; i += 1) await seen.ask()
      return await by(seen, 'one=slow:2000')
    },
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/hedge/maxShare',
    effect: 'as many of the next requests are hedged as is said now',
    from: { route: { ...hedged, hedge: { afterMs: 20, maxShare: 0 } } },
    to: { route: { hedge: { maxShare: 1 } } },
    see: async (seen) => {
      const answered: string[] = []
      for (let i = 0; i < 3; i += 1) answered.push(await by(seen, 'one=slow:1500'))
      return answered.filter((it) => it === 'b').length
    },
    // One is free, so that a quiet route can hedge its first.
    was: 1,
    becomes: 3,
    streams: false,
  },
]

const watched = { strategy: 'priority', targets: ranked, retries: { attempts: 1 } }
/** Its breaker stays closed, so that it is the comparison that counts. */
const a = { breaker: { failures: 16 } }
const deep = { failuresInRow: 1000, minCalls: 3, successGap: 0.5, forMs: 600_000 }
const third = [...ranked, { model: 'c', priority: 2 }]

/** The first target fails so often, and the second one answers for it; then who is asked first. */
async function afterFailures(seen: Seen, times: number): Promise<string> {
  for (let i = 0; i < times; i += 1) await seen.ask('one=status:500')
  return await by(seen)
}

export const ejectionChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/ejection',
    effect: 'targets that do worse than others rest, or no more',
    from: { a, route: watched },
    to: { route: { ejection: { failuresInRow: 1 } } },
    see: (seen) => afterFailures(seen, 1),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/ejection/failuresInRow',
    effect: 'a target rests after as many failures as is said now; those counted before count',
    from: { a, route: { ...watched, ejection: { failuresInRow: 100 } } },
    to: { route: { ejection: { failuresInRow: 2 } } },
    see: (seen) => afterFailures(seen, 2),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/ejection/successGap',
    effect: 'a target rests when it is worse by what is said now',
    from: { a, route: { ...watched, retries: twice, ejection: { ...deep, successGap: 1 } } },
    to: { route: { ejection: { successGap: 0.1 } } },
    see: (seen) => afterFailures(seen, 5),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/ejection/minCalls',
    effect: 'shares are compared from as many calls on as is said now',
    from: { a, route: { ...watched, retries: twice, ejection: { ...deep, minCalls: 1000 } } },
    to: { route: { ejection: { minCalls: 3 } } },
    see: (seen) => afterFailures(seen, 5),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/ejection/windowMs',
    effect: 'shares go back as far as is said now',
    from: { a, route: { ...watched, retries: twice, ejection: { ...deep, minCalls: 5, windowMs: 1 } } },
    to: { route: { ejection: { windowMs: 600_000 } } },
    see: (seen) => afterFailures(seen, 8),
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/ejection/forMs',
    effect: 'the next target that rests does so for as long as is said now',
    from: { a, route: { ...watched, ejection: { failuresInRow: 1, forMs: 1 } } },
    to: { route: { ejection: { forMs: 600_000 } } },
    see: async (seen) => {
      await seen.ask('one=status:500')
      await seen.waited(50)
      return await by(seen)
    },
    was: 'a',
    becomes: 'b',
  },
  {
    setting: '/routes/*/ejection/maxPercent',
    effect: 'as many targets may rest at once as is said now',
    from: {
      a,
      route: {
        ...watched,
        targets: third,
        retries: { attempts: 3, baseMs: 1, maxMs: 5 },
        ejection: { failuresInRow: 1, forMs: 600_000, maxPercent: 10 },
      },
    },
    to: { route: { ejection: { maxPercent: 70 } } },
    see: async (seen) => {
      await seen.ask('one=status:500 two=status:500')
      return await by(seen)
    },
    was: 'b',
    becomes: 'c',
  },
]
