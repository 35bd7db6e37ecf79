/** The push handle: what of the common suite fits it, and the answers its callers wait for. */
import { handleConformance, OfferDesk } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import type { Origin } from '../contract/origin.ts'
import { isReloadError } from '../errors.ts'
import { pushHandle } from './push.ts'
import { readTraceParent } from './trace-parent.ts'

const PATIENCE = { timeout: 10_000, interval: 5 }
const origin: Origin = { trigger: 'admin_api', source: 'admin API', actor: 'user:bo' }
const codeOf = (error: unknown) => (isReloadError(error) ? error.code : error)

handleConformance({
  name: 'push',
  async create(text) {
    const handle = pushHandle('admin API')
    const push = (it: string, more: Partial<Origin> = {}) => {
      handle.push(Buffer.from(it), { ...origin, ...more }).catch(() => {})
      return Promise.resolve()
    }
    await push(text)
    return {
      handle,
      write: push,
      breakReads: () => Promise.resolve(),
      healReads: () => Promise.resolve(),
      empty: () => push(''),
      async writeTraced(it, traceparent) {
        const trace = readTraceParent(traceparent)
        await push(it, trace === null ? {} : { trace })
      },
      dispose: () => Promise.resolve(),
    }
  },
  except: [
    {
      reason: 'each push has somebody who waits for its own receipt',
      cases: [
        'does not offer the same content twice',
        'offers one at a time, and the newest of what came while it waited',
      ],
    },
    {
      reason: 'it has no source that could be read; who pushes hears of the failure',
      cases: [
        'reports a source that cannot be read, offers nothing for it, and recovers',
        'offers again what it offered when a trouble is over, so that the engine sees it',
        'reports an empty source, and does not take it for a change',
        'goes on when an offer fails',
        'ends while its source cannot be read',
      ],
    },
  ],
})

describe('a push handle', () => {
  it('answers each push with its own receipt, one at a time and in order', async () => {
    const handle = pushHandle()
    const desk = new OfferDesk()
    desk.watch(handle)
    desk.hold()
    const receipts = Promise.all(['a', 'b', 'c'].map((it) => handle.push(Buffer.from(it), origin)))
    await expect.poll(() => desk.texts(), PATIENCE).toEqual(['a'])
    desk.letGo()
    expect((await receipts).map((it) => it.outcome)).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect(desk.texts()).toEqual(['a', 'b', 'c'])
    expect(desk.mostOpen).toBe(1)
    expect(desk.offers[0]?.origin).toEqual({
      ...origin,
      position: 'sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
    })
    await desk.stop()
  })

  it('leaves the position to who pushes, where they know it', async () => {
    const handle = pushHandle()
    const desk = new OfferDesk()
    desk.watch(handle)
    await handle.push(Buffer.from('a'), { ...origin, position: 'revision 7' })
    expect(desk.offers[0]?.origin.position).toBe('revision 7')
    await desk.stop()
  })

  it('hands a failed offer to who pushed it, and goes on', async () => {
    const handle = pushHandle()
    const desk = new OfferDesk()
    desk.failNext()
    desk.watch(handle)
    await expect(handle.push(Buffer.from('a'), origin)).rejects.toThrow('the desk takes no offer')
    await expect(handle.push(Buffer.from('b'), origin)).resolves.toMatchObject({ outcome: 'unchanged' })
    await desk.stop()
  })

  it('refuses nothing at all, and whatever comes after its end', async () => {
    const handle = pushHandle()
    const desk = new OfferDesk()
    expect(await handle.push(new Uint8Array(), origin).catch(codeOf)).toBe('handle.empty')
    desk.watch(handle)
    desk.hold()
    const first = handle.push(Buffer.from('in work'), origin)
    const second = handle.push(Buffer.from('waits'), origin).catch(codeOf)
    await expect.poll(() => desk.open, PATIENCE).toBe(1)
    await desk.stop()
    expect(await second).toBe('handle.closed')
    expect(await handle.push(Buffer.from('too late'), origin).catch(codeOf)).toBe('handle.closed')
    desk.letGo()
    await expect(first).resolves.toMatchObject({ outcome: 'unchanged' })
  })
})
