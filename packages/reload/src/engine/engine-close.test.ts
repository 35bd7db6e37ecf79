/** Handles in use, and the end of everything. */
import { describe, expect, it } from 'vitest'
import type { Handle, HandleTrouble, Offer } from '../contract/handle.ts'
import type { Receipt } from '../contract/receipt.ts'
import { createReloader } from '../create-reloader.ts'
import { byFile, byHand, bytesOf, Toy, treeOf, type Wish } from './test-toy.ts'

/** A handle that is worked by the test. */
class HandHeld implements Handle {
  readonly kind = 'hand'
  readonly source = 'the test'
  offer: Offer = () => Promise.reject(new Error('not watched'))
  report: (trouble: HandleTrouble) => void = () => {}
  isStopped = false

  async watch(offer: Offer, signal: AbortSignal, report: (trouble: HandleTrouble) => void): Promise<void> {
    this.offer = offer
    this.report = report
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    this.isStopped = true
  }
}

describe('a handle', () => {
  it('offers like everybody else, and its trouble shows until it offers again', async () => {
    const toy = new Toy()
    const handle = new HandHeld()
    toy.reloader.watch(handle)
    toy.reloader.watch(handle)
    const trouble = { source: 'the test', code: 'handle.read_failed', message: 'away' }
    handle.report(trouble)
    expect(toy.reloader.status().handles).toEqual([
      { kind: 'hand', source: 'the test', trouble, differs: null },
    ])
    expect(toy.telemetry.logs.at(-1)).toMatchObject({ level: 'warn', message: 'away' })
    await toy.answer(handle.offer(bytesOf(treeOf({ mark: 1 })), byFile))
    expect(toy.reloader.status().handles).toMatchObject([{ trouble: null }])
    expect(toy.serving).toBe(1)
  })

  it('whose source holds what was refused says so, until it holds what is in force', async () => {
    const toy = new Toy({ limits: { burst: 20 } })
    const handle = new HandHeld()
    toy.reloader.watch(handle)
    const offer = async (wish: Wish) => {
      const receipt = handle.offer(bytesOf(treeOf(wish)), { ...byFile, trigger: 'startup' })
      return await toy.answer(receipt)
    }
    const differs = () => toy.reloader.status().handles[0]?.differs ?? null
    await offer({ mark: 1 })
    expect(differs()).toBeNull()
    const { attempt } = await offer({ mark: 2, models: 'validate' })
    expect(differs()).toEqual({ attempt, reason: 'validate.refused' })
    handle.report({ source: 'the test', code: 'handle.read_failed', message: 'away' })
    expect(differs()).toEqual({ attempt, reason: 'validate.refused' })
    await offer({ mark: 1 })
    expect(differs()).toBeNull()
    await offer({ mark: 3 })
    await toy.reloader.regress('errors')
    await offer({ mark: 3 })
    expect(differs()).toMatchObject({ reason: 'quarantined' })
  })

  it('that ends by itself is said, and the version in force stays', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    toy.reloader.watch({ kind: 'hand', source: 'gone', watch: () => Promise.reject(new Error('revoked')) })
    await toy.rest()
    expect(toy.reloader.status().handles).toMatchObject([{ trouble: { code: 'handle.read_failed' } }])
    expect(toy.serving).toBe(1)
  })
})

describe('closing', () => {
  it('stops handles, refuses what waits and what is in work, and lets go of everything', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const handle = new HandHeld()
    toy.reloader.watch(handle)
    const gated = handle.offer(bytesOf(treeOf({ mark: 2 })), byFile)
    const working = toy.reloader.offer(bytesOf(treeOf({ mark: 3, models: 'check-hangs', pool: 'b' })), byHand)
    await toy.rest()
    await toy.reloader.close({ drainMs: 0 })
    for (const receipt of await Promise.all([gated, working])) {
      expect(receipt).toMatchObject({ outcome: expect.stringMatching(/refused|superseded/) as string })
    }
    expect(await working).toMatchObject({ code: 'reload.closed' })
    expect([handle.isStopped, toy.alive, toy.openPools, toy.clock.pending]).toEqual([true, [], [], 0])
    expect(() => toy.reloader.watch(handle)).toThrow(expect.objectContaining({ code: 'reload.closed' }))
    await expect(toy.reloader.plan(bytesOf({}), byHand)).rejects.toMatchObject({ code: 'reload.closed' })
  })

  it('refuses what is still being read', async () => {
    const toy = new Toy({ read: () => new Promise(() => {}) })
    await toy.reloader.start()
    const waiting = toy.reloader.offer(bytesOf({}), byHand)
    await toy.rest()
    await toy.reloader.close({ drainMs: 0 })
    expect(await waiting).toMatchObject({ code: 'reload.closed' })
  })

  it('lets a swap that can no longer be stopped come to its end', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const write = toy.store.writeRecord
    toy.store.writeRecord = async (name, record) => {
      if (name === 'intent') await gate
      await write(name, record)
    }
    const waiting = toy.reloader.offer(bytesOf(treeOf({ mark: 2 })), byHand)
    await toy.rest()
    const closing = toy.reloader.close({ drainMs: 0 })
    open()
    expect(await waiting).toMatchObject({ outcome: 'applied' })
    await closing
    expect([toy.alive, await toy.store.readRecord('intent')]).toEqual([[], null])
  })

  it('waits for requests, for so long and no longer', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const [first, second] = [toy.reloader.acquire(), toy.reloader.acquire()]
    const closing = toy.reloader.close({ drainMs: 5_000 })
    await toy.rest()
    first.release()
    await toy.advance(4_999)
    expect(toy.alive).toEqual(['1.1'])
    await toy.advance(1)
    await closing
    expect(toy.alive).toEqual([])
    second.release()
  })

  it('is done once, however often it is asked for, and before any start too', async () => {
    const toy = new Toy()
    expect(toy.reloader.close()).toBe(toy.reloader.close())
    await toy.reloader.close()
    expect(toy.store.isClosed).toBe(true)
  })
})

describe('letting go', () => {
  it('of what never ends is given up after a while, said, and counted', async () => {
    const { clock, telemetry } = new Toy()
    const freed: string[] = []
    const reloader = createReloader<{ a: string; b: string }>({
      clock,
      telemetry,
      limits: { bakeMs: 0 },
      participants: {
        a: { kinds: ['a'], prepare: ({ version }) => version, release: (part) => void freed.push(part) },
        b: { kinds: ['b'], prepare: () => '', release: () => new Promise(() => {}) },
      },
    })
    const change = (a: number): Promise<Receipt> => reloader.offer(bytesOf({ a: { a }, b: { b: 1 } }), byHand)
    await change(1)
    await change(2)
    await clock.advance(4_999)
    expect(freed).toEqual([])
    await clock.advance(1)
    expect(freed).toEqual(['1.1'])
    expect(telemetry.logs.map((it) => it.message)).toContain('"b" could not be let go')
    expect(telemetry.counts).toContainEqual({ name: 'reload.release.failures', value: 1, attributes: {} })
  })
})
