/** Coming back: what an earlier process left, and what of it serves again. */
import { describe, expect, it } from 'vitest'
import type { AuditLine } from '../contract/store.ts'
import { ReloadError } from '../errors.ts'
import { checkAudit } from '../format/audit-chain.ts'
import { memoryStore } from '../stores/memory.ts'
import { byFile, byHand, bytesOf, ListedStore, Toy, treeOf } from './test-toy.ts'

/** The next process over what `toy` left. Nothing of `toy` is closed: it has crashed. */
async function restart(toy: Toy): Promise<Toy> {
  const next = toy.crash()
  await next.reloader.start()
  await next.rest()
  return next
}

async function serving(mark: number): Promise<Toy> {
  const toy = new Toy()
  await toy.change({ mark })
  return toy
}

describe('after a restart', () => {
  it('the version that was confirmed serves again, and the same settings change nothing', async () => {
    const toy = await restart(await serving(1))
    expect([toy.version, toy.serving]).toEqual(['1.1', 1])
    const parts = toy.parts.length
    expect(await toy.change({ mark: 1 }, byFile)).toMatchObject({ outcome: 'unchanged' })
    expect(toy.parts).toHaveLength(parts)
    expect(await toy.change({ mark: 2 })).toMatchObject({ version: '1.2' })
  })

  it('what people decided beside the settings stands in the audit log, and changes nothing', async () => {
    const before = await serving(1)
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }
    const note = {
      who: 'user:bo',
      trigger: 'cli',
      source: '/apis/sum',
      status: 'approved',
      reason: 'why',
      span,
    }
    before.reloader.note(note)
    const toy = await restart(before)
    const lines = await toy.reloader.audit()
    expect(lines.filter((it) => it.event === 'config.decision')).toMatchObject([
      { who: 'user:bo', status: 'approved', reason: 'why', traceId: span.traceId, attempt: '' },
    ])
    expect(checkAudit(lines).problems).toEqual([])
    expect([toy.version, toy.serving]).toEqual(['1.1', 1])
  })

  it('with nothing left, nothing serves and nothing is wrong', async () => {
    const toy = new Toy()
    expect(await toy.reloader.start()).toBeNull()
    expect(toy.reloader.status()).toMatchObject({ state: 'idle', applied: null, floor: null })
  })

  it('the floor is where it was, so an older payload is still refused', async () => {
    const before = await serving(1)
    const old = before.sealed({ mark: 2 })
    await before.change({ mark: 3 })
    await before.reloader.regress('errors')
    const toy = await restart(before)
    expect(toy.reloader.status()).toMatchObject({ applied: { version: '1.1' }, floor: { version: '1.2' } })
    const origin = { ...byHand, mediaType: 'application/vnd.changeover.reload.v1.dsse+json' }
    expect(await toy.answer(toy.reloader.offer(old.bytes, origin))).toMatchObject({
      code: 'verify.equivocation',
    })
  })

  it('quarantine is where it was', async () => {
    const before = await serving(1)
    await before.change({ mark: 2 })
    await before.reloader.regress('errors')
    await before.rest()
    const toy = await restart(before)
    expect(await toy.change({ mark: 2 }, byFile)).toMatchObject({ reason: 'quarantined' })
  })

  it('what only failed to validate is looked at again, as it was not before: the next build may understand it', async () => {
    const before = await serving(1)
    await before.change({ mark: 2, models: 'validate' })
    const again = await before.change({ mark: 2, models: 'validate' }, byFile)
    expect(again).toMatchObject({ outcome: 'unchanged', reason: 'quarantined' })
    const toy = await restart(before)
    expect(toy.reloader.status().quarantine).toEqual([])
    const offer = toy.reloader.offer(bytesOf(treeOf({ mark: 2, models: 'validate' })), byFile)
    await toy.advance(100)
    expect(await offer).toMatchObject({ code: 'validate.refused' })
  })
})

describe('a crash under observation', () => {
  it('brings back the baseline, and the version may be tried once more', async () => {
    const before = await serving(1)
    const { digest } = (await before.change({ mark: 2 })) as { digest: string }
    const toy = await restart(before)
    expect(toy.serving).toBe(1)
    expect(await toy.change({ mark: 2 })).toMatchObject({
      outcome: 'applied',
      version: '1.2',
      digest,
    })
    expect(await toy.store.readRecord('intent')).toMatchObject({ version: '1.2', attempts: 2 })
  })

  it('for the second time is the version’s fault: it is not tried again, whatever number it would get', async () => {
    let toy = await serving(1)
    for (let crash = 1; crash <= 2; crash++) {
      await toy.change({ mark: 2 })
      toy = await restart(toy)
      expect(toy.serving).toBe(1)
    }
    expect(toy.reloader.status().quarantine).toMatchObject([
      { version: '1.2', count: 2, reason: 'reload.crashed' },
    ])
    expect(await toy.store.readRecord('intent')).toBeNull()
    expect(await toy.change({ mark: 2 }, byFile)).toMatchObject({ reason: 'quarantined' })
    toy = await restart(toy)
    expect(await toy.change({ mark: 2 }, byFile)).toMatchObject({ reason: 'quarantined' })
  })

  it('is told in a span that links to the trace that was torn, and ends the attempt in the audit log', async () => {
    const before = await serving(1)
    const torn = await before.change({ mark: 2 })
    const toy = await restart(before)
    const [crashed] = toy.telemetry.named('reload')
    expect(crashed).toMatchObject({
      failed: 'reload.crashed',
      ended: 1,
      attributes: { 'reload.status': 'crashed' },
    })
    expect(crashed?.options.links).toMatchObject([{ traceId: torn.traceId }])
    const lines = (await toy.reloader.audit()).filter((it) => it.attempt === torn.attempt)
    expect(lines.map((it) => it.event)).toEqual(['config.reload.started', 'config.reload.crashed'])
    const again = await restart(toy)
    const all = (await again.reloader.audit()).filter((it) => it.attempt === torn.attempt)
    expect(all).toHaveLength(2)
  })

  it('after the baseline was written is none: that version is the baseline', async () => {
    const before = await serving(1)
    await before.change({ mark: 2 })
    before.store.refuse = (it) => it === 'no intent'
    await before.advance(1_000)
    before.store.refuse = () => false
    const toy = await restart(before)
    expect([toy.version, toy.reloader.status().quarantine]).toEqual(['1.2', []])
    expect(await toy.store.readRecord('intent')).toBeNull()
  })

  it('after its baseline was written, and before its last line was, had succeeded', async () => {
    const before = await serving(1)
    const kept = await before.change({ mark: 2 })
    before.store.refuse = (it) => it === 'no intent' || it === 'audit completed'
    await before.advance(1_000)
    before.store.refuse = () => false
    const toy = await restart(before)
    const lines = (await toy.reloader.audit()).filter((it) => it.attempt === kept.attempt)
    expect(lines.map((it) => it.event)).toEqual(['config.reload.started', 'config.reload.completed'])
    expect(lines[1]).toMatchObject({
      status: 'success',
      reason: '',
      from: '1.1',
      to: '1.2',
      changedParameters: ['/models/main/mark', '/routes/main/mark'],
    })
    const [told] = toy.telemetry.named('reload')
    expect(told).toMatchObject({
      failed: null,
      ended: 1,
      events: ['config.reload.completed'],
      attributes: { 'reload.status': 'success', 'reload.attempt.id': kept.attempt },
    })
  })

  it.each([
    ['errors', 'observe.regressed'],
    ['unconfirmed', 'observe.unconfirmed'],
    ['ttl', 'reload.ttl'],
  ])(
    'after it was taken back (%s), and before its last line was written, was taken back',
    async (why, reason) => {
      const before = await serving(1)
      const { attempt } = await before.change({ mark: 2 })
      before.store.refuse = (it) => it.startsWith('audit')
      await before.reloader.regress(why)
      await before.rest()
      before.store.refuse = () => false
      const toy = await restart(before)
      const lines = (await toy.reloader.audit()).filter((it) => it.attempt === attempt)
      expect(lines.at(-1)).toMatchObject({
        event: 'config.reload.rolled_back',
        status: 'rolled_back',
        reason,
      })
    },
  )

  it('of an attempt at what had been taken back earlier is a crash', async () => {
    const before = await serving(1)
    await before.change({ mark: 2 })
    await before.reloader.regress('errors')
    await before.advance(5_000)
    const record = before.store.writeRecord
    before.store.writeRecord = (name, value) =>
      name === 'intent' ? new Promise(() => {}) : record(name, value)
    void before.reloader.publish({ settings: treeOf({ mark: 2 }) }, { ...byHand, manual: true })
    await before.rest()
    before.store.writeRecord = record
    const toy = await restart(before)
    const ends = (await toy.reloader.audit()).filter((it) => it.to === '1.2')
    expect(ends.map((it) => it.status)).toEqual(['in_progress', 'rolled_back', 'in_progress', 'crashed'])
  })

  it('after a newer version had taken its place, and before that was written, was superseded', async () => {
    const before = await serving(1)
    const { attempt } = await before.change({ mark: 2 })
    before.store.refuse = (it) => it === 'audit superseded'
    await before.change({ mark: 3 })
    before.store.refuse = () => false
    const toy = await restart(before)
    const lines = (await toy.reloader.audit()).filter((it) => it.attempt === attempt)
    expect(lines.at(-1)).toMatchObject({
      event: 'config.reload.superseded',
      status: 'superseded',
      reason: 'before_confirm',
    })
  })

  it('while a version was being built ends that attempt too', async () => {
    const before = await serving(1)
    void before.reloader.publish({ settings: treeOf({ mark: 2, models: 'check-hangs' }) }, byHand)
    await before.rest()
    const toy = await restart(before)
    expect((await toy.reloader.audit()).map((it) => it.event).slice(-2)).toEqual([
      'config.reload.crashed',
      'config.reload.completed',
    ])
    expect(toy.reloader.status()).toMatchObject({ applied: { version: '1.1' }, floor: { version: '1.2' } })
  })
})

describe('what served and was never confirmed', () => {
  it('does not come back, though a newer version has been tried since', async () => {
    const before = new Toy()
    before.store.refuse = (it) => it === 'baseline'
    await before.change({ mark: 1 })
    await before.change({ mark: 2 })
    before.store.refuse = () => false
    expect(await before.store.readRecord('line')).toHaveLength(2)
    const toy = await restart(before)
    expect(toy.reloader.status()).toMatchObject({ state: 'idle', applied: null, baseline: null })
    expect(await toy.change({ mark: 2 }, byFile)).toMatchObject({ outcome: 'applied' })
  })

  it('is not what a lost baseline gives way to', async () => {
    const before = await serving(1)
    await before.change({ mark: 2 })
    for (const mark of [3, 4]) {
      await before.change({ mark })
      await before.advance(1_000)
    }
    const newest = before.reloader.current()?.digest
    const read = before.store.readBlob
    const lost = new Set([newest, before.reloader.line().at(-2)?.digest])
    before.store.readBlob = async (digest) => (lost.has(digest) ? null : await read(digest))
    const toy = await restart(before)
    expect([toy.version, toy.reloader.status().state]).toEqual(['1.1', 'degraded'])
  })
})

describe('damage', () => {
  /** A store in which the blobs with these digests are cut short. */
  class DamagedStore extends ListedStore {
    readonly damaged = new Set<string>()
    override readBlob = async (digest: string): Promise<Uint8Array | null> => {
      const bytes = await this.under.readBlob(digest)
      return bytes !== null && this.damaged.has(digest) ? bytes.slice(0, -1) : bytes
    }
    private readonly under: ReturnType<typeof memoryStore>
    constructor(under = memoryStore()) {
      super(under)
      this.under = under
    }
  }

  it('of the baseline’s bytes brings back the version before it, and says so', async () => {
    const store = new DamagedStore()
    const before = new Toy({ store })
    for (const mark of [1, 2]) {
      await before.change({ mark })
      await before.advance(1_000)
    }
    store.damaged.add(before.reloader.current()?.digest ?? '')
    const toy = await restart(before)
    expect([toy.version, toy.reloader.status().state]).toEqual(['1.1', 'degraded'])
    await toy.change({ mark: 3 })
    await toy.advance(1_000)
    expect(toy.reloader.status()).toMatchObject({ state: 'idle', applied: { version: '1.3' } })
  })

  it('of everything leaves the instance not ready', async () => {
    const store = new DamagedStore()
    const before = new Toy({ store })
    await before.change({ mark: 1 })
    store.damaged.add(before.reloader.current()?.digest ?? '')
    const toy = await restart(before)
    expect(toy.reloader.status()).toMatchObject({
      state: 'degraded',
      applied: null,
      floor: { version: '1.1' },
    })
    expect(() => toy.reloader.acquire()).toThrow(expect.objectContaining({ code: 'reload.not_ready' }))
  })

  it('of a record is said, and the floor is known from the others', async () => {
    const before = await serving(1)
    const read = before.store.readRecord
    before.store.readRecord = async (name) => {
      if (name === 'floor') throw new ReloadError('store.corrupt', { what: 'record "floor"' })
      return await read(name)
    }
    const toy = await restart(before)
    expect(toy.reloader.status()).toMatchObject({
      state: 'degraded',
      applied: { version: '1.1' },
      floor: { version: '1.1' },
    })
  })

  it('of the store itself stops the start, which may be tried again', async () => {
    const before = await serving(1)
    const read = before.store.readRecord
    before.store.readRecord = () => Promise.reject(new Error('input/output error'))
    const toy = before.crash()
    await expect(toy.reloader.start()).rejects.toMatchObject({ code: 'store.failed' })
    before.store.readRecord = read
    expect(await toy.reloader.start()).toBe('1.1')
  })
})

describe('a baseline', () => {
  it('that does not pass its check serves all the same: there is nothing better', async () => {
    const store = new ListedStore()
    const settings = treeOf({ mark: 1, models: 'check-slow' })
    const before = new Toy({ store })
    const waiting = before.reloader.publish({ settings }, byHand)
    await before.advance(200)
    await waiting
    const toy = before.crash({ limits: { warmupMs: 100 } })
    const starting = toy.reloader.start()
    await toy.advance(100)
    expect(await starting).toBe('1.1')
    expect(toy.telemetry.logs.map((it) => it.message)).toContain(
      'version 1.1 is in force although it did not pass its check',
    )
  })

  it('that cannot be built is not passed over for an older one', async () => {
    const before = new Toy()
    await before.change({ mark: 1 })
    const waiting = before.reloader.publish(
      { settings: treeOf({ mark: 2, models: 'prepare-hangs' }) },
      byHand,
    )
    await before.advance(200)
    await waiting
    await before.advance(1_000)
    const toy = before.crash({ limits: { warmupMs: 100 } })
    const starting = toy.reloader.start()
    await toy.advance(100)
    expect(await starting).toBeNull()
    expect(toy.reloader.status()).toMatchObject({ state: 'degraded', applied: null })
  })
})

describe('the audit log', () => {
  it('is one chain over restarts', async () => {
    const before = await serving(1)
    await before.change({ mark: 2 })
    const toy = await restart(before)
    await toy.change({ mark: 3 })
    const lines = await toy.reloader.audit()
    const hashes = lines.map((it: AuditLine) => it.hash)
    expect(lines.map((it) => it.previous)).toEqual(['0'.repeat(64), ...hashes.slice(0, -1)])
  })
})
