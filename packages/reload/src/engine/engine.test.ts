/** The state table of one instance, row by row: what an offer leads to, and what it leaves behind. */
import { describe, expect, it } from 'vitest'
import { deepFreeze } from '../format/freeze.ts'
import { byFile, byHand, bytesOf, Toy, treeOf } from './test-toy.ts'

describe('an offer', () => {
  it('comes in as a version, and the first of a line is confirmed at once', async () => {
    const toy = new Toy()
    const receipt = await toy.change({ mark: 1 })
    expect(receipt).toMatchObject({ outcome: 'applied', version: '1.1', previous: null })
    expect(toy.serving).toBe(1)
    expect(toy.reloader.status()).toMatchObject({
      state: 'idle',
      applied: { version: '1.1' },
      confirmed: { version: '1.1' },
      baseline: { version: '1.1' },
      floor: { version: '1.1' },
    })
  })

  it('is answered at the swap, and ends when it is confirmed', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const receipt = await toy.change({ mark: 2 })
    expect(receipt).toMatchObject({ outcome: 'applied', version: '1.2', previous: '1.1' })
    expect(receipt).toMatchObject({ changedParameters: ['/models/main/mark', '/routes/main/mark'] })
    expect(toy.reloader.status()).toMatchObject({ state: 'observing', baseline: { version: '1.1' } })
    await toy.advance(1_000)
    if (receipt.outcome !== 'applied') throw new Error('not applied')
    expect(await receipt.settled).toEqual({ status: 'success', reason: 'confirmed' })
    expect(toy.reloader.status()).toMatchObject({ state: 'idle', baseline: { version: '1.2' } })
    expect(toy.alive).toEqual(['1.2'])
  })

  it('of what runs already does nothing and uses up no version', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const [writes, parts] = [toy.store.writes.length, toy.parts.length]
    const receipt = await toy.change({ mark: 1 })
    expect(receipt).toMatchObject({ outcome: 'unchanged', reason: 'already_applied', version: '1.1' })
    expect(toy.parts).toHaveLength(parts)
    expect(toy.store.writes.slice(writes)).toEqual(['audit skipped'])
    expect(await toy.change({ mark: 2 })).toMatchObject({ version: '1.2' })
  })

  it('of the sealed payload that runs already does nothing, even when it has expired since', async () => {
    const toy = new Toy()
    const { bytes } = toy.sealed({ mark: 1 }, { expires: '2026-11-21T09:01:00Z' })
    const origin = { ...byHand, mediaType: 'application/vnd.changeover.reload.v1.dsse+json' }
    await toy.answer(toy.reloader.offer(bytes, origin))
    await toy.advance(120_000)
    expect(await toy.answer(toy.reloader.offer(bytes, origin))).toMatchObject({ reason: 'already_applied' })
  })

  it('that is in work already is not worked on twice', async () => {
    const toy = new Toy()
    const first = toy.reloader.offer(bytesOf(treeOf({ mark: 1, models: 'check-slow' })), byHand)
    await toy.rest()
    const second = await toy.change({ mark: 1, models: 'check-slow' })
    expect(second).toMatchObject({ outcome: 'unchanged', reason: 'in_progress' })
    await toy.advance(200)
    expect(await first).toMatchObject({ outcome: 'applied' })
    expect(toy.parts).toHaveLength(2)
  })

  it('of one bad thing among many is refused whole, with every place', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const receipt = await toy.change({ mark: 2, models: 'validate', routes: 'validate' })
    expect(receipt).toMatchObject({
      outcome: 'refused',
      status: 'rejected',
      code: 'validate.refused',
      version: '1.1',
      issues: [{ pointer: '/models/main/fault' }, { pointer: '/routes/main/fault' }],
    })
    expect(toy.serving).toBe(1)
  })

  it('names the kind that nobody reads, and the one that was meant', async () => {
    const toy = new Toy()
    const receipt = await toy.answer(toy.reloader.offer(bytesOf({ routs: { main: {} } }), byHand))
    expect(receipt).toMatchObject({
      code: 'validate.unknown_kind',
      message: 'nothing here reads settings of kind "routs"; did you mean "routes"?',
      issues: [{ pointer: '/routs' }],
    })
  })

  it('that cannot be read is refused with its place, and leaves a trace and an audit line', async () => {
    const toy = new Toy()
    const receipt = await toy.answer(toy.reloader.offer(new TextEncoder().encode('{"routes": nope}'), byHand))
    expect(receipt).toMatchObject({ outcome: 'refused', code: 'payload.not_json', retry: false })
    expect(toy.telemetry.named('reload')).toMatchObject([
      { failed: 'payload.not_json', ended: 1, attributes: { 'reload.status': 'rejected' } },
    ])
    expect(await toy.reloader.audit()).toMatchObject([
      { event: 'config.reload.rejected', reason: 'payload.not_json', to: null },
    ])
  })

  it('shows the line in what a person wrote, when the reader knows it', async () => {
    const place = { file: 'settings.yaml', line: 3, column: 5 }
    const toy = new Toy({
      read: () => ({
        settings: treeOf({ mark: 1, models: 'validate' }),
        places: (pointer) => (pointer === '/models/main/fault' ? place : undefined),
      }),
    })
    const receipt = await toy.answer(toy.reloader.offer(bytesOf('anything'), byHand))
    expect(receipt).toMatchObject({ outcome: 'refused', issues: [{ pointer: '/models/main/fault', place }] })
  })

  it('made for another version is refused', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    expect(await toy.change({ mark: 2 }, { ...byHand, ifMatch: '1.7' })).toMatchObject({
      code: 'verify.conflict',
      version: '1.1',
    })
    expect(await toy.change({ mark: 2 }, { ...byHand, ifMatch: '1.1' })).toMatchObject({ outcome: 'applied' })
  })

  it('with a known key is the same offer, and a misused key is refused', async () => {
    const toy = new Toy()
    const origin = { ...byHand, idempotencyKey: 'k1' }
    const first = await toy.change({ mark: 1 }, origin)
    await toy.change({ mark: 2 })
    expect(await toy.change({ mark: 1 }, origin)).toBe(first)
    expect(toy.serving).toBe(2)
    expect(await toy.change({ mark: 3 }, origin)).toMatchObject({ code: 'verify.idempotency' })
  })

  it('is refused once the reloader is closed, and nothing is pinned any more', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.reloader.close({ drainMs: 0 })
    expect(await toy.change({ mark: 2 })).toMatchObject({ outcome: 'refused', code: 'reload.closed' })
    expect(() => toy.reloader.acquire()).toThrow(expect.objectContaining({ code: 'reload.closed' }))
    expect([toy.alive, toy.openPools, toy.clock.pending, toy.store.isClosed]).toEqual([[], [], 0, true])
  })
})

describe('a newer offer', () => {
  it('takes the place of the one in work, which lets go of what it took', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const older = toy.reloader.offer(bytesOf(treeOf({ mark: 2, models: 'check-hangs', pool: 'b' })), byHand)
    await toy.rest()
    expect(toy.openPools).toEqual(['a', 'b'])
    const newer = await toy.change({ mark: 3 })
    expect(await older).toMatchObject({ outcome: 'superseded', by: newer.attempt })
    expect(newer).toMatchObject({ outcome: 'applied', version: '1.3' })
    expect(toy.serving).toBe(3)
    expect(toy.openPools).toEqual(['a'])
    expect(toy.telemetry.named('reload').map((it) => [it.attributes['reload.status'], it.failed])).toEqual([
      ['success', null],
      ['superseded', null],
      [undefined, null],
    ])
  })

  it('of several that wait, only the newest comes in', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const offers = [2, 3, 4, 5].map((mark) => toy.reloader.offer(bytesOf(treeOf({ mark })), byHand))
    await toy.rest()
    expect((await Promise.all(offers)).map((it) => it.outcome)).toEqual([
      'superseded',
      'superseded',
      'superseded',
      'applied',
    ])
    expect(toy.serving).toBe(5)
  })

  it('that is refused takes nobody’s place', async () => {
    const toy = new Toy()
    const older = toy.reloader.offer(bytesOf(treeOf({ mark: 1, models: 'check-slow' })), byHand)
    await toy.rest()
    expect(await toy.seal({ mark: 2 }, { scope: 'toy/two' })).toMatchObject({ code: 'verify.scope' })
    await toy.advance(200)
    expect(await older).toMatchObject({ outcome: 'applied' })
  })

  it('that asks for what runs stops what is on its way to something else', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const older = toy.reloader.offer(bytesOf(treeOf({ mark: 2, models: 'check-slow' })), byHand)
    await toy.rest()
    expect(await toy.change({ mark: 1 })).toMatchObject({ reason: 'already_applied' })
    expect(await older).toMatchObject({ outcome: 'superseded' })
    await toy.advance(1_000)
    expect(toy.serving).toBe(1)
  })

  it('supersedes the version under observation, and the baseline stays the one before', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const observed = await toy.change({ mark: 2 })
    await toy.change({ mark: 3 })
    if (observed.outcome !== 'applied') throw new Error('not applied')
    expect(await observed.settled).toEqual({ status: 'superseded', reason: 'before_confirm' })
    expect(toy.reloader.status()).toMatchObject({ applied: { version: '1.3' }, baseline: { version: '1.1' } })
    expect(toy.alive).toEqual(['1.1', '1.3'])
  })

  it('that was read upon a version taken back since is read again upon the one in force', async () => {
    const bases: unknown[] = []
    const toy = new Toy({
      read: (bytes, _origin, base) => {
        bases.push((base?.['routes']?.['main'] as { mark?: number } | undefined)?.mark ?? null)
        return { settings: treeOf({ mark: (JSON.parse(new TextDecoder().decode(bytes)) as [number])[0] }) }
      },
    })
    await toy.answer(toy.reloader.offer(bytesOf([1]), byHand))
    await toy.answer(toy.reloader.offer(bytesOf([2]), byHand))
    const waiting = toy.reloader.offer(bytesOf([3]), byFile)
    await toy.rest()
    await toy.reloader.regress('errors')
    await toy.advance(100)
    expect(bases).toEqual([null, 1, 2, 1])
    expect(await waiting).toMatchObject({ outcome: 'applied', version: '1.3', previous: '1.1' })
  })
})

describe('a draft of thousands of values', () => {
  it('is sealed with turns of the event loop between them', async () => {
    const toy = new Toy()
    const { models, ...rest } = treeOf({ mark: 1 })
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`m${i}`, { i }]))
    let turns = 0
    let sealedAfter = 0
    const count = () => {
      turns += 1
      if (toy.telemetry.named('reload.publish').length === 0) setImmediate(count)
      else sealedAfter = turns
    }
    setImmediate(count)
    const settings = deepFreeze({ ...rest, models: { ...models, ...many } })
    await toy.answer(toy.reloader.publish({ settings }, byHand))
    expect(sealedAfter).toBeGreaterThan(20)
  })
})
