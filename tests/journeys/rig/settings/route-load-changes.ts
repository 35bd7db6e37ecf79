/** How each setting about the load of a route, its copies and its outliers is seen to change under load. One entry a setting. */
import { by, ranked, twice } from './route-seen.ts'
import type { Seen, SettingChange } from './world.ts'

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
