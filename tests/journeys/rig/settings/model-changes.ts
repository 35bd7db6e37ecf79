/** How each setting of a model is seen to change under load. One entry a setting. */
import type { Seen, SettingChange } from './world.ts'

const status = async (seen: Seen, orders = '', headers: Readonly<Record<string, string>> = {}) =>
  (await seen.ask(orders, { headers })).status

const busy = 'one=slow:500'
const priced = (input: number) => ({ prices: [{ input, output: 0 }] })
const cheap = { catalogue: { 'test/cheap': priced(1), 'test/dear': priced(9) } }

export const modelChanges: readonly SettingChange[] = [
  {
    setting: '/models/*/provider',
    effect: 'the next request goes to the other provider',
    from: {},
    to: { a: { provider: 'two' } },
    see: async (seen) => (await seen.ask()).told?.provider,
    was: 'one',
    becomes: 'two',
  },
  {
    setting: '/models/*/model',
    effect: 'the next request asks the provider for the other model',
    from: { a: { model: 'first' } },
    to: { a: { model: 'second' } },
    see: async (seen) => (await seen.ask()).told?.model,
    was: 'first',
    becomes: 'second',
  },
  {
    setting: '/models/*/catalogue',
    effect: 'the next request costs what the other entry says',
    from: { a: { catalogue: 'test/cheap' }, more: cheap },
    to: { a: { catalogue: 'test/dear' } },
    see: async (seen) => (await seen.record(await seen.ask())).costMicroUsd,
    was: 1000,
    becomes: 9000,
  },
  {
    setting: '/models/*/parameters',
    effect: 'the next request has the new defaults',
    from: { a: { parameters: { temperature: 0.1 } } },
    to: { a: { parameters: { temperature: 0.9 } } },
    see: async (seen) => (await seen.ask()).told?.temperature,
    was: 0.1,
    becomes: 0.9,
  },
  {
    setting: '/models/*/region',
    effect: 'the next request that must stay in a region finds it there, or no more',
    from: { a: { region: 'eu' } },
    to: { a: { region: 'us' } },
    see: (seen) => status(seen, '', { 'x-changeover-region': 'eu' }),
    was: 200,
    becomes: 403,
  },
  {
    setting: '/models/*/sensitive',
    effect: 'the next request with sensitive data may go there, or no more',
    from: { a: { sensitive: true } },
    to: { a: { sensitive: false } },
    see: (seen) => status(seen, '', { 'x-changeover-sensitive': 'true' }),
    was: 200,
    becomes: 403,
  },
  {
    setting: '/models/*/concurrency',
    effect: 'the next requests are bounded as is said now; those that run go on',
    from: {},
    to: { a: { concurrency: { max: 1, queue: { max: 0 } } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 200],
    becomes: [200, 503],
    streams: false,
  },
  {
    setting: '/models/*/concurrency/max',
    effect: 'the next requests find as many places as are said now; those that run keep theirs',
    from: { a: { concurrency: { max: 1, queue: { max: 0 } } } },
    to: { a: { concurrency: { max: 2 } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 503],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/models/*/concurrency/queue',
    effect: 'the next requests wait as is said now',
    from: { a: { concurrency: { max: 1, queue: { max: 0 } } } },
    to: { a: { concurrency: { queue: { max: 5, waitMs: 20_000 } } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 503],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/models/*/concurrency/queue/max',
    effect: 'as many of the next requests may wait as is said now; those that wait go on waiting',
    from: { a: { concurrency: { max: 1, queue: { max: 0, waitMs: 20_000 } } } },
    to: { a: { concurrency: { queue: { max: 5 } } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 503],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/models/*/concurrency/queue/waitMs',
    effect: 'the next requests wait as long as is said now',
    from: { a: { concurrency: { max: 1, queue: { waitMs: 50 } } } },
    to: { a: { concurrency: { queue: { waitMs: 20_000 } } } },
    see: (seen) => seen.together(2, busy),
    was: [200, 503],
    becomes: [200, 200],
    streams: false,
  },
  {
    setting: '/models/*/breaker',
    effect: 'the next failure is judged by the new numbers; those counted before count',
    from: {},
    to: { a: { breaker: { failures: 1 } } },
    see: (seen) => afterFailures(seen, 1),
    was: 200,
    becomes: 503,
  },
  {
    setting: '/models/*/breaker/failures',
    effect: 'it rests after as many failures as is said now; those counted before count',
    from: { a: { breaker: { failures: 16 } } },
    to: { a: { breaker: { failures: 1 } } },
    see: (seen) => afterFailures(seen, 1),
    was: 200,
    becomes: 503,
  },
  {
    setting: '/models/*/breaker/windowMs',
    effect: 'failures count together when they are as close as is said now',
    from: { a: { breaker: { failures: 2, windowMs: 1 } } },
    to: { a: { breaker: { windowMs: 600_000 } } },
    see: (seen) => afterFailures(seen, 3, 20),
    was: 200,
    becomes: 503,
  },
  {
    setting: '/models/*/breaker/openMs',
    effect: 'the next rest is as long as is said now',
    from: { a: { breaker: { failures: 1, openMs: 1 } } },
    to: { a: { breaker: { openMs: 600_000, maxOpenMs: 600_000 } } },
    see: (seen) => afterFailures(seen, 1, 50),
    was: 200,
    becomes: 503,
  },
  {
    setting: '/models/*/breaker/maxOpenMs',
    effect: 'no further rest is longer than is said now',
    from: { a: { breaker: { failures: 1, openMs: 60, maxOpenMs: 60 } } },
    to: { a: { breaker: { maxOpenMs: 600_000 } } },
    see: async (seen) => {
      // Each probe that fails doubles the rest, as far as it may be doubled.
      for (let failed = 0; failed < 6; )
        if ((await seen.ask('one=status:500')).code === 'upstream.failed') failed += 1
      await seen.waited(300)
      return await status(seen)
    },
    was: 200,
    becomes: 503,
  },
]

/** So many failures, a while apart; then whether it is still asked. */
async function afterFailures(seen: Seen, times: number, apartMs = 0): Promise<number> {
  for (let i = 0; i < times; i += 1) {
    await seen.ask('one=status:500')
    await seen.waited(apartMs)
  }
  return await status(seen)
}
