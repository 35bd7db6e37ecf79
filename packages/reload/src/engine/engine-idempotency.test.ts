/** Idempotency keys: one offer sent twice is one offer, also when the process was another in between. */
import { describe, expect, it } from 'vitest'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import type { Receipt } from '../contract/receipt.ts'
import { byHand, bytesOf, Toy, treeOf } from './test-toy.ts'

const keyed = (idempotencyKey: string) => ({ ...byHand, idempotencyKey })

async function restart(toy: Toy): Promise<Toy> {
  await toy.advance(1_000)
  const next = toy.crash()
  await next.reloader.start()
  await next.rest()
  return next
}

/** Without the promise, which no two receipts share. */
async function told(receipt: Receipt): Promise<unknown> {
  return receipt.outcome === 'applied' ? { ...receipt, settled: await receipt.settled } : receipt
}

describe('after a restart', () => {
  it('the same offer under the same key gets the same receipt, and changes nothing', async () => {
    const before = new Toy()
    await before.change({ mark: 1 }, keyed('first'))
    const receipt = await before.change({ mark: 2 }, keyed('second'))
    const unchanged = await before.change({ mark: 2 }, keyed('again'))
    await before.change({ mark: 3 })
    const toy = await restart(before)
    const built = toy.parts.length
    expect(await told(await toy.change({ mark: 2 }, keyed('second')))).toEqual(await told(receipt))
    expect(await toy.change({ mark: 2 }, keyed('again'))).toEqual(unchanged)
    expect([toy.serving, toy.parts.length]).toEqual([3, built])
  })

  it('another offer under the same key is refused, and the key stays with the first', async () => {
    const before = new Toy()
    const receipt = await before.change({ mark: 1 }, keyed('k'))
    const once = await restart(before)
    expect(await once.change({ mark: 2 }, keyed('k'))).toMatchObject({ code: 'verify.idempotency' })
    const twice = await restart(once)
    expect(await twice.change({ mark: 2 }, keyed('k'))).toMatchObject({ code: 'verify.idempotency' })
    expect(await told(await twice.change({ mark: 1 }, keyed('k')))).toEqual(await told(receipt))
  })

  it('drafts and roll backs are known like bytes', async () => {
    const before = new Toy()
    await before.change({ mark: 1 })
    await before.change({ mark: 2 })
    const published = await before.answer(
      before.reloader.publish({ settings: treeOf({ mark: 3 }) }, keyed('draft')),
    )
    const back = await before.answer(before.reloader.rollback(keyed('back'), '1.1'))
    const toy = await restart(before)
    const again = toy.reloader.publish({ settings: treeOf({ mark: 3 }) }, keyed('draft'))
    expect(await told(await toy.answer(again))).toEqual(await told(published))
    expect(await told(await toy.answer(toy.reloader.rollback(keyed('back'), '1.1')))).toEqual(
      await told(back),
    )
    expect(await toy.answer(toy.reloader.rollback(keyed('back'), '1.2'))).toMatchObject({
      code: 'verify.idempotency',
    })
  })

  it('how it had settled is told with it', async () => {
    const before = new Toy()
    await before.change({ mark: 1 })
    const bad = await before.change({ mark: 2 }, keyed('bad'))
    await before.reloader.regress('errors')
    const toy = await restart(before)
    const again = await toy.change({ mark: 2 }, keyed('bad'))
    expect(await told(again)).toEqual(await told(bad))
    expect(again.outcome === 'applied' && (await again.settled)).toMatchObject({ status: 'rolled_back' })
    expect(toy.serving).toBe(1)
  })

  it('what was refused is judged again, under the same key only for the same bytes', async () => {
    const before = new Toy()
    await before.change({ mark: 1 })
    await before.change({ mark: 2, models: 'validate' }, keyed('k'))
    const toy = await restart(before)
    expect(await toy.change({ mark: 3 }, keyed('k'))).toMatchObject({ code: 'verify.idempotency' })
    expect(await toy.change({ mark: 2, models: 'validate' }, keyed('k'))).toMatchObject({
      code: 'validate.refused',
    })
  })

  it('what was cut off is brought in when it is sent again', async () => {
    const before = new Toy()
    await before.change({ mark: 1 })
    await before.advance(1_000)
    await before.change({ mark: 2 }, keyed('k'))
    const toy = before.crash()
    await toy.reloader.start()
    await toy.rest()
    expect(toy.serving).toBe(1)
    expect(await toy.change({ mark: 3 }, keyed('k'))).toMatchObject({ code: 'verify.idempotency' })
    expect(await toy.change({ mark: 2 }, keyed('k'))).toMatchObject({ outcome: 'applied', version: '1.2' })
  })

  it('the key inside a sealed payload still stands for that payload', async () => {
    const before = new Toy()
    await before.seal({ mark: 1 }, { idempotencyKey: 'inside' })
    const toy = await restart(before)
    expect(await toy.seal({ mark: 2 }, { idempotencyKey: 'inside' })).toMatchObject({
      code: 'verify.idempotency',
    })
    expect(await toy.change({ mark: 2 }, keyed('inside'))).toMatchObject({ code: 'verify.idempotency' })
  })
})

describe('a key whose offer could not be taken just now', () => {
  it('may be sent again, and is then taken', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    toy.store.refuse = (write) => write === 'blob'
    expect(await toy.change({ mark: 2 }, keyed('k'))).toMatchObject({ code: 'store.failed', retry: true })
    toy.store.refuse = () => false
    expect(await toy.change({ mark: 2 }, keyed('k'))).toMatchObject({ outcome: 'applied' })
  })

  it('may also be sent again after a restart', async () => {
    const before = new Toy()
    await before.change({ mark: 1 })
    before.store.refuse = (write) => write === 'intent'
    await before.change({ mark: 2 }, keyed('k'))
    before.store.refuse = () => false
    const toy = await restart(before)
    expect(await toy.change({ mark: 3 }, keyed('k'))).toMatchObject({ outcome: 'applied' })
  })
})

it('bytes are the same offer, whoever looks at them first', async () => {
  const toy = new Toy()
  const bytes = bytesOf(treeOf({ mark: 1 }))
  const [a, b] = [toy.reloader.offer(bytes, keyed('k')), toy.reloader.offer(bytes, keyed('k'))]
  expect(await toy.answer(a)).toBe(await toy.answer(b))
  const sealed = toy.reloader.offer(bytes, { ...keyed('k'), mediaType: ENVELOPE_TYPE })
  expect(await toy.answer(sealed)).toBe(await a)
})
