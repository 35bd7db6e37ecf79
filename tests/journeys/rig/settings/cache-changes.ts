/**
 * How each setting of kept answers is seen to change under load: by what answers say of the cache, and by the record. What
 * only a server beside the gateway would notice is read back.
 */
import type { Tree } from '../settings-text.ts'
import type { Saw, Seen, SettingChange } from './world.ts'

const HOUR_MS = 3_600_000
const cached = (saw: Saw) => saw.headers.get('x-changeover-cache')
const inTurn = async (seen: Seen, texts: readonly string[], body: object = {}) => {
  const found: (string | null)[] = []
  for (const it of texts) found.push(cached(await seen.ask(it, { body })))
  return found
}
/** The same twice. */
const twice = (seen: Seen, body: object = {}) => {
  const word = seen.word()
  return inTurn(seen, [word, word], body)
}

/** What becomes of the first when so many others came after it. */
async function firstAfter(seen: Seen, others: number) {
  const words = Array.from({ length: others + 1 }, () => seen.word())
  const found = await inTurn(seen, [...words, words[0] ?? ''])
  return found.at(-1)
}

function change(
  field: string,
  effect: string,
  it: Omit<SettingChange, 'setting' | 'effect' | 'from' | 'to'> & { readonly values: readonly [Tree, Tree] },
): SettingChange {
  const { values, ...rest } = it
  const [from, to] = values
  return {
    setting: `/cache/*/${field}`,
    effect,
    from: { route: { cache: 'k' }, cache: from },
    to: { cache: to },
    ...rest,
  }
}

/** What the second provider embeds by its letters, so that words in another order are alike. */
const semantic = { kind: 'semantic', semantic: { model: 'b' } }
/** Others before the change than after it, without digits, which have to be the same. */
const phrases = (seen: Seen) =>
  seen.isChanged ? ['good day', 'day good', 'good days'] : ['hello you', 'you hello', 'hello your']

/** The first line of the record is that of the embedding. */
async function embedded(seen: Seen, text: string) {
  const { attempts } = await seen.record(await seen.ask(text))
  const [first] = attempts
  return first?.kind === 'embedding' ? `${first.target.replace(/\d+$/, '')} ${first.error}`.trim() : 'nobody'
}

const readBack = (field: 'url' | 'timeoutMs') => async (seen: Seen) => {
  const { cache } = await seen.settings()
  const { redis } = cache?.[`k${seen.index}`] ?? {}
  return (redis as Tree | undefined)?.[field]
}
const away = { url: 'redis://127.0.0.1:1' }

export const cacheChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/cache',
    effect: 'the next answers are kept, or looked for, where is said now',
    from: { cache: {} },
    to: { route: { cache: 'k' } },
    see: (seen) => twice(seen),
    was: [null, null],
    becomes: ['miss', 'hit'],
  },
  {
    setting: '/models/*/promptCache',
    effect: 'the next request tells its provider what it may keep, or not',
    from: { a: { provider: 'foreign' } },
    to: { a: { promptCache: 'auto' } },
    see: async (seen) => {
      const system = { role: 'system', content: 'word '.repeat(1000) }
      const body = { messages: [system, { role: 'user', content: seen.word() }] }
      const { told } = await seen.ask('', { body })
      return JSON.stringify(told?.body['system']).includes('cache_control')
    },
    was: false,
    becomes: true,
    streams: false,
  },
  change(
    'kind',
    'the next request is compared as is said now; what was kept before can be found only as it was',
    {
      values: [{ ...semantic, kind: 'exact' }, { kind: 'semantic' }],
      see: (seen) => inTurn(seen, phrases(seen).slice(0, 2)),
      was: ['miss', 'miss'],
      becomes: ['miss', 'semantic'],
      streams: false,
    },
  ),
  change('ttlMs', 'answers that are kept already are as old as they are, and count by the new time', {
    values: [{ ttlMs: 1 }, { ttlMs: HOUR_MS }],
    see: async (seen) => {
      const word = seen.word()
      await seen.ask(word)
      await seen.waited(10)
      return cached(await seen.ask(word))
    },
    was: 'miss',
    becomes: 'hit',
  }),
  change('maxBytes', 'the next answers have the room that is said now', {
    values: [{ maxBytes: 1024 }, { maxBytes: 1_000_000 }],
    see: (seen) => firstAfter(seen, 5),
    was: 'miss',
    becomes: 'hit',
  }),
  change('maxEntryBytes', 'the next answers are kept up to the new size', {
    values: [{ maxEntryBytes: 64 }, { maxEntryBytes: 100_000 }],
    see: (seen) => twice(seen),
    was: ['miss', 'miss'],
    becomes: ['miss', 'hit'],
  }),
  change(
    'waitMs',
    'the next request that waits for the answer of another does so for as long as is said now',
    {
      values: [{ waitMs: 1 }, { waitMs: HOUR_MS }],
      see: async (seen) => {
        const text = `one=slow:3000 ${seen.word()}`
        const answers = await Promise.all([seen.ask(text), seen.ask(text)])
        return answers.map((it) => cached(it) ?? '').sort((a, b) => (a < b ? -1 : 1))
      },
      was: ['miss', 'miss'],
      becomes: ['joined', 'miss'],
    },
  ),
  change('sampled', 'the next requests with a temperature above 0 are looked for, or not', {
    values: [{ sampled: false }, { sampled: true }],
    see: (seen) => twice(seen, { temperature: 1 }),
    was: ['bypass', 'bypass'],
    becomes: ['miss', 'hit'],
  }),
  change(
    'store',
    'the next answers are looked for and kept where is said now; what was kept elsewhere stays there',
    {
      values: [{ store: 'memory', redis: away }, { store: 'redis' }],
      see: (seen) => twice(seen),
      was: ['miss', 'hit'],
      becomes: ['miss', 'miss'],
    },
  ),
  change('redis/url', 'the next answers are looked for and kept there', {
    values: [{ redis: away }, { redis: { url: 'redis://127.0.0.1:2' } }],
    see: readBack('url'),
    was: away.url,
    becomes: 'redis://127.0.0.1:2',
  }),
  change('redis/timeoutMs', 'the next request waits for Redis no longer than is said now', {
    values: [{ redis: { ...away, timeoutMs: 10 } }, { redis: { timeoutMs: 20 } }],
    see: readBack('timeoutMs'),
    was: 10,
    becomes: 20,
  }),
  change('semantic/model', 'the next message is embedded by the new model', {
    values: [semantic, { semantic: { model: 'c' } }],
    see: (seen) => embedded(seen, seen.word()),
    was: 'two/b',
    becomes: 'three/c',
    streams: false,
  }),
  change('semantic/threshold', 'the next message has to be as alike as is said now', {
    values: [{ ...semantic, semantic: { model: 'b', threshold: 1 } }, { semantic: { threshold: 0.8 } }],
    see: async (seen) => {
      const [first = '', , other = ''] = phrases(seen)
      return await inTurn(seen, [first, other])
    },
    was: ['miss', 'miss'],
    becomes: ['miss', 'semantic'],
    streams: false,
  }),
  change('semantic/timeoutMs', 'the next request waits for its embedding as long as is said now', {
    values: [{ ...semantic, semantic: { model: 'b', timeoutMs: HOUR_MS } }, { semantic: { timeoutMs: 1 } }],
    see: (seen) => embedded(seen, `two=slow:300 ${seen.word()}`),
    was: 'two/b',
    becomes: 'two/b upstream.timeout',
    streams: false,
  }),
  change('semantic/maxEntries', 'as many messages are remembered as is said now', {
    values: [{ ...semantic, semantic: { model: 'b', maxEntries: 1 } }, { semantic: { maxEntries: 100 } }],
    see: async (seen) => {
      const [first = '', alike = ''] = phrases(seen)
      return await inTurn(seen, [first, 'zzz', alike])
    },
    was: ['miss', 'miss', 'miss'],
    becomes: ['miss', 'hit', 'semantic'],
    streams: false,
  }),
]
