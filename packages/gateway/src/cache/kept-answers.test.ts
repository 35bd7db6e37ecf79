import { ManualClock } from '@changeover/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CacheAsk, CacheHit, CacheLead, CacheLook } from '../contract/answer-cache.ts'
import type { Leaving } from '../contract/leaving.ts'
import { CacheMemory, type Embed, KeptAnswers } from './kept-answers.ts'
import { MemoryAnswers } from './memory-answers.ts'
import { answerOf, askOf, leavingBy, question, specOf, staying, textOf } from './test-asks.ts'

interface Rig {
  readonly cache: KeptAnswers
  readonly memory: CacheMemory
  readonly clock: ManualClock
  readonly look: (ask: CacheAsk, leaving?: Leaving) => CacheLook | Promise<CacheLook>
}

function rig(settings: object = {}, embed: Embed | null = null, memory = newMemory()): Rig {
  const clock = new ManualClock()
  const cache = new KeptAnswers({ memory, spec: specOf(settings), embed, clock })
  return { cache, memory, clock, look: (ask, leaving = staying) => cache.look(ask, leaving) }
}

const newMemory = () => new CacheMemory('main', new MemoryAnswers())
const SEMANTIC = { kind: 'semantic', semantic: { model: 'embedder', threshold: 0.9 } }

/** Letters of a text as its vector: anagrams are the same, and so is what differs in case. */
const letters: Embed = (text) => {
  const vector = new Float32Array(32)
  for (const it of text.toLowerCase()) {
    const at = it.charCodeAt(0) - 97
    if (at >= 0 && at < 26) vector[at] = (vector[at] ?? 0) + 1
  }
  return Promise.resolve({ vector, asked: ASKED })
}
const ASKED = { target: 'e/e', status: 200, error: '', durationMs: 1, bill: null }

async function led(look: CacheLook | Promise<CacheLook>): Promise<CacheLead> {
  const it = await look
  if (it === null || !('lead' in it)) throw new Error(`nobody to lead: ${JSON.stringify(it)}`)
  return it
}

async function hit(look: CacheLook | Promise<CacheLook>): Promise<CacheHit> {
  const it = await look
  if (it === null || !('hit' in it)) throw new Error('no hit')
  return it
}

describe('kept answers', () => {
  it('are given to whoever asks the same, at once', async () => {
    const { look } = rig()
    const first = look(askOf())
    expect(first).not.toBeInstanceOf(Promise)
    ;(await led(first)).keep(answerOf('fine'))
    const second = look(askOf())
    expect(second).not.toBeInstanceOf(Promise)
    expect(await hit(second)).toMatchObject({ hit: 'exact' })
    expect(textOf((await hit(second)).answer)).toBe('fine')
  })

  it('are not given once they are too old, by the settings in force or by the caller', async () => {
    const memory = newMemory()
    const slow = rig({ ttlMs: 10_000 }, null, memory)
    ;(await led(slow.look(askOf()))).keep(answerOf('fine'))
    const at = (ms: number, more: Partial<CacheAsk> = {}) => askOf({ nowMs: 1_000_000 + ms, ...more })
    expect((await hit(slow.look(at(9_999)))).hit).toBe('exact')
    const quick = rig({ ttlMs: 100 }, null, memory)
    expect((await hit(quick.look(at(99)))).hit).toBe('exact')
    ;(await led(quick.look(at(100)))).drop()
    expect((await hit(slow.look(at(2_000, { control: 'max-age=3' })))).hit).toBe('exact')
    ;(await led(slow.look(at(3_000, { control: 'max-age=3' })))).drop()
    ;(await led(slow.look(at(10_000)))).drop()
  })

  it('are given at once while somebody asks for a younger one', async () => {
    const { look } = rig()
    ;(await led(look(askOf()))).keep(answerOf('fine'))
    const younger = await led(look(askOf({ nowMs: 1_009_000, control: 'max-age=1' })))
    expect((await hit(look(askOf({ nowMs: 1_009_000 })))).hit).toBe('exact')
    younger.drop()
  })

  it('are neither looked for nor kept where the caller says so', async () => {
    const { look, memory } = rig()
    ;(await led(look(askOf()))).keep(answerOf('fine'))
    expect(look(askOf({ control: 'no-store' }))).toBeNull()
    expect(memory.counts.outcomes).toMatchObject({ miss: 1, bypass: 1 })
  })

  it('are asked for anew and replaced where the caller says so, and nobody joins', async () => {
    const { look, memory } = rig()
    ;(await led(look(askOf()))).keep(answerOf('old'))
    const anew = await led(look(askOf({ control: 'no-cache' })))
    expect(memory.flights.size).toBe(0)
    anew.keep(answerOf('new'))
    expect(textOf((await hit(look(askOf()))).answer)).toBe('new')
  })

  it('are not there for what is too large, and still told to those who wait', async () => {
    const { look, memory } = rig({ maxEntryBytes: 64 })
    const first = await led(look(askOf()))
    const second = look(askOf())
    first.keep(answerOf('x'.repeat(65)))
    expect((await hit(second)).hit).toBe('joined')
    expect(memory.store.facts.entries).toBe(0)
  })

  it('never answer what differs in anything, exactly or by likeness', async () => {
    const parts = fc.record({
      tenant: fc.constantFrom('', 'acme', 'globex'),
      route: fc.constantFrom('support', 'sales'),
      context: fc.constantFrom(null, 'support@1.0.0', 'support@1.1.0'),
      prompt: fc.constantFrom(null, 'be kind', 'be short'),
      guards: fc.constantFrom(null, 'g1', 'g2'),
      basis: fc.constantFrom('openai/gpt', 'openai/other'),
      model: fc.constantFrom('support', 'help'),
      stream: fc.boolean(),
    })
    const texts = fc.constantFrom('how are you', 'How are you?', 'you are how', 'where am I', 'are you 7')
    const asked = fc.array(fc.tuple(parts, texts, fc.constantFrom(undefined, 5)), {
      minLength: 2,
      maxLength: 40,
    })
    for (const settings of [{}, SEMANTIC]) {
      await fc.assert(
        fc.asyncProperty(asked, async (all) => {
          const { look } = rig(settings, settings === SEMANTIC ? letters : null)
          for (const [about, text, limit] of all) {
            const rest = JSON.stringify([about, limit])
            const found = await look(askOf(about, question(text, { max_tokens: limit })))
            if (found === null) throw new Error('not looked at')
            if ('lead' in found) {
              found.keep(answerOf(JSON.stringify({ rest, text })))
              continue
            }
            const of = JSON.parse(textOf(found.answer)) as { rest: string; text: string }
            expect(of.rest).toBe(rest)
            if (found.hit === 'exact') expect(of.text).toBe(text)
            else expect(lettersOf(of.text)).toEqual(lettersOf(text))
          }
        }),
        { numRuns: 150, seed: 4 },
      )
    }
  })
})

const lettersOf = (text: string) => (text.toLowerCase().match(/[a-z]/g) ?? []).sort()

describe('those who ask the same at once', () => {
  it('are one question: the first asks, all others have its answer', async () => {
    const { look, memory } = rig()
    const first = await led(look(askOf()))
    const others = Array.from({ length: 499 }, () => look(askOf()))
    first.keep(answerOf('once'))
    const found = await Promise.all(others.map(hit))
    expect(new Set(found.map((it) => `${it.hit} ${textOf(it.answer)}`))).toEqual(new Set(['joined once']))
    expect(memory.counts.outcomes).toMatchObject({ miss: 1, joined: 499 })
    expect(memory.counts.savedMicroUsd).toBe(499 * 5)
    expect(memory.flights.size).toBe(0)
  })

  it('ask in turn while it fails, one at a time', async () => {
    const { look, memory } = rig()
    const first = await led(look(askOf()))
    const [second, third, fourth] = [look(askOf()), look(askOf()), look(askOf())]
    first.drop()
    const next = await led(second)
    expect(memory.counts.outcomes.miss).toBe(2)
    next.drop()
    ;(await led(third)).share(answerOf('at last'))
    expect(textOf((await hit(fourth)).answer)).toBe('at last')
    expect(memory.flights.size).toBe(0)
    expect(memory.store.facts.entries).toBe(0)
  })

  it('go on when one of them leaves, whoever it is', async () => {
    const { look } = rig()
    const leaving = new AbortController()
    const first = await led(look(askOf()))
    const [second, third] = [look(askOf(), leavingBy(leaving)), look(askOf())]
    leaving.abort()
    expect(await second).toBeNull()
    first.keep(answerOf('fine'))
    expect((await hit(third)).hit).toBe('joined')
    expect(await rig().look(askOf(), leavingBy(leaving))).toBeNull()
  })

  it('pass on the turn to ask when it comes to one who has left', async () => {
    const { look, memory } = rig()
    const leaving = new AbortController()
    const first = await led(look(askOf()))
    const [second, third] = [look(askOf(), leavingBy(leaving)), look(askOf())]
    first.drop()
    leaving.abort()
    expect(await second).toBeNull()
    ;(await led(third)).drop()
    expect(memory.flights.size).toBe(0)
  })

  it('wait no longer than they are told, and then ask for themselves', async () => {
    const { look, clock, memory } = rig({ waitMs: 100 })
    const first = await led(look(askOf()))
    const second = look(askOf())
    await clock.advance(99)
    const third = look(askOf())
    await clock.advance(1)
    ;(await led(second)).drop()
    first.keep(answerOf('late'))
    expect((await hit(third)).hit).toBe('joined')
    expect(memory.flights.size).toBe(0)
  })

  it('are told once, whatever the first does afterwards', async () => {
    const { look } = rig()
    const first = await led(look(askOf()))
    const second = look(askOf())
    first.keep(answerOf('one'))
    first.drop()
    first.share(answerOf('two'))
    expect(textOf((await hit(second)).answer)).toBe('one')
    expect(textOf((await hit(look(askOf()))).answer)).toBe('one')
    const other = await led(look(askOf({ tenant: 'globex' })))
    other.drop()
    other.keep(answerOf('too late'))
    ;(await led(look(askOf({ tenant: 'globex' })))).drop()
  })
})

describe('alike messages', () => {
  it('have the same answer, and who was asked for that is told', async () => {
    const { look, memory } = rig(SEMANTIC, letters)
    const first = await led(look(askOf({}, question('how are you'))))
    expect(first.asked).toEqual(ASKED)
    first.keep(answerOf('fine'))
    const found = await hit(look(askOf({}, question('HOW are you?'))))
    expect(found).toMatchObject({ hit: 'semantic', asked: ASKED })
    expect((await hit(look(askOf({}, question('how are you'))))).hit).toBe('exact')
    ;(await led(look(askOf({}, question('who is there'))))).drop()
    expect(memory.vectors.size).toBe(1)
  })

  it('are looked for once by all who ask the same', async () => {
    let asked = 0
    const { look } = rig(SEMANTIC, (text, it) => {
      asked += 1
      return letters(text, it)
    })
    ;(await led(look(askOf({}, question('how are you'))))).keep(answerOf('fine'))
    const found = await Promise.all([1, 2, 3].map(() => hit(look(askOf({}, question('you are how'))))))
    expect(found.map((it) => it.hit)).toEqual(['semantic', 'joined', 'joined'])
    expect(asked).toBe(2)
  })

  it('are no reason to fail: without a vector the request goes on', async () => {
    const failed = { ...ASKED, error: 'upstream.timeout', status: null }
    const { look } = rig(SEMANTIC, () => Promise.resolve({ vector: null, asked: failed }))
    const first = await led(look(askOf()))
    expect(first.asked).toEqual(failed)
    first.keep(answerOf('fine'))
    expect((await hit(look(askOf()))).hit).toBe('exact')
    const broken = rig(SEMANTIC, () => Promise.reject(new Error('bug')))
    ;(await led(broken.look(askOf()))).drop()
  })

  it('leave nobody waiting when looking for them goes wrong', async () => {
    const { look, memory } = rig(SEMANTIC, letters)
    memory.vectors.find = () => {
      throw new Error('bug')
    }
    expect(await look(askOf())).toBeNull()
    expect(memory.flights.size).toBe(0)
  })

  it('are forgotten with their answers', async () => {
    const { look, memory } = rig(SEMANTIC, letters)
    ;(await led(look(askOf({}, question('how are you'))))).keep(answerOf('fine'))
    await memory.store.clear({})
    ;(await led(look(askOf({}, question('how are you?'))))).drop()
    expect(memory.vectors.size).toBe(0)
  })

  it('whose asker leaves while it waits for the vector leave the turn to the next', async () => {
    const leaving = new AbortController()
    const { look } = rig(SEMANTIC, letters)
    const first = look(askOf(), leavingBy(leaving))
    const second = look(askOf())
    leaving.abort()
    expect(await first).toBeNull()
    ;(await led(second)).drop()
  })
})
