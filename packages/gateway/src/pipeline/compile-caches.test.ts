import { type Carry, systemClock } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { CacheMemory } from '../cache/kept-answers.ts'
import { type CacheSpec, cacheSpec } from '../cache/spec.ts'
import type { AnswerCache, CacheAsk, CacheLook } from '../contract/answer-cache.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import { compileCaches, referencesOfCaches } from './compile-caches.ts'

class KeepingCarry implements Carry {
  readonly kept = new Map<string, unknown>()
  keep<T>(key: string, create: () => T): T {
    if (!this.kept.has(key)) this.kept.set(key, create())
    return this.kept.get(key) as T
  }
}

const secrets = { generation: 0, fill: (text: string) => text.replace('${env:PASSWORD}', 'secret') }
const target = { model: 'vec' } as CompiledTarget

function compile(settings: object, carry: Carry, spec = cacheSpec.parse(settings)): AnswerCache {
  const targets = new Map([['vec', target]])
  const caches = new Map<string, CacheSpec>([['main', spec]])
  const cache = compileCaches({ caches, targets, secrets, carry, clock: systemClock }).get('main')
  if (cache === undefined) throw new Error('no cache')
  return cache
}

const ask = (more: Partial<CacheAsk> = {}): CacheAsk => ({
  tenant: 'acme',
  route: 'chat',
  context: null,
  prompt: null,
  guards: null,
  wire: 'openai-chat',
  stream: false,
  model: 'chat',
  basis: '',
  body: {
    bytes: Buffer.from('{"messages":[]}'),
    names: ['messages'],
    members: [1, 11, 12, 14],
    text: '{"messages":[]}',
    value: { messages: [] },
  },
  version: '1.1',
  changed: false,
  nowMs: 1000,
  control: null,
  ...more,
})

async function look(cache: AnswerCache, more: Partial<CacheAsk> = {}): Promise<CacheLook> {
  return await cache.look(ask(more), { hasLeft: false, signal: new AbortController().signal })
}

async function keep(cache: AnswerCache): Promise<void> {
  const lead = await look(cache)
  if (lead === null || !('lead' in lead)) throw new Error('nobody to lead')
  const about = { target: 't', inputTokens: 1, outputTokens: 1, costMicroUsd: 1 }
  lead.keep({
    status: 200,
    contentType: 'x',
    chunks: [Buffer.from('a')],
    streamed: false,
    keptAt: 1000,
    ...about,
  })
}

const isHit = (it: CacheLook) => it !== null && 'hit' in it

describe('a compiled cache', () => {
  it('keeps what it has when its numbers change, and judges it by the new ones', async () => {
    const carry = new KeepingCarry()
    const before = compile({ ttlMs: 10_000 }, carry)
    await keep(before)
    const longer = compile({ ttlMs: 20_000, maxBytes: 5_000_000 }, carry)
    expect(isHit(await look(longer, { nowMs: 15_000 }))).toBe(true)
    const shorter = compile({ ttlMs: 10 }, carry)
    expect(isHit(await look(shorter, { nowMs: 1011 }))).toBe(false)
    // Whoever is pinned to the older version goes on by its numbers.
    expect(isHit(await look(before, { nowMs: 1011 }))).toBe(true)
    expect([...carry.kept.values()].filter((it) => it instanceof CacheMemory)).toHaveLength(1)
  })

  it('is the same while its settings and its model of embeddings are', () => {
    const carry = new KeepingCarry()
    const spec = cacheSpec.parse({ kind: 'semantic', semantic: { model: 'vec' } })
    expect(compile({}, carry, spec)).toBe(compile({}, carry, spec))
    expect(compile({ ttlMs: 5 }, carry)).not.toBe(compile({}, carry, spec))
  })

  it('begins anew in another store, and comes back to the first', async () => {
    const carry = new KeepingCarry()
    await keep(compile({}, carry))
    const redis = { store: 'redis', redis: { url: 'redis://:${env:PASSWORD}@127.0.0.1:1', timeoutMs: 1 } }
    const there = compile(redis, carry)
    expect(there.facts).toMatchObject({ store: 'redis', entries: null })
    expect(isHit(await look(there))).toBe(false)
    expect(isHit(await look(compile({}, carry)))).toBe(true)
    expect([...carry.kept.keys()].join(' ')).not.toContain('secret')
  })

  it('names the secrets of its address, and takes no password that is written out', () => {
    const of = (url: string) => cacheSpec.safeParse({ store: 'redis', redis: { url } })
    const url = 'rediss://:${env:PASSWORD}@redis.internal:6380/2'
    const { data } = of(url)
    const caches = new Map(data === undefined ? [] : [['main', data]])
    expect([...referencesOfCaches(caches)]).toEqual([{ text: url, steps: ['cache', 'main', 'redis', 'url'] }])
    expect(of('redis://127.0.0.1:6379/0').success).toBe(true)
    for (const it of ['redis://user:pass@host', 'http://host', 'host:6379'])
      expect(of(it).success, it).toBe(false)
  })

  it.each([
    [{ kind: 'semantic' }, 'semantic.model'],
    [{ store: 'redis' }, 'redis.url'],
  ])('needs what its kind and store need: %j', (settings, expected) => {
    expect(cacheSpec.safeParse(settings).error?.issues[0]?.message).toContain(expected)
  })
})
