/** How each setting of a route and of its rules is seen to change under load. One entry a setting. */
import type { Tree } from '../settings-text.ts'
import { both, by, onlyA, onlyB, ranked } from './route-seen.ts'
import type { SettingChange } from './world.ts'

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
