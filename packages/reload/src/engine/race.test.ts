/** Waiting that can be given up. */
import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { atMost, deadline, orAborted, pause } from './race.ts'

describe('waiting', () => {
  it('ends with the work, and leaves no listener behind', async () => {
    const controller = new AbortController()
    expect(await orAborted(Promise.resolve(7), controller.signal)).toBe(7)
    await expect(orAborted(Promise.reject(new Error('broken')), controller.signal)).rejects.toThrow('broken')
  })

  it('ends with the signal, and what comes later is handed over', async () => {
    const controller = new AbortController()
    const { promise, resolve } = Promise.withResolvers<string>()
    const late: string[] = []
    const waiting = orAborted(promise, controller.signal, (it) => late.push(it))
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    resolve('part')
    await promise
    expect(late).toEqual(['part'])
  })

  it('ends with the signal for all who wait for it, in turn, and for nobody who waits no more', async () => {
    const controller = new AbortController()
    const never = new Promise(() => {})
    expect(await orAborted(Promise.resolve(1), controller.signal)).toBe(1)
    const told: string[] = []
    const waiting = ['first', 'second'].map((it) =>
      orAborted(never, controller.signal).catch(() => told.push(it)),
    )
    const limit = deadline(new ManualClock(), controller.signal, { ms: 10, late: () => new Error('late') })
    const done = deadline(new ManualClock(), controller.signal, { ms: 10, late: () => new Error('late') })
    done.done()
    controller.abort(new Error('enough'))
    await Promise.all(waiting)
    expect(told).toEqual(['first', 'second'])
    expect([limit.signal.aborted, done.signal.aborted]).toEqual([true, false])
  })

  it('never begins under a signal that has aborted', async () => {
    const signal = AbortSignal.abort(new Error('before'))
    await expect(orAborted(new Promise(() => {}), signal)).rejects.toThrow('before')
    await expect(pause(new ManualClock(), 10, signal)).rejects.toThrow('before')
  })
})

describe('a deadline', () => {
  it('aborts with its own error when the time is over, and with its parent’s before', async () => {
    const clock = new ManualClock()
    const limit = { ms: 10, late: () => new Error('late') }
    const first = deadline(clock, new AbortController().signal, limit)
    await clock.advance(10)
    expect(first.signal.reason).toMatchObject({ message: 'late' })
    const parent = new AbortController()
    const second = deadline(clock, parent.signal, limit)
    parent.abort(new Error('superseded'))
    expect(second.signal.reason).toMatchObject({ message: 'superseded' })
    second.done()
    expect(deadline(clock, parent.signal, limit).signal.aborted).toBe(true)
  })
})

describe('patience', () => {
  it('says whether the work was done in time', async () => {
    const clock = new ManualClock()
    expect(await atMost(clock, 10, Promise.resolve())).toBe(true)
    const waiting = atMost(clock, 10, new Promise(() => {}))
    await clock.advance(10)
    expect(await waiting).toBe(false)
    expect(clock.pending).toBe(0)
  })
})
