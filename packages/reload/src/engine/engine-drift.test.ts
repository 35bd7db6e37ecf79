/**
 * Drift, row 30 of the engine's contract: what is in force is held against what was applied, and put right, while
 * nothing else goes on.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { RecordName } from '../contract/store.ts'
import { digestOf } from '../format/digest.ts'
import { fileStore } from '../stores/file.ts'
import { memoryStore } from '../stores/memory.ts'
import { byHand, bytesOf, ListedStore, type Part, Toy, treeOf } from './test-toy.ts'

const EVERY_MS = 10_000

/** A store whose content can be changed behind the engine's back. */
class OpenStore extends ListedStore {
  readonly lost = new Set<string>()
  private readonly under: ReturnType<typeof memoryStore>

  constructor(under = memoryStore()) {
    super(under)
    this.under = under
    const [put, read] = [this.putBlob, this.readBlob]
    this.putBlob = async (digest, bytes) => {
      await put(digest, bytes)
      this.lost.delete(digest)
    }
    this.readBlob = async (digest) => (this.lost.has(digest) ? null : await read(digest))
  }

  async tamper(name: RecordName, record: unknown): Promise<void> {
    if (record === null) await this.under.clearRecord(name)
    else await this.under.writeRecord(name, record as never)
  }
}

/** Serves 1.2, confirmed, with 1.1 behind it; the next look is `EVERY_MS` away at most. */
async function quiet(limits = {}): Promise<{ toy: Toy; store: OpenStore }> {
  const store = new OpenStore()
  const toy = new Toy({ store, limits: { driftEveryMs: EVERY_MS, ...limits } })
  for (const mark of [1, 2]) {
    await toy.change({ mark })
    await toy.advance(1_000)
  }
  expect(toy.reloader.status()).toMatchObject({ state: 'idle', confirmed: { version: '1.2' } })
  store.writes.length = 0
  return { toy, store }
}

const serving = (toy: Toy): Part | undefined => toy.reloader.current()?.parts.models
const driftLines = async (toy: Toy) =>
  (await toy.reloader.audit()).filter((it) => it.event === 'config.drift')

describe('an idle instance in which all is as it was applied', () => {
  it('looks, and leaves no trace', async () => {
    const { toy, store } = await quiet()
    const before = {
      spans: toy.telemetry.spans.length,
      parts: toy.parts.length,
      logs: toy.telemetry.logs.length,
    }
    const timers = toy.clock.pending
    await toy.advance(5 * EVERY_MS)
    expect(store.writes).toEqual([])
    expect({
      spans: toy.telemetry.spans.length,
      parts: toy.parts.length,
      logs: toy.telemetry.logs.length,
    }).toEqual(before)
    expect(toy.clock.pending).toBe(timers)
    expect(toy.reloader.status().state).toBe('idle')
  })

  it('does not look at all when it was told so', async () => {
    const { toy, store } = await quiet({ driftEveryMs: 0 })
    await store.tamper('baseline', null)
    await toy.advance(10 * 60_000)
    expect(store.writes).toEqual([])
    expect(toy.telemetry.gauges.get('reload.store.lag')?.()).toEqual([])
  })
})

describe('a store that would bring back something else', () => {
  const elsewhere = { version: '1.1', digest: digestOf(Buffer.from('elsewhere')) }
  it.each([
    ['baseline', null],
    ['baseline', elsewhere],
    ['applied', elsewhere],
    ['floor', null],
    ['line', null],
    ['intent', { ...elsewhere, attempts: 9, traceId: '', spanId: '', attempt: '' }],
    ['quarantine', [{ ...elsewhere, reason: '', count: 1, since: '' }]],
  ] satisfies [RecordName, unknown][])('is written again: record "%s" as %j', async (name, record) => {
    const { toy, store } = await quiet()
    const good = await store.readRecord(name)
    await store.tamper(name, record)
    await toy.advance(EVERY_MS)
    expect((await store.readRecord(name)) ?? []).toEqual(good ?? [])
    expect(await driftLines(toy)).toMatchObject([
      { trigger: 'drift', source: 'store', from: '1.2', to: '1.2', status: 'success', who: 'instance' },
    ])
    const [root] = toy.telemetry.named('reload').filter((it) => it.attributes['reload.trigger'] === 'drift')
    expect(root).toMatchObject({
      ended: 1,
      failed: null,
      attributes: { 'reload.status': 'success', 'reload.config_version': '1.2' },
    })
    expect(root?.events).toContain('config.drift')
    const [said] = toy.telemetry.logs.filter((it) => it.eventName === 'config.drift')
    expect(said).toMatchObject({ level: 'warn', message: 'version 1.2 had drifted: success' })
    expect(toy.telemetry.counts).toContainEqual({
      name: 'reload.attempts',
      value: 1,
      attributes: { 'reload.status': 'success', 'reload.trigger': 'drift' },
    })
    expect(toy.reloader.status().last).toMatchObject({
      trigger: 'drift',
      status: 'success',
      issues: [{ code: 'drift.store' }],
    })
    await toy.advance(3 * EVERY_MS)
    expect(await driftLines(toy)).toHaveLength(1)
    expect((await restarted(toy)).version).toBe('1.2')
  })

  it('has its manifest again, from memory', async () => {
    const { toy, store } = await quiet()
    store.lost.add(toy.reloader.current()?.digest ?? '')
    await toy.advance(EVERY_MS)
    expect(store.lost.size).toBe(0)
    expect(store.writes).toEqual(['blob', 'audit config.drift'])
    expect(toy.telemetry.logs.map((it) => it.message)).toContain(
      'version 1.2 is damaged or missing in the store; it is written again as it is in force',
    )
  })

  it('with a higher floor is believed: a floor never falls', async () => {
    const { toy, store } = await quiet()
    const higher = { version: '1.7', digest: digestOf(Buffer.from('elsewhere')) }
    await store.tamper('floor', higher)
    await toy.advance(EVERY_MS)
    expect(toy.reloader.status().floor).toEqual(higher)
    expect(await store.readRecord('floor')).toEqual(higher)
    expect(await toy.change({ mark: 3 })).toMatchObject({ version: '1.8' })
  })

  it('and takes nothing makes the instance degraded, and is tried again, later each time', async () => {
    const { toy, store } = await quiet()
    await store.tamper('baseline', null)
    store.refuse = (it) => it === 'baseline'
    await toy.advance(EVERY_MS)
    expect(toy.reloader.status().state).toBe('degraded')
    const [line] = await driftLines(toy)
    expect(line).toMatchObject({ status: 'rejected', reason: 'drift.remains' })
    store.refuse = () => false
    await toy.advance(4 * EVERY_MS)
    expect(toy.reloader.status().state).toBe('idle')
    expect(await store.readRecord('baseline')).toMatchObject({ version: '1.2' })
  })

  it('is written again within one look however often somebody changes it', async () => {
    const { toy, store } = await quiet()
    const good = await store.readRecord('baseline')
    for (let i = 0; i < 4; i += 1) {
      await store.tamper('baseline', null)
      await toy.advance(EVERY_MS)
      expect(await store.readRecord('baseline')).toEqual(good)
    }
    expect(await driftLines(toy)).toHaveLength(4)
  })

  it('that cannot be read is no drift, and shows as lag', async () => {
    const { toy, store } = await quiet()
    const lag = () => [...(toy.telemetry.gauges.get('reload.store.lag')?.() ?? [])].map((it) => it.value)
    await toy.advance(EVERY_MS)
    const [fresh = Number.NaN] = lag()
    expect(fresh).toBeLessThan(EVERY_MS / 1000)
    const read = store.readRecord
    store.readRecord = () => Promise.reject(new Error('input/output error'))
    await toy.advance(3 * EVERY_MS)
    expect(lag()[0]).toBeGreaterThanOrEqual(3 * (EVERY_MS / 1000))
    expect([await driftLines(toy), toy.reloader.status().state]).toEqual([[], 'idle'])
    store.readRecord = read
    await toy.advance(EVERY_MS)
    expect(lag()[0]).toBeLessThan(EVERY_MS / 1000)
  })
})

describe('a way back that somebody took from the store', () => {
  it('is there again before anything new is tried, so that a crash finds it', async () => {
    const { toy, store } = await quiet()
    store.lost.add(toy.reloader.current()?.digest ?? '')
    expect(await toy.change({ mark: 3 })).toMatchObject({ version: '1.3' })
    expect(toy.reloader.status().state).toBe('observing')
    const next = await restarted(toy)
    expect([next.version, next.reloader.status().state]).toEqual(['1.2', 'idle'])
  })

  it('and that cannot be written again stops the change', async () => {
    const { toy, store } = await quiet()
    const { digest } = toy.reloader.current() ?? {}
    store.readBlob = async () => null
    store.putBlob = (asked) => (asked === digest ? Promise.reject(new Error('no space')) : Promise.resolve())
    expect(await toy.change({ mark: 3 })).toMatchObject({ code: 'store.failed' })
    expect(toy.version).toBe('1.2')
  })
})

describe('a state directory that somebody removed', () => {
  it('is there again at the next look, and a restart comes back on the same version', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'drift-')), 'state')
    const files = fileStore(path)
    const toy = new Toy({ store: new ListedStore(files), limits: { driftEveryMs: 1 } })
    const calm = () => vi.waitFor(() => expect(toy.reloader.status().state).toBe('idle'))
    const receipt = toy.reloader.offer(bytesOf(treeOf({ mark: 1 })), byHand)
    expect(await receipt).toMatchObject({ outcome: 'applied' })
    await calm()
    await rm(path, { recursive: true })
    await vi.waitFor(async () => {
      await toy.advance(10)
      expect((await driftLines(toy)).map((it) => it.status)).toContain('success')
    }, 10_000)
    await toy.reloader.close({ drainMs: 0 })
    await files.close()
    const next = fileStore(path)
    expect(await next.readRecord('baseline')).toMatchObject({ version: '1.1' })
    expect(await next.readBlob((await next.readRecord('baseline'))?.digest ?? '')).not.toBeNull()
    await next.close()
    await rm(join(path, '..'), { recursive: true })
  })
})

describe('a part that finds its surroundings changed', () => {
  it('is built again from the same version, and the old one drains', async () => {
    const { toy } = await quiet()
    const [before, pin] = [toy.reloader.current(), toy.reloader.acquire()]
    const part = serving(toy)
    if (part === undefined) throw new Error('nothing serves')
    part.drift = 'the level is "debug", expected "info"'
    await toy.advance(EVERY_MS)
    const after = toy.reloader.current()
    expect([after?.version, after?.digest, after?.settings]).toEqual([
      before?.version,
      before?.digest,
      before?.settings,
    ])
    expect(serving(toy)).not.toBe(part)
    expect([serving(toy)?.committed, part.released]).toEqual([1, 0])
    expect(toy.reloader.status()).toMatchObject({
      state: 'idle',
      applied: { version: '1.2' },
      confirmed: { version: '1.2' },
      baseline: { version: '1.2' },
      floor: { version: '1.2' },
    })
    expect(await driftLines(toy)).toMatchObject([{ source: 'models', status: 'success' }])
    expect(toy.reloader.status().last?.issues).toEqual([
      {
        code: 'drift.part',
        message:
          '"models" is not as version 1.2 has it: the level is "debug", expected "info"; it is built again',
      },
    ])
    pin.release()
    await toy.rest()
    expect(part.released).toBe(1)
    expect(toy.openPools).toEqual(['a'])
    await toy.advance(2 * EVERY_MS)
    expect(await driftLines(toy)).toHaveLength(1)
  })

  it('stays in service when it cannot be built again', async () => {
    const { toy } = await quiet()
    const part = serving(toy)
    if (part === undefined) throw new Error('nothing serves')
    part.drift = 'gone'
    toy.refuseBuilds = true
    await toy.advance(EVERY_MS)
    expect(serving(toy)).toBe(part)
    expect([part.released, toy.reloader.status().state]).toEqual([0, 'degraded'])
    expect(await driftLines(toy)).toMatchObject([{ status: 'rejected', reason: 'prepare.failed' }])
    toy.refuseBuilds = false
    await toy.advance(4 * EVERY_MS)
    expect(serving(toy)).not.toBe(part)
    expect(toy.reloader.status().state).toBe('idle')
  })

  it('that cannot look is not taken for one that found something', async () => {
    const { toy } = await quiet()
    const part = serving(toy)
    if (part === undefined) throw new Error('nothing serves')
    part.drift = new Error('no such neighbour')
    await toy.advance(EVERY_MS)
    expect(serving(toy)).toBe(part)
    expect(await driftLines(toy)).toEqual([])
  })

  it('keeps its time to live when it is built again', async () => {
    const { toy } = await quiet()
    await toy.seal({ mark: 3 }, { serveTtlMs: 60_000 })
    await toy.advance(1_000)
    const part = serving(toy)
    if (part === undefined) throw new Error('nothing serves')
    part.drift = 'gone'
    await toy.advance(EVERY_MS)
    expect([toy.version, serving(toy) === part]).toEqual(['1.3', false])
    expect(toy.reloader.status()).toMatchObject({
      baseline: { version: '1.2' },
      confirmed: { version: '1.3' },
    })
    await toy.advance(60_000)
    expect([toy.version, toy.serving]).toEqual(['1.2', 2])
  })
})

describe('an offer that comes while a repair is under way', () => {
  it('goes before it', async () => {
    const { toy } = await quiet()
    const part = serving(toy)
    if (part === undefined) throw new Error('nothing serves')
    part.drift = 'gone'
    toy.onBuild = () => {
      toy.onBuild = null
      void toy.reloader.publish({ settings: treeOf({ mark: 3 }), bakeMs: 3 * EVERY_MS }, byHand)
    }
    await toy.advance(EVERY_MS)
    expect([toy.version, toy.serving]).toEqual(['1.3', 3])
    expect(await driftLines(toy)).toMatchObject([{ status: 'superseded' }])
    expect(toy.reloader.status().state).toBe('observing')
    await toy.advance(3 * EVERY_MS)
    expect(toy.alive).toEqual(['1.3'])
  })

  it('is not mistaken for drift while it is observed', async () => {
    const { toy, store } = await quiet()
    await toy.answer(toy.reloader.publish({ settings: treeOf({ mark: 3 }), bakeMs: 10 * EVERY_MS }, byHand))
    expect(toy.reloader.status().state).toBe('observing')
    store.writes.length = 0
    await toy.advance(3 * EVERY_MS)
    expect(store.writes).toEqual([])
  })
})

async function restarted(toy: Toy): Promise<Toy> {
  const next = toy.crash()
  await next.reloader.start()
  return next
}
