/** A plan looks, and leaves no trace but its span. */
import { describe, expect, it } from 'vitest'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import { byHand, bytesOf, Toy, treeOf, type Wish } from './test-toy.ts'

const plan = (toy: Toy, wish: Wish) => toy.reloader.plan(bytesOf(treeOf(wish)), byHand)

describe('a plan', () => {
  it('says what would change, and changes nothing', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const [writes, audit, status] = [
      toy.store.writes.length,
      await toy.reloader.audit(),
      toy.reloader.status(),
    ]
    expect(await plan(toy, { mark: 2, pool: 'b' })).toMatchObject({
      ok: true,
      receipt: null,
      from: '1.1',
      changes: [
        { op: 'replace', pointer: '/models/main/mark', before: 1, after: 2 },
        { op: 'replace', pointer: '/models/main/pool', before: 'a', after: 'b' },
        { op: 'replace', pointer: '/routes/main/mark', before: 1, after: 2 },
        { op: 'replace', pointer: '/routes/main/pool', before: 'a', after: 'b' },
      ],
      removed: [],
    })
    expect([toy.serving, toy.alive, toy.openPools]).toEqual([1, ['1.1'], ['a']])
    expect(toy.store.writes).toHaveLength(writes)
    expect(await toy.reloader.audit()).toEqual(audit)
    expect(toy.reloader.status()).toEqual(status)
    expect(toy.telemetry.named('reload.plan')).toMatchObject([{ ended: 1, failed: null }])
    expect(await toy.change({ mark: 2 })).toMatchObject({ version: '1.2' })
  })

  it('finds what an attempt would find', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    for (const [fault, code] of [
      ['validate', 'validate.refused'],
      ['prepare', 'prepare.failed'],
      ['check', 'warmup.failed'],
    ] as const) {
      expect(await plan(toy, { mark: 2, models: fault })).toMatchObject({
        ok: false,
        receipt: { outcome: 'refused', code, version: '1.1' },
      })
    }
    expect(toy.reloader.status()).toMatchObject({ quarantine: [], breaker: 'closed' })
    expect(toy.alive).toEqual(['1.1'])
  })

  it('of what runs says so', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    expect(await plan(toy, { mark: 1 })).toMatchObject({
      ok: true,
      receipt: { outcome: 'unchanged', reason: 'already_applied' },
      changes: [],
    })
  })

  it('of what cannot be read is refused', async () => {
    const toy = new Toy()
    const nonsense = new TextEncoder().encode('{')
    expect(await toy.reloader.plan(nonsense, byHand)).toMatchObject({
      ok: false,
      receipt: { code: 'payload.not_json' },
    })
    expect(await toy.reloader.plan(nonsense, { ...byHand, mediaType: ENVELOPE_TYPE })).toMatchObject({
      receipt: { code: 'payload.not_json' },
    })
  })

  it('of a removal names what goes', async () => {
    const toy = new Toy()
    const { routes } = treeOf({ mark: 1 })
    const models = { a: { mark: 1 }, b: { mark: 1 }, c: { mark: 1 } }
    await toy.answer(toy.reloader.publish({ settings: { routes: routes ?? {}, models } }, byHand))
    const { c: _c, ...rest } = models
    expect(await toy.reloader.plan(bytesOf({ routes, models: rest }), byHand)).toMatchObject({
      ok: true,
      removed: ['models/c'],
      changes: [{ op: 'remove', pointer: '/models/c' }],
    })
  })

  it('beside an attempt in work disturbs nothing', async () => {
    const toy = new Toy()
    const waiting = toy.reloader.offer(bytesOf(treeOf({ mark: 1, models: 'check-slow' })), byHand)
    await toy.rest()
    expect(await plan(toy, { mark: 2 })).toMatchObject({ ok: true, from: null })
    await toy.advance(200)
    expect(await waiting).toMatchObject({ outcome: 'applied', version: '1.1' })
    expect(toy.openPools).toEqual(['a'])
  })
})
