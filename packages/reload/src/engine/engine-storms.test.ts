/** Reload storms: what comes by itself is slowed down, stopped, and never lost; what a person asks for is not. */
import { describe, expect, it } from 'vitest'
import type { Receipt } from '../contract/receipt.ts'
import { byFile, byHand, bytesOf, Toy, treeOf, type Wish } from './test-toy.ts'

function offer(toy: Toy, wish: Wish): Promise<Receipt> {
  return toy.reloader.offer(bytesOf(treeOf(wish)), byFile)
}

async function serving(options: ConstructorParameters<typeof Toy>[0] = {}): Promise<Toy> {
  const toy = new Toy(options)
  await toy.change({ mark: 1 })
  return toy
}

describe('a source that changes', () => {
  it('is waited for until it is quiet, and only the newest comes in', async () => {
    const toy = await serving()
    const first = offer(toy, { mark: 2 })
    await toy.advance(60)
    const second = offer(toy, { mark: 3 })
    await toy.advance(60)
    expect(toy.serving).toBe(1)
    await toy.advance(40)
    expect(toy.serving).toBe(3)
    expect([(await first).outcome, (await second).outcome]).toEqual(['superseded', 'applied'])
  })

  it('without end is not waited for for ever', async () => {
    const toy = await serving({ limits: { debounceMaxMs: 1_000 } })
    const receipts: Promise<Receipt>[] = []
    for (let mark = 2; mark <= 21; mark++) {
      receipts.push(offer(toy, { mark }))
      await toy.advance(60)
    }
    const outcomes = (await Promise.all(receipts.slice(0, -3))).map((it) => it.outcome)
    expect(outcomes.filter((it) => it === 'applied')).toHaveLength(1)
  })

  it('is let in for the first version at once', async () => {
    const toy = new Toy()
    expect(await toy.change({ mark: 1 }, byFile)).toMatchObject({ outcome: 'applied' })
  })

  it('too often has to wait for a token, and a person does not', async () => {
    const toy = await serving({ limits: { burst: 2, refillMs: 15_000 } })
    for (const mark of [2, 3]) {
      const receipt = offer(toy, { mark })
      await toy.advance(100)
      expect(await receipt).toMatchObject({ outcome: 'applied' })
    }
    const third = offer(toy, { mark: 4 })
    await toy.advance(5_000)
    expect(toy.serving).toBe(3)
    expect(await toy.change({ mark: 5 })).toMatchObject({ outcome: 'applied' })
    expect(await third).toMatchObject({ outcome: 'superseded' })
    const fourth = offer(toy, { mark: 6 })
    await toy.advance(10_000)
    expect(await fourth).toMatchObject({ outcome: 'applied' })
  })
})

describe('the breaker', () => {
  /** Three versions that do not work. */
  async function open(): Promise<Toy> {
    const toy = await serving()
    for (const mark of [2, 3, 4]) await toy.change({ mark, models: 'check' })
    return toy
  }

  it('opens after three failures, and says when to come again', async () => {
    const toy = await open()
    expect(toy.reloader.status().breaker).toBe('open')
    expect(await toy.change({ mark: 5 })).toMatchObject({
      code: 'storm.breaker_open',
      retry: true,
      message: '3 reloads failed in a row; the next is taken in 60000 ms, or now by hand',
    })
  })

  it('does not open for typing mistakes and forgeries', async () => {
    const toy = await serving()
    for (const mark of [2, 3, 4, 5]) {
      await toy.change({ mark, models: 'validate' })
      await toy.seal({ mark }, { scope: 'toy/two' })
    }
    expect(toy.reloader.status().breaker).toBe('closed')
  })

  it('lets a person and the way back through', async () => {
    const toy = await open()
    expect(await toy.change({ mark: 5 }, { ...byHand, manual: true })).toMatchObject({ outcome: 'applied' })
    expect(await toy.answer(toy.reloader.rollback(byHand))).toMatchObject({ outcome: 'applied' })
  })

  it('half opens for one attempt, whose failure opens it again', async () => {
    const toy = await open()
    await toy.advance(60_000)
    expect(toy.reloader.status().breaker).toBe('half_open')
    await toy.change({ mark: 6, models: 'check' })
    expect(toy.reloader.status().breaker).toBe('open')
  })

  it('closes when that attempt is confirmed', async () => {
    const toy = await open()
    await toy.advance(60_000)
    expect(await toy.change({ mark: 6 })).toMatchObject({ outcome: 'applied' })
    expect(await toy.change({ mark: 7 })).toMatchObject({ code: 'storm.breaker_open' })
    await toy.advance(1_000)
    expect(toy.reloader.status().breaker).toBe('closed')
  })

  it('holds up a file that changed, and lets it in by itself when it half opens', async () => {
    const toy = await open()
    const receipt = offer(toy, { mark: 5 })
    await toy.advance(100)
    expect(await receipt).toMatchObject({ code: 'storm.breaker_open' })
    await toy.advance(61_000)
    expect(toy.serving).toBe(5)
  })
})

describe('a failure of the moment', () => {
  it('is tried once more when it was the warm-up', async () => {
    const toy = await serving()
    const receipt = offer(toy, { mark: 2, models: 'check' })
    await toy.advance(100)
    expect(await receipt).toMatchObject({ code: 'warmup.failed' })
    await toy.advance(600_000)
    expect(toy.telemetry.named('reload').filter((it) => it.failed === 'warmup.failed')).toHaveLength(2)
    expect(toy.clock.pending).toBe(0)
  })

  it('is not tried again once something newer has come', async () => {
    const toy = await serving()
    toy.store.refuse = (it) => it === 'blob'
    const receipt = offer(toy, { mark: 2 })
    await toy.advance(100)
    await receipt
    toy.store.refuse = () => false
    await toy.change({ mark: 3 })
    await toy.advance(60_000)
    expect(toy.serving).toBe(3)
  })
})
