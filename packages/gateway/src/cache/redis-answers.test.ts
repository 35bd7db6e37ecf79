/** Answers in a real Redis: found by other processes, unreadable to it, and never in the way. */
import { systemClock } from '@changeover/reload'
import { findRedis, NO_REDIS, type ServerProcess, startRedis } from '@changeover/testkit'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { KeptAnswer } from '../contract/answer-cache.ts'
import { keyOf } from './answer-key.ts'
import { CacheMemory, KeptAnswers } from './kept-answers.ts'
import { openAnswer, sealAnswer } from './kept-bytes.ts'
import { RedisAnswers } from './redis-answers.ts'
import { answerOf, askOf, question, specOf, staying, textOf } from './test-asks.ts'

const bounds = { ttlMs: 600_000, maxBytes: 1e9, maxEntryBytes: 1000, timeoutMs: 20_000 }

function keyFor(text: string, more: object = {}) {
  const key = keyOf(askOf(more, question(text)), { sampled: false, semantic: true, sealed: true })
  if (key === null) throw new Error('no key')
  return key
}

const sealFor = (text: string): Buffer => keyFor(text).seal ?? Buffer.alloc(0)

describe('a sealed answer', () => {
  const answers = fc.record({
    streamed: fc.boolean(),
    chunks: fc.array(
      fc.uint8Array({ maxLength: 50 }).map((it) => Buffer.from(it)),
      { maxLength: 5 },
    ),
    costMicroUsd: fc.option(fc.nat()),
  })

  it('is opened by the same request as it was, and by no other', () => {
    fc.assert(
      fc.property(answers, fc.nat(200), (parts, at) => {
        const answer = answerOf('', parts)
        const sealed = sealAnswer(answer, sealFor('a'))
        expect(openAnswer(sealed, sealFor('a'))).toEqual(answer)
        expect(openAnswer(sealed, sealFor('b'))).toBeNull()
        const broken = Buffer.from(sealed)
        broken[at % broken.length] = (broken[at % broken.length] ?? 0) ^ 1
        expect(openAnswer(broken, sealFor('a'))).toBeNull()
        expect(openAnswer(sealed.subarray(0, at % sealed.length), sealFor('a'))).toBeNull()
      }),
    )
  })
})

const absent = findRedis() === null ? NO_REDIS : null

describe.skipIf(absent !== null)(`answers in Redis${absent === null ? '' : ` (${absent})`}`, () => {
  let server: ServerProcess
  const opened: RedisAnswers[] = []
  const open = (name = 'main'): RedisAnswers => {
    const store = new RedisAnswers({ name, url: () => server.url, clock: systemClock })
    opened.push(store)
    return store
  }
  const kept = async (store: RedisAnswers, key = keyFor('a')): Promise<KeptAnswer> =>
    vi.waitFor(
      async () => {
        const found = await store.find(key, bounds)
        if (found === null) throw new Error('not there yet')
        return found
      },
      { timeout: 20_000 },
    )

  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server[Symbol.asyncDispose]())
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((it) => it.close()))
  })

  it('are found by another process, with the form that they had', async () => {
    const answer = answerOf('', { chunks: [Buffer.from('one'), Buffer.from('two')], streamed: true })
    const one = open()
    one.keep(keyFor('a'), answer, bounds)
    expect(await kept(open())).toEqual(answer)
    expect(await open('other').find(keyFor('a'), bounds)).toBeNull()
  })

  it('say nothing of what was asked or answered to whoever reads them', async () => {
    const store = open()
    const key = keyFor('secret-question', {
      tenant: 'secret-tenant',
      route: 'secret-route',
      prompt: 'secret-prompt',
    })
    store.keep(key, answerOf('secret-answer', { target: 'secret-target' }), bounds)
    await kept(store, key)
    const redis = new Redis(server.url)
    const names = await redis.keys('*')
    const values = await Promise.all(names.map((it) => redis.getBuffer(it)))
    redis.disconnect()
    const all = [...names, ...values.map((it) => it?.toString('latin1') ?? '')].join('\n')
    expect(all).not.toContain('secret')
    expect(names.length).toBeGreaterThan(0)
  })

  it('go when their time is over, and are not kept when they are too large', async () => {
    const store = open()
    store.keep(keyFor('old'), answerOf('old'), { ...bounds, ttlMs: 50 })
    store.keep(keyFor('large'), answerOf('x'.repeat(1001)), bounds)
    store.keep(keyFor('last'), answerOf('last'), bounds)
    await kept(store, keyFor('last'))
    await vi.waitFor(async () => expect(await store.find(keyFor('old'), bounds)).toBeNull(), {
      timeout: 20_000,
    })
    expect(await store.find(keyFor('large'), bounds)).toBeNull()
  })

  it('are cleared by tenant and route', async () => {
    const store = open('cleared')
    const keys = ['a', 'b'].flatMap((tenant) => ['r', 's'].map((route) => keyFor('x', { tenant, route })))
    for (const key of keys) store.keep(key, answerOf('x'), bounds)
    for (const key of keys) await kept(store, key)
    expect(await store.clear({ tenant: 'a', route: 'r' })).toBe(1)
    expect(await store.clear({ tenant: 'b' })).toBe(2)
    expect(await store.clear({ tenant: 'c' })).toBe(0)
    expect(await store.clear({})).toBe(1)
  })

  it('are given to all who ask at once after one look, whichever process kept them', async () => {
    const cacheOf = () => {
      const memory = new CacheMemory('shared', open('shared'))
      const spec = specOf({ store: 'redis', redis: { url: 'redis://127.0.0.1:1', timeoutMs: 20_000 } })
      return { memory, cache: new KeptAnswers({ memory, spec, embed: null, clock: systemClock }) }
    }
    const [one, two] = [cacheOf(), cacheOf()]
    const lead = await one.cache.look(askOf(), staying)
    if (lead === null || !('lead' in lead)) throw new Error('nobody to lead')
    lead.keep(answerOf('once'))
    await kept(open('shared'), keyFor('how are you?'))
    const found = await Promise.all(
      Array.from({ length: 100 }, async () => await two.cache.look(askOf(), staying)),
    )
    const texts = found.map((it) => (it !== null && 'hit' in it ? textOf(it.answer) : 'nothing'))
    expect(new Set(texts)).toEqual(new Set(['once']))
    expect(two.memory.counts.outcomes).toMatchObject({ exact: 1, joined: 99, miss: 0 })
    expect(two.memory.flights.size).toBe(0)
  })

  it('are not there while Redis is away or hangs, and are there again when it is back', async () => {
    const own = await startRedis()
    const store = new RedisAnswers({ name: 'main', url: () => own.url, clock: systemClock })
    opened.push(store)
    try {
      store.keep(keyFor('a'), answerOf('a'), bounds)
      await kept(store)
      own.pause()
      expect(await store.find(keyFor('a'), { ...bounds, timeoutMs: 30 })).toBeNull()
      expect(store.facts.failures).toBe(1)
      own.resume()
      expect(textOf(await kept(store))).toBe('a')
      await own.kill()
      for (let i = 0; i < 10; i += 1) {
        expect(await store.find(keyFor('a'), { ...bounds, timeoutMs: 5000 })).toBeNull()
        store.keep(keyFor('b'), answerOf('b'), bounds)
      }
      expect(await store.clear({})).toBe(0)
      await own.start()
      store.keep(keyFor('c'), answerOf('c'), bounds)
      await vi.waitFor(
        async () => {
          store.keep(keyFor('c'), answerOf('c'), bounds)
          expect(await store.find(keyFor('c'), bounds)).not.toBeNull()
        },
        { timeout: 20_000, interval: 100 },
      )
    } finally {
      await own[Symbol.asyncDispose]()
    }
  }, 60_000)

  it('are not asked for again and again while Redis fails', async () => {
    let asked = 0
    const store = new RedisAnswers({
      name: 'main',
      url: () => {
        asked += 1
        return 'redis://127.0.0.1:1'
      },
      clock: {
        ...systemClock,
        now: () => 0,
        monotonic: () => 0,
        after: (ms, run) => systemClock.after(ms, run),
      },
    })
    for (let i = 0; i < 20; i += 1) expect(await store.find(keyFor('a'), bounds)).toBeNull()
    expect([asked, store.facts.failures]).toEqual([3, 3])
    await store.close()
    expect(await store.find(keyFor('a'), bounds)).toBeNull()
  })
})
