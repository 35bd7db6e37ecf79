/** A version that waits for its time, and a process that ends meanwhile. */
import { describe, expect, it } from 'vitest'
import type { Origin } from '../contract/origin.ts'
import type { Manifest } from '../contract/payload.ts'
import type { Receipt } from '../contract/receipt.ts'
import { byFile, byHand, Toy, treeOf } from './test-toy.ts'

const HOUR_MS = 3_600_000
const TEN = '2026-11-21T10:00:00Z'

/** Version 1.1 serves, and 1.2 waits until ten. */
async function waiting(origin: Origin = byHand, over: Partial<Manifest> = {}): Promise<Toy> {
  const toy = new Toy()
  await toy.change({ mark: 1 })
  await toy.advance(2_000)
  const rollout = { strategy: 'allAtOnce', startAt: TEN } as Manifest['rollout']
  const receipt =
    over.expires === undefined
      ? await toy.answer(toy.reloader.publish({ settings: treeOf({ mark: 2 }), rollout }, origin))
      : await toy.seal({ mark: 2 }, { rollout, ...over }, origin)
  expect(receipt).toMatchObject({ outcome: 'waiting', waitsFor: 'schedule', candidate: '1.2' })
  return toy
}

/** The next process over what `toy` left, which has crashed. */
async function crashed(toy: Toy): Promise<Toy> {
  const next = toy.crash()
  await next.answer(next.reloader.start().then(() => ({}) as Receipt))
  return next
}

async function takeUp(toy: Toy): Promise<Receipt | null> {
  const receipt = toy.reloader.takeUp()
  return receipt === null ? null : await toy.answer(receipt)
}

const kept = (toy: Toy) => toy.store.readRecord('scheduled')

describe('a version that waits for its time', () => {
  it('is written down before anybody is told that it waits, and not told where that fails', async () => {
    const toy = await waiting()
    expect(toy.store.writes).toContain('scheduled')
    expect(await kept(toy)).toMatchObject({ version: '1.2', trigger: 'admin_api', actor: 'user:bo' })
    const other = new Toy()
    await other.change({ mark: 1 })
    await other.advance(2_000)
    other.store.refuse = (write) => write === 'scheduled'
    const rollout = { strategy: 'allAtOnce', startAt: TEN } as Manifest['rollout']
    const draft = { settings: treeOf({ mark: 2 }), rollout }
    expect(await other.answer(other.reloader.publish(draft, byHand))).toMatchObject({
      outcome: 'refused',
      code: 'store.failed',
    })
  })

  it('waits on after a crash, holding nothing, by the same number and the same person, and comes in at its time', async () => {
    const toy = await crashed(await waiting())
    expect(toy.reloader.rollout()).toBeNull()
    expect(await takeUp(toy)).toMatchObject({ outcome: 'waiting', candidate: '1.2', version: '1.1' })
    expect(toy.reloader.rollout()).toMatchObject({ state: 'scheduled', version: '1.2' })
    expect(toy.alive).toEqual(['1.1'])
    expect(toy.reloader.status().last).toMatchObject({ actor: 'user:bo', trigger: 'admin_api' })
    await toy.advance(HOUR_MS)
    expect([toy.version, toy.serving]).toEqual(['1.2', 2])
    await toy.advance(2_000)
    expect(await kept(toy)).toBeNull()
    const again = await crashed(toy)
    expect([again.version, await takeUp(again)]).toEqual(['1.2', null])
  })

  it('survives any number of restarts, and comes in at once where its time was over meanwhile', async () => {
    let toy = await waiting()
    for (let i = 0; i < 3; i += 1) {
      toy = await crashed(toy)
      expect(await takeUp(toy)).toMatchObject({ outcome: 'waiting', candidate: '1.2' })
    }
    await toy.reloader.close()
    expect(await kept(toy)).toMatchObject({ version: '1.2' })
    const late = await crashed(toy)
    await late.advance(HOUR_MS)
    expect(await takeUp(late)).toMatchObject({ outcome: 'applied', version: '1.2' })
  })

  it('is gone when it was aborted, or something newer came', async () => {
    const aborted = await crashed(await waiting())
    await takeUp(aborted)
    await aborted.reloader.abort('1.2', 'no')
    await aborted.rest()
    expect(await kept(aborted)).toBeNull()
    const overtaken = await waiting()
    expect(await overtaken.change({ mark: 3 })).toMatchObject({ outcome: 'applied', version: '1.3' })
    expect(await kept(overtaken)).toBeNull()
  })

  it('is refused when it has expired by the time that it is taken up, or its time has come', async () => {
    const expires = '2026-11-21T10:30:00Z'
    const late = await crashed(await waiting(byHand, { expires }))
    await late.advance(2 * HOUR_MS)
    expect(await takeUp(late)).toMatchObject({ outcome: 'refused', code: 'verify.expired' })
    expect(await kept(late)).toBeNull()
    const inTime = await crashed(await waiting(byHand, { expires }))
    expect(await takeUp(inTime)).toMatchObject({ outcome: 'waiting' })
    await inTime.advance(HOUR_MS)
    expect(inTime.version).toBe('1.2')
  })

  it('is not brought in upon anything else than it was made for', async () => {
    const toy = await crashed(await waiting())
    await toy.change({ mark: 3 })
    await toy.advance(2_000)
    expect(await takeUp(toy)).toMatchObject({ outcome: 'refused', code: 'verify.conflict' })
    expect([toy.version, await kept(toy)]).toEqual(['1.3', null])
  })

  it('is left to its source where it came from one, which offers it again or does not', async () => {
    const toy = await waiting({ ...byFile, actor: 'file:settings.json', manual: true })
    const next = await crashed(toy)
    expect(await takeUp(next)).toBeNull()
    await next.rest()
    expect(await kept(next)).toBeNull()
  })

  it('is refused, and nothing worse, where its bytes are damaged', async () => {
    const toy = await waiting()
    const readBlob = toy.store.readBlob
    const digest = (await kept(toy))?.digest
    toy.store.readBlob = async (it) => (it === digest ? null : await readBlob(it))
    const next = await crashed(toy)
    expect(await takeUp(next)).toMatchObject({ outcome: 'refused', code: 'store.corrupt' })
    expect(next.version).toBe('1.1')
  })
})
