/** What becomes of a version once it serves: observed, confirmed, taken back, drained. */
import { describe, expect, it } from 'vitest'
import type { Applied, Receipt } from '../contract/receipt.ts'
import { byFile, byHand, Toy, treeOf } from './test-toy.ts'

async function observing(
  options: ConstructorParameters<typeof Toy>[0] = {},
): Promise<{ toy: Toy; observed: Applied }> {
  const toy = new Toy(options)
  await toy.change({ mark: 1 })
  return { toy, observed: applied(await toy.change({ mark: 2 })) }
}

function applied(receipt: Receipt): Applied {
  if (receipt.outcome !== 'applied') throw new Error(`was ${receipt.outcome}, expected applied`)
  return receipt
}

describe('a version under observation', () => {
  it('is taken back in one step, before anything is awaited or written', async () => {
    const { toy, observed } = await observing()
    toy.store.refuse = () => true
    const done = toy.reloader.regress('error rate 12 %', 'analysis')
    expect(toy.serving).toBe(1)
    expect(toy.reloader.status()).toMatchObject({ applied: { version: '1.1' }, floor: { version: '1.2' } })
    expect(await done).toBe(true)
    expect(await observed.settled).toEqual({ status: 'rolled_back', reason: 'observe.regressed' })
    expect(toy.reloader.status().quarantine).toMatchObject([
      { version: '1.2', digest: observed.digest, reason: 'error rate 12 %', count: 1 },
    ])
    expect(toy.telemetry.named('reload.rollback')).toMatchObject([
      { attributes: { 'reload.rollback.trigger': 'analysis', 'reload.restored_version': '1.1' }, ended: 1 },
    ])
  })

  it('that was taken back leaves the parts before it told that they serve again', async () => {
    const { toy } = await observing()
    const told = (version: string) =>
      toy.parts.filter((it) => it.version === version).map((it) => it.committed)
    expect([told('1.1'), told('1.2')]).toEqual([
      [1, 1],
      [1, 1],
    ])
    await toy.reloader.regress('errors')
    expect([told('1.1'), told('1.2')]).toEqual([
      [2, 2],
      [1, 1],
    ])
  })

  it('that was taken back is not tried again by itself, not even under another number', async () => {
    const { toy } = await observing()
    const { bytes } = toy.sealed({ mark: 3 })
    const sealedOrigin = { ...byHand, mediaType: 'application/vnd.changeover.reload.v1.dsse+json' }
    await toy.answer(toy.reloader.offer(bytes, sealedOrigin))
    await toy.reloader.regress('errors')
    expect(await toy.answer(toy.reloader.offer(bytes, sealedOrigin))).toMatchObject({
      outcome: 'unchanged',
      reason: 'quarantined',
      version: '1.1',
    })
    expect(await toy.change({ mark: 3 }, byFile)).toMatchObject({ reason: 'quarantined' })
    expect(toy.telemetry.logs.at(-1)).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('holds what failed here before and is not tried again by itself'),
    })
    expect(toy.serving).toBe(1)
    expect(toy.clock.pending).toBe(0)
  })

  it('that was taken back comes in when a person asks for it, and is out of quarantine then', async () => {
    const { toy, observed } = await observing()
    await toy.reloader.regress('errors')
    expect(await toy.change({ mark: 2 }, { ...byHand, manual: true })).toMatchObject({
      outcome: 'applied',
      version: '1.2',
      digest: observed.digest,
    })
    expect(toy.reloader.status().quarantine).toEqual([])
  })

  it('can be let out of quarantine without being applied', async () => {
    const { toy } = await observing()
    await toy.reloader.regress('errors')
    expect(await toy.reloader.release('1.7')).toBe(false)
    expect(await toy.reloader.release('1.2')).toBe(true)
    expect(await toy.store.readRecord('quarantine')).toEqual([])
    expect(await toy.change({ mark: 2 })).toMatchObject({ outcome: 'applied' })
  })

  it('regresses while the next one is being built, which goes on unharmed', async () => {
    const { toy } = await observing()
    const next = toy.reloader.publish(
      { settings: treeOf({ mark: 3, models: 'check-slow', pool: 'b' }) },
      byHand,
    )
    await toy.rest()
    await toy.reloader.regress('errors')
    await toy.advance(200)
    expect(await next).toMatchObject({ outcome: 'applied', version: '1.3', previous: '1.1' })
    expect([toy.serving, toy.alive, toy.openPools]).toEqual([3, ['1.1', '1.3'], ['a', 'b']])
  })

  it('is taken back when nobody gives the word that it waits for', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const apply = { confirm: { mode: 'commitConfirmed', timeoutMs: 5_000 } } as const
    const receipt = applied(await toy.seal({ mark: 2 }, { apply }))
    await toy.advance(4_999)
    expect(toy.serving).toBe(2)
    const reason = 'it goes back by itself unless somebody confirms it'
    expect(toy.reloader.rollout()).toMatchObject({ state: 'baking', reason })
    await toy.advance(1)
    expect(toy.serving).toBe(1)
    expect(await receipt.settled).toEqual({ status: 'rolled_back', reason: 'observe.unconfirmed' })
  })

  it('stays when the word comes', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.seal({ mark: 2 }, { apply: { confirm: { mode: 'commitConfirmed', timeoutMs: 5_000 } } })
    expect(await toy.reloader.confirm('1.1')).toBe(false)
    expect(await toy.reloader.confirm('1.2')).toBe(true)
    await toy.advance(10_000)
    expect(toy.reloader.status()).toMatchObject({ state: 'idle', baseline: { version: '1.2' } })
  })

  it('bakes for as long as the payload says', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.seal({ mark: 2 }, { rollout: { strategy: 'allAtOnce', bakeMs: 30_000 } })
    await toy.advance(29_999)
    expect(toy.reloader.status()).toMatchObject({ state: 'observing' })
    await toy.advance(1)
    expect(toy.reloader.status()).toMatchObject({ state: 'idle', confirmed: { version: '1.2' } })
  })

  it('ends with the reloader, without a mark against it', async () => {
    const { toy, observed } = await observing()
    await toy.reloader.close({ drainMs: 0 })
    expect(await observed.settled).toEqual({ status: 'superseded', reason: 'closed' })
    expect(await toy.store.readRecord('intent')).toBeNull()
    expect(await toy.store.readRecord('baseline')).toMatchObject({ version: '1.1' })
  })
})

describe('a version that is to serve for a time', () => {
  it('is confirmed but never the baseline, and goes by itself', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.answer(toy.reloader.publish({ settings: treeOf({ mark: 2 }), serveTtlMs: 60_000 }, byHand))
    await toy.advance(1_000)
    expect(toy.reloader.status()).toMatchObject({
      state: 'idle',
      confirmed: { version: '1.2' },
      baseline: { version: '1.1' },
    })
    await toy.advance(59_000)
    expect(toy.serving).toBe(1)
    expect(toy.alive).toEqual(['1.1'])
    expect((await toy.reloader.audit()).at(-1)).toMatchObject({
      event: 'config.reload.rolled_back',
      trigger: 'ttl',
      reason: 'reload.ttl',
      to: '1.2',
    })
  })

  it('goes also when its time is over before its observation', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.answer(toy.reloader.publish({ settings: treeOf({ mark: 2 }), serveTtlMs: 500 }, byHand))
    await toy.advance(500)
    expect([toy.serving, toy.reloader.status().state]).toEqual([1, 'idle'])
  })

  it('did not fail: a source may say the same to stay, and its end is no error', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.answer(toy.reloader.publish({ settings: treeOf({ mark: 2 }), serveTtlMs: 2_000 }, byHand))
    await toy.advance(2_000)
    expect(toy.serving).toBe(1)
    expect(toy.telemetry.logs.at(-1)).toMatchObject({
      level: 'info',
      message: 'version 1.2: rolled back (reload.ttl)',
    })
    expect(await toy.change({ mark: 2 })).toMatchObject({ outcome: 'applied', version: '1.3' })
    await toy.advance(5_000)
    expect(toy.serving).toBe(2)
  })

  it('stays out of the way of the one that replaced it', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.answer(toy.reloader.publish({ settings: treeOf({ mark: 2 }), serveTtlMs: 2_000 }, byHand))
    await toy.change({ mark: 3 })
    await toy.advance(5_000)
    expect(toy.serving).toBe(3)
  })
})

describe('a rollback', () => {
  it('is a new, higher version that restores an older one', async () => {
    const toy = new Toy()
    for (const mark of [1, 2, 3]) {
      await toy.change({ mark })
      await toy.advance(1_000)
    }
    const receipt = applied(
      await toy.answer(toy.reloader.rollback({ ...byHand, trigger: 'rollback' }, '1.1')),
    )
    expect(receipt).toMatchObject({ version: '1.4', previous: '1.3' })
    expect(toy.serving).toBe(1)
    const restored = toy.reloader.line().at(0)
    expect(toy.reloader.line().at(-1)).toMatchObject({
      version: '1.4',
      restores: { version: '1.1', digest: restored?.digest },
    })
  })

  it('without a target goes to the version before', async () => {
    const toy = new Toy()
    for (const mark of [1, 2]) {
      await toy.change({ mark })
      await toy.advance(1_000)
    }
    await toy.answer(toy.reloader.rollback(byHand))
    expect(toy.serving).toBe(1)
  })

  it('from a version on trial goes to the baseline', async () => {
    const { toy } = await observing()
    await toy.change({ mark: 3 })
    await toy.answer(toy.reloader.rollback(byHand))
    expect(toy.reloader.current()).toMatchObject({ version: '1.4' })
    expect(toy.serving).toBe(1)
  })

  it('is observed as long as the version that it restores was', async () => {
    const toy = new Toy()
    const publish = (mark: number, bakeMs: number) =>
      toy.answer(toy.reloader.publish({ settings: treeOf({ mark }), bakeMs }, byHand))
    await publish(1, 30_000)
    await publish(2, 500)
    await toy.advance(500)
    await toy.answer(toy.reloader.rollback(byHand))
    await toy.advance(29_000)
    expect(toy.reloader.status()).toMatchObject({ state: 'observing', confirmed: { version: '1.2' } })
    await toy.advance(1_000)
    expect(toy.reloader.status()).toMatchObject({ state: 'idle', confirmed: { version: '1.3' } })
  })

  it('to what is not in the line is refused', async () => {
    const toy = new Toy()
    expect(await toy.answer(toy.reloader.rollback(byHand))).toMatchObject({
      code: 'reload.no_such_version',
      message: expect.stringContaining('there is no version before the one in force'),
    })
    await toy.change({ mark: 1 })
    expect(await toy.answer(toy.reloader.rollback(byHand, '1.9'))).toMatchObject({
      code: 'reload.no_such_version',
    })
  })
})

describe('a request', () => {
  it('keeps its version from first to last, whatever comes after', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const pin = toy.reloader.acquire()
    for (const mark of [2, 3]) {
      await toy.change({ mark })
      await toy.advance(1_000)
    }
    expect(pin.snapshot).toMatchObject({ version: '1.1', parts: { routes: { mark: 1, released: 0 } } })
    expect(pin.snapshot.parts.routes.pool.closed).toBe(0)
    expect(toy.reloader.status().generations).toEqual([
      { version: '1.1', pins: 1, role: 'draining' },
      { version: '1.3', pins: 0, role: 'current' },
    ])
    pin.release()
    pin.release()
    await toy.rest()
    expect(pin.snapshot.parts.routes.released).toBe(1)
    expect(toy.alive).toEqual(['1.3'])
  })

  it('is cut when its version has drained for long enough, and is told', async () => {
    const toy = new Toy({ limits: { drainMs: 60_000 } })
    await toy.change({ mark: 1 })
    const [told, quiet] = [toy.reloader.acquire(), toy.reloader.acquire()]
    const cuts: string[] = []
    told.onCut = () => cuts.push(told.snapshot.version)
    await toy.change({ mark: 2 })
    await toy.advance(1_000)
    await toy.advance(59_999)
    expect(cuts).toEqual([])
    await toy.advance(1)
    expect(cuts).toEqual(['1.1'])
    expect(toy.alive).toEqual(['1.2'])
    for (const pin of [told, quiet]) pin.release()
    expect(toy.telemetry.named('reload.drain')).toMatchObject([
      { attributes: { 'reload.drain.pinned': 2, 'reload.drain.cut': 2 }, ended: 1 },
    ])
  })

  it('is cut at once where the payload asks for it', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const pin = toy.reloader.acquire()
    let isCut = false
    pin.onCut = () => {
      isCut = true
    }
    await toy.seal({ mark: 2 }, { apply: { drain: { mode: 'cut', timeoutMs: 0 } } })
    expect(isCut).toBe(false)
    await toy.advance(1_000)
    expect([isCut, toy.alive]).toEqual([true, ['1.2']])
  })

  it('finds what it was given frozen', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const { snapshot } = toy.reloader.acquire()
    for (const it of [snapshot, snapshot.parts, snapshot.settings, snapshot.settings['routes']?.['main']]) {
      expect(Object.isFrozen(it)).toBe(true)
    }
  })

  it('before the first version is refused', () => {
    const toy = new Toy()
    expect(() => toy.reloader.acquire()).toThrow(expect.objectContaining({ code: 'reload.not_ready' }))
    expect(toy.reloader.current()).toBeNull()
  })
})

describe('live generations', () => {
  /** Four versions alive: three pinned ones that drain, and the one in force, confirmed. */
  async function crowded(atGenerationCap: 'wait' | 'cut'): Promise<{ toy: Toy; release: (() => void)[] }> {
    const toy = new Toy({ limits: { generations: 4, atGenerationCap, bakeMs: 0 } })
    const release: (() => void)[] = []
    for (const mark of [1, 2, 3, 4]) {
      await toy.change({ mark })
      const pin = toy.reloader.acquire()
      release.push(() => pin.release())
    }
    expect(toy.reloader.status().generations).toHaveLength(4)
    return { toy, release }
  }

  it('are capped: the next one waits for one to drain', async () => {
    const { toy, release } = await crowded('wait')
    const waiting = toy.reloader.publish({ settings: treeOf({ mark: 5 }) }, byHand)
    await toy.rest()
    expect(toy.serving).toBe(4)
    expect(toy.reloader.status()).toMatchObject({ generationLimit: 4, stage: 'validated' })
    expect(toy.telemetry.logs.at(-1)).toMatchObject({
      level: 'warn',
      message:
        '4 versions are alive, 4 may be; requests hold 1.1 (1), 1.2 (1), 1.3 (1): the reload waits for one of them to drain',
    })
    release[1]?.()
    await toy.rest()
    expect(await waiting).toMatchObject({ outcome: 'applied' })
    expect(toy.alive).toEqual(['1.1', '1.3', '1.4', '1.5'])
  })

  it('are capped: what waits too long is refused and may come again', async () => {
    const { toy } = await crowded('wait')
    const waiting = toy.reloader.publish({ settings: treeOf({ mark: 5 }) }, byHand)
    await toy.advance(500)
    expect(await waiting).toMatchObject({ code: 'reload.generations', retry: true })
  })

  it('are capped: the oldest is cut where that was chosen', async () => {
    const { toy } = await crowded('cut')
    await toy.change({ mark: 5 })
    expect([toy.serving, toy.alive]).toEqual([5, ['1.2', '1.3', '1.4', '1.5']])
  })

  it('may be one more to go back', async () => {
    const { toy } = await crowded('wait')
    expect(await toy.answer(toy.reloader.rollback(byHand, '1.2'))).toMatchObject({ outcome: 'applied' })
    expect(toy.reloader.status().generations).toHaveLength(5)
  })
})

describe('live resources', () => {
  it('are the same from version to version, and go with the last that kept them', async () => {
    const toy = new Toy({ limits: { bakeMs: 0 } })
    await toy.change({ mark: 1, pool: 'a' })
    await toy.change({ mark: 2, pool: 'a' })
    expect(toy.pools).toEqual([{ key: 'a', closed: 0 }])
    const pin = toy.reloader.acquire()
    await toy.change({ mark: 3, pool: 'b' })
    expect(toy.openPools).toEqual(['a', 'b'])
    pin.release()
    await toy.rest()
    expect(toy.pools).toEqual([
      { key: 'a', closed: 1 },
      { key: 'b', closed: 0 },
    ])
  })
})
