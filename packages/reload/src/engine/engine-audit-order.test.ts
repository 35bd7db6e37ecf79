/** What the audit log says of a version is never ahead of what the records say: a crash in between would show both. */
import { describe, expect, it } from 'vitest'
import { byHand, type ListedStore, Toy, treeOf } from './test-toy.ts'

/** A second version whose baseline is just being written, and the store that does so. */
async function beingConfirmed(): Promise<{ toy: Toy; store: ListedStore; letGo: () => void }> {
  const toy = new Toy()
  const { store } = toy
  await toy.change({ mark: 1 })
  const { promise, resolve } = Promise.withResolvers<void>()
  store.hold = (write) => (write === 'baseline' ? promise : null)
  await toy.change({ mark: 2 })
  await toy.advance(1_000)
  expect(toy.reloader.status()).toMatchObject({ applied: { version: '1.2' }, baseline: { version: '1.1' } })
  store.writes.length = 0
  return { toy, store, letGo: resolve }
}

describe('an attempt that ends while its baseline is being written', () => {
  it('is called superseded only once the true baseline is in the store', async () => {
    const toy = new Toy()
    const { store } = toy
    const [intent, baseline] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    await toy.change({ mark: 1 })
    await toy.change({ mark: 2 })
    store.hold = (write) =>
      write === 'intent' ? intent.promise : write === 'baseline' ? baseline.promise : null
    const next = toy.reloader.publish({ settings: treeOf({ mark: 3 }) }, byHand)
    await toy.rest()
    // Its time is over while the next one is at its last write: the baseline stands in line behind that.
    await toy.advance(1_000)
    store.writes.length = 0
    intent.resolve()
    await toy.answer(next)
    expect([toy.serving, store.writes]).toEqual([3, ['intent']])
    baseline.resolve()
    await toy.rest()
    expect(store.writes.filter((it) => it === 'baseline')).toHaveLength(2)
    expect(store.writes.indexOf('audit superseded')).toBeGreaterThan(store.writes.lastIndexOf('baseline'))
    expect(await store.readRecord('baseline')).toMatchObject({ version: '1.1' })
  })

  it('is called rolled back only then, and is out of service at once', async () => {
    const { toy, store, letGo } = await beingConfirmed()
    expect(await toy.reloader.regress('errors')).toBe(true)
    expect(toy.serving).toBe(1)
    await toy.rest()
    expect(store.writes).toEqual([])
    letGo()
    await toy.rest()
    const [baseline, quarantine, ended] = ['baseline', 'quarantine', 'audit rolled_back'].map((it) =>
      store.writes.lastIndexOf(it),
    )
    expect(baseline).toBeGreaterThan(0)
    expect(ended).toBeGreaterThan(Math.max(baseline ?? 0, quarantine ?? 0))
  })

  it('does not hold up the next one once the store is well again', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.change({ mark: 2 })
    toy.store.refuse = () => true
    await toy.reloader.regress('errors')
    await toy.rest()
    toy.store.refuse = () => false
    expect(await toy.change({ mark: 3 })).toMatchObject({ outcome: 'applied', version: '1.3' })
    expect(toy.store.writes.indexOf('audit rolled_back')).toBeGreaterThan(
      toy.store.writes.indexOf('quarantine'),
    )
  })

  it('comes back after a crash at any of these writes as what its log says', async () => {
    for (const last of [0, 1, 2, 3, 4, 5, 6]) {
      const { toy, store, letGo } = await beingConfirmed()
      store.hold = () => (store.writes.length > last ? new Promise(() => {}) : null)
      letGo()
      void toy.reloader.regress('errors')
      await toy.rest()
      // What the dead process is waiting for never comes.
      store.hold = () => null
      const next = toy.crash()
      await next.reloader.start()
      await next.rest()
      const said = (await next.reloader.audit()).filter((it) => it.to === '1.2').at(-1)?.event
      const isBaseline = next.reloader.status().baseline?.version === '1.2'
      expect([last, said === 'config.reload.completed']).toEqual([last, isBaseline])
    }
  })
})
