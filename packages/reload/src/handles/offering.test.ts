/** What becomes of readings. */
import { OfferDesk } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import type { HandleTrouble } from '../contract/handle.ts'
import { Offering } from './offering.ts'
import { digestOf, type Reading, type Source } from './source.ts'

const reading = (text: string): Reading => ({
  bytes: Buffer.from(text),
  digest: digestOf(Buffer.from(text)),
  mediaType: 'application/yaml',
  actor: 'file:a.yaml',
})

function offering(always = false) {
  const desk = new OfferDesk()
  const ending = new AbortController()
  const report = (trouble: HandleTrouble) => void desk.troubles.push(trouble)
  const { signal } = ending
  const it = new Offering({
    place: 'a.yaml',
    trigger: () => 'file',
    offer: desk.offer,
    signal,
    report,
    always,
  })
  return { desk, ending, offering: it }
}

const sourceOf = (read: () => Promise<Reading | null>): Source => ({ kind: 'file', place: 'a.yaml', read })

const failed = (how: object) => Object.assign(new Error('failed'), how)

describe('an offering', () => {
  it('offers nothing that was read when the watch had ended meanwhile, and reports nothing', async () => {
    const { desk, ending, offering: it } = offering()
    const endsWhileRead = sourceOf(async () => {
      ending.abort()
      return reading('late')
    })
    await it.readOnce(endsWhileRead)
    await it.readOnce(sourceOf(() => Promise.reject(new Error('late too'))))
    expect([desk.offers, desk.troubles]).toEqual([[], []])
  })

  it('says why the source cannot be read where somebody can mend that', async () => {
    const { desk, offering: it } = offering()
    it.tell(failed({ code: 'EACCES', syscall: 'open' }))
    it.tell(new Error('socket hang up'))
    expect(desk.troubles.map((trouble) => trouble.message)).toEqual([
      '"a.yaml" could not be read (this user may not read it); nothing changes',
      '"a.yaml" could not be read; nothing changes',
    ])
  })

  it.each([
    ['one address', failed({ code: 'EPERM', syscall: 'connect' })],
    ['several addresses', Object.assign(new AggregateError([]), { code: 'EPERM' })],
  ])('takes a firewall before %s for no forbidden file', (_, error) => {
    const { desk, offering: it } = offering()
    it.tell(error)
    expect(desk.troubles.map((trouble) => trouble.message)).toEqual([
      '"a.yaml" could not be read; nothing changes',
    ])
  })

  it('says when the source was being written', async () => {
    const { desk, offering: it } = offering()
    expect(await it.readOnce(sourceOf(async () => null))).toBe(false)
    expect(await it.readOnce(sourceOf(async () => reading('whole')))).toBe(true)
    expect(desk.texts()).toEqual(['whole'])
  })

  it('offers the same again only where it always does', async () => {
    for (const [always, count] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const { desk, offering: it } = offering(always)
      await it.take(reading('same'))
      await it.take(reading('same'))
      expect(desk.offers).toHaveLength(count)
    }
  })

  it('reports a trouble once, another one too, and the first again after it was well', async () => {
    const { desk, offering: it } = offering()
    const fails = (text: string) => sourceOf(() => Promise.reject(new Error(text)))
    await it.readOnce(fails('first'))
    await it.readOnce(fails('the same trouble, for all that anybody can do about it'))
    expect(desk.troubles.map((trouble) => trouble.code)).toEqual(['handle.read_failed'])
    await it.readOnce(sourceOf(async () => reading('well')))
    await it.readOnce(fails('again'))
    expect(desk.troubles).toHaveLength(2)
    expect(desk.troubles[0]).toMatchObject({ source: 'a.yaml', cause: { message: 'first' } })
  })
})
