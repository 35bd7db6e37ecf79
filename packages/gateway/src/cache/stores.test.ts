import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KeptAnswer } from '../contract/answer-cache.ts'
import { keyOf } from './answer-key.ts'
import { readControl } from './cache-control.ts'
import { MemoryAnswers } from './memory-answers.ts'
import { answerOf, askOf, question, textOf } from './test-asks.ts'
import { Vectors } from './vectors.ts'

const keyFor = (text: string, more: object = {}) => {
  const key = keyOf(askOf(more, question(text)), { sampled: false, semantic: true, sealed: true })
  if (key === null) throw new Error('no key')
  return key
}
const bounds = { ttlMs: 1000, maxBytes: 3000, maxEntryBytes: 2000, timeoutMs: 0 }

describe('answers in memory', () => {
  it('stay within their bytes, and those that were asked for last stay', () => {
    const texts = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), fc.nat(1500)), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(texts, (all) => {
        const store = new MemoryAnswers()
        for (const [name, length] of all) {
          store.keep(keyFor(name), answerOf('x'.repeat(length)), bounds)
          expect(store.facts.bytes).toBeLessThanOrEqual(bounds.maxBytes)
          expect(store.find(keyFor(name))).not.toBeNull()
        }
        store.clear({})
        expect(store.facts).toMatchObject({ entries: 0, bytes: 0 })
      }),
    )
  })

  it('go in the order in which they were not asked for', () => {
    const store = new MemoryAnswers()
    for (const it of ['a', 'b', 'c']) store.keep(keyFor(it), answerOf('x'.repeat(700)), bounds)
    store.find(keyFor('a'))
    store.keep(keyFor('d'), answerOf('x'.repeat(700)), bounds)
    expect(['a', 'b', 'c', 'd'].map((it) => store.find(keyFor(it)) !== null)).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect(store.facts.evicted).toBe(1)
  })

  it('are what was kept last under their name, whatever came and went', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    const wide = { ttlMs: 50, maxBytes: 1_200_000, maxEntryBytes: 400_000, timeoutMs: 0 }
    const step = fc.record({
      name: fc.constantFrom(...names),
      does: fc.constantFrom('keep', 'keep', 'keep', 'find', 'find', 'clear'),
      sizes: fc.array(fc.oneof(fc.nat(100), fc.nat(150_000)), { maxLength: 3 }),
      tenant: fc.constantFrom('acme', 'ä€𝄞', ''),
      more: fc.record({
        status: fc.constantFrom(200, 404),
        contentType: fc.constantFrom('application/json', 'text/plain; x="ü"'),
        streamed: fc.boolean(),
        target: fc.constantFrom('openai/gpt', ''),
        inputTokens: fc.option(fc.nat()),
        outputTokens: fc.option(fc.nat()),
        costMicroUsd: fc.option(fc.double({ noNaN: true })),
      }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const store = new MemoryAnswers()
        const kept = new Map<string, KeptAnswer>()
        for (const [at, { name, does, sizes, tenant, more }] of steps.entries()) {
          const key = keyFor(name)
          const found = store.find(key)
          if (found !== null) expect(found).toEqual(kept.get(name))
          if (does === 'clear') {
            store.clear({ tenant })
            for (const it of names) if (store.find(keyFor(it)) === null) kept.delete(it)
          } else if (does === 'keep') {
            const chunks = sizes.map((size, i) => Buffer.alloc(size, at + i))
            const answer = { ...answerOf(''), ...more, chunks, keptAt: at }
            kept.set(name, answer)
            store.keep({ ...key, tenant }, answer, wide)
            const bytes = sizes.reduce((sum, it) => sum + it, 0)
            expect(store.find(key)).toEqual(bytes > wide.maxEntryBytes ? null : answer)
          }
          expect(store.facts.bytes).toBeLessThanOrEqual(wide.maxBytes)
          expect(store.facts.entries).toBe(names.filter((it) => store.find(keyFor(it)) !== null).length)
        }
      }),
    )
  })

  it('go when they are too old to be given, asked for or not', () => {
    const store = new MemoryAnswers()
    const keep = (name: string, at: number) =>
      store.keep(keyFor(name), answerOf(name, { keptAt: at }), bounds)
    keep('a', 0)
    keep('b', 1)
    store.find(keyFor('a'))
    keep('c', 1000)
    expect(store.facts).toMatchObject({ entries: 2, evicted: 1 })
    expect(store.find(keyFor('a'))).toBeNull()
  })

  it('get one more turn for having been asked, and not another', () => {
    const store = new MemoryAnswers()
    const keep = (name: string) => store.keep(keyFor(name), answerOf('x'.repeat(700)), bounds)
    for (const it of ['a', 'b', 'c']) keep(it)
    store.find(keyFor('a'))
    for (const it of ['d', 'e', 'f', 'g']) keep(it)
    expect(store.find(keyFor('a'))).toBeNull()
  })

  it('are not all moved for one more, where all of them were asked for', () => {
    const store = new MemoryAnswers()
    const wide = { ...bounds, maxBytes: 5_000_000 }
    const names: string[] = []
    for (; store.facts.evicted === 0; names.push(`${names.length}`))
      store.keep(keyFor(String(names.length)), answerOf('x'.repeat(1700)), wide)
    names.shift()
    for (const it of names) store.find(keyFor(it))
    store.keep(keyFor('one more'), answerOf('x'.repeat(1700)), wide)
    const gone = names.findIndex((it) => store.find(keyFor(it)) === null)
    // The oldest has another turn, and so have those of a megabyte behind it; not all five.
    expect([store.facts.evicted, gone > 0, gone < names.length / 3]).toEqual([2, true, true])
  })

  it('go a thousand at a time when all have become too old at once', () => {
    const store = new MemoryAnswers()
    const wide = { ...bounds, maxBytes: 5_000_000 }
    const keep = (name: number, at: number) =>
      store.keep(keyFor(String(name)), answerOf('x', { keptAt: at }), wide)
    for (let i = 0; i < 2500; i += 1) keep(i, 0)
    const left = [1, 2, 3].map((it) => {
      keep(-it, bounds.ttlMs)
      return store.facts.entries
    })
    expect(left).toEqual([1501, 502, 3])
  })

  it('are copies, cut as they came', () => {
    const store = new MemoryAnswers()
    const block = Buffer.from('one two')
    store.keep(
      keyFor('a'),
      answerOf('', { chunks: [block.subarray(0, 3), block.subarray(3)], streamed: true }),
      bounds,
    )
    block.fill('x')
    expect(store.find(keyFor('a'))?.chunks.map(String)).toEqual(['one', ' two'])
  })

  it('are cleared by tenant and route', () => {
    const store = new MemoryAnswers()
    for (const tenant of ['a', 'b']) {
      for (const route of ['r', 's']) store.keep(keyFor('x', { tenant, route }), answerOf(tenant), bounds)
    }
    expect(store.clear({ tenant: 'a', route: 'r' })).toBe(1)
    expect(store.clear({ route: 'r' })).toBe(1)
    expect(store.clear({ tenant: 'a' })).toBe(1)
    expect(textOf(store.find(keyFor('x', { tenant: 'b', route: 's' })) ?? answerOf('none'))).toBe('b')
    expect(store.clear({})).toBe(1)
  })
})

describe('vectors', () => {
  const numbers = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 12, maxLength: 12 })

  it('find what comparing all of them in full would', () => {
    const threshold = fc.double({ min: 0.5, max: 0.99, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(numbers, { minLength: 1, maxLength: 30 }),
        numbers,
        threshold,
        (all, asked, least) => {
          const vectors = new Vectors<number>()
          all.forEach((it, value) => vectors.add('p', { vector: Float32Array.from(it), value }, 100))
          const best = Math.max(...all.map((it) => cosine(it, asked)).filter((it) => !Number.isNaN(it)), -1)
          const found = vectors.find('p', Float32Array.from(asked), least)
          if (best > least + 1e-5) expect(found?.likeness).toBeCloseTo(best, 4)
          if (best < least - 1e-5) expect(found).toBeNull()
          expect(vectors.find('q', Float32Array.from(asked), -1)).toBeNull()
        },
      ),
    )
  })

  it('find a text by itself at the highest threshold', () => {
    fc.assert(
      fc.property(numbers, (it) => {
        fc.pre(it.some((at) => at !== 0))
        const vectors = new Vectors<number>()
        vectors.add('p', { vector: Float32Array.from(it), value: 1 }, 9)
        expect(vectors.find('p', Float32Array.from(it), 1)?.value).toBe(1)
      }),
    )
  })

  it('are no more than there may be, and the oldest go', () => {
    const vectors = new Vectors<number>()
    for (let i = 0; i < 5; i += 1) vectors.add(`p${i % 2}`, { vector: axis(i), value: i }, 3)
    expect(vectors.size).toBe(3)
    expect([0, 1, 2, 3, 4].map((i) => vectors.find(`p${i % 2}`, axis(i), 0.9)?.value ?? null)).toEqual([
      null,
      null,
      2,
      3,
      4,
    ])
  })

  it('of another length, of no length or of no numbers are like nothing', () => {
    const vectors = new Vectors<number>()
    vectors.add('p', { vector: axis(1), value: 1 }, 9)
    vectors.add('p', { vector: new Float32Array(8), value: 2 }, 9)
    vectors.add('p', { vector: Float32Array.from([Number.NaN]), value: 3 }, 9)
    expect(vectors.size).toBe(1)
    expect(vectors.find('p', Float32Array.from([0, 1]), 0.5)).toBeNull()
    expect(vectors.find('p', new Float32Array(8), 0)).toBeNull()
  })
})

describe('what a caller says of kept answers', () => {
  it.each([
    [null, false, null],
    ['', false, null],
    ['no-store', true, null],
    ['No-Cache', false, 0],
    ['max-age=5', false, 5000],
    ['max-age = 5 , no-store', true, 5000],
    ['max-age=9, max-age=5', false, 5000],
    ['max-age=5, no-cache', false, 0],
    ['max-age=x, public, max-stale', false, null],
  ])('in %j is read', (text, noStore, maxAgeMs) => {
    expect(readControl(text)).toEqual({ noStore, maxAgeMs })
  })
})

function axis(i: number): Float32Array {
  const vector = new Float32Array(8)
  vector[i] = 2
  return vector
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, it, i) => sum + it * (b[i] ?? 0), 0)
  return dot / (Math.hypot(...a) * Math.hypot(...b))
}
