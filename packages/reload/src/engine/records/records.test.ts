/** What is written down: in order, again when it failed, and never an old value over a new one. */
import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { byHand, ListedStore, Toy } from '../test-toy.ts'
import { AuditChain, type AuditEntry, NO_LINE } from './audit.ts'
import { Recorder } from './recorder.ts'

const ref = (version: string) => ({ version, digest: `sha256:${version}` })
const intent = (version: string) => ({ ...ref(version), attempts: 1, traceId: '', spanId: '', attempt: '' })

function recorder(): { store: ListedStore; clock: ManualClock; it: Recorder; troubles: unknown[] } {
  const [store, clock, troubles] = [new ListedStore(), new ManualClock(), new Array<unknown>()]
  return { store, clock, troubles, it: new Recorder(store, clock, (error) => troubles.push(error)) }
}

describe('a wish', () => {
  it('is fulfilled when the store is well again, with the newest value', async () => {
    const { store, clock, it: records, troubles } = recorder()
    store.refuse = () => true
    records.note('applied', ref('1.1'))
    await records.tried()
    records.note('applied', ref('1.2'))
    await records.tried()
    store.refuse = () => false
    await clock.advance(30_000)
    expect(store.writes).toEqual(['applied'])
    expect(await store.readRecord('applied')).toMatchObject({ version: '1.2' })
    expect([troubles.length, clock.pending]).toEqual([2, 0])
  })

  it('to clear an intent never clears a newer one that is just being written', async () => {
    const { store, it: records } = recorder()
    await records.writeIntent(intent('1.1'))
    const writing = records.writeIntent(intent('1.2'))
    records.clearIntent('sha256:1.1')
    await writing
    await records.tried()
    expect(await store.readRecord('intent')).toMatchObject({ version: '1.2' })
    records.clearIntent('sha256:1.1')
    await records.tried()
    expect(await store.readRecord('intent')).toMatchObject({ version: '1.2' })
  })

  it('for a baseline outlives the older one that is just being written', async () => {
    const { store, it: records } = recorder()
    const writing = records.writeBaseline(ref('1.2'))
    records.note('baseline', ref('1.1'))
    await writing
    await records.tried()
    expect(await store.readRecord('baseline')).toMatchObject({ version: '1.1' })
  })

  it('is tried once more at the end, and then given up', async () => {
    const { store, clock, it: records } = recorder()
    store.refuse = () => true
    records.note('applied', ref('1.1'))
    await records.close()
    expect([store.writes, clock.pending]).toEqual([[], 0])
  })
})

describe('an intent that could not be written', () => {
  it('leaves the one before it in the store', async () => {
    const { store, clock, it: records } = recorder()
    await records.writeIntent(intent('1.1'))
    store.refuse = (write) => write === 'intent'
    await expect(records.writeIntent(intent('1.2'))).rejects.toMatchObject({ code: 'store.failed' })
    store.refuse = () => false
    await clock.advance(1_000)
    expect(records.intent).toMatchObject({ version: '1.1' })
    expect(await store.readRecord('intent')).toMatchObject({ version: '1.1' })
  })
})

describe('the audit chain', () => {
  const entry = (attempt: string): AuditEntry => ({
    at: '2026-11-21T09:00:00.000Z',
    event: 'config.reload.completed',
    attempt,
    scope: 's',
    who: 'user:bo',
    trigger: 'cli',
    source: '',
    from: null,
    to: null,
    digest: null,
    status: 'success',
    reason: '',
    changedParameters: [],
    traceId: '',
    spanId: '',
  })

  it('keeps its order and its links when lines have to wait', async () => {
    const [store, clock] = [new ListedStore(), new ManualClock()]
    const chain = new AuditChain(store, clock, () => {})
    store.refuse = () => true
    chain.add(entry('a'))
    chain.add(entry('b'))
    await chain.tried()
    await expect(chain.write(entry('refused'))).rejects.toMatchObject({ code: 'store.failed' })
    store.refuse = () => false
    await chain.write(entry('c'))
    const lines = await store.readAudit()
    expect(lines.map((it) => it.attempt)).toEqual(['a', 'b', 'c'])
    expect(lines.map((it) => it.previous)).toEqual([NO_LINE, lines[0]?.hash, lines[1]?.hash])
    await chain.close()
    expect(clock.pending).toBe(0)
  })

  it('gives up the oldest lines when the store takes none for long', async () => {
    const [store, clock] = [new ListedStore(), new ManualClock()]
    const chain = new AuditChain(store, clock, () => {})
    store.refuse = () => true
    for (let i = 0; i < 1_005; i++) chain.add(entry(String(i)))
    await chain.tried()
    store.refuse = () => false
    await clock.advance(1_000)
    const lines = await store.readAudit()
    expect([lines.length, lines[0]?.attempt, lines.at(-1)?.attempt]).toEqual([1_000, '5', '1004'])
  })
})

describe('blobs that no version needs', () => {
  it('are dropped when the next version is confirmed, and what the line needs stays', async () => {
    const toy = new Toy({ limits: { bakeMs: 0 } })
    const kept: ReadonlySet<string>[] = []
    const sweep = toy.store.sweep
    toy.store.sweep = async (keep) => {
      kept.push(keep)
      await sweep(keep)
    }
    await toy.change({ mark: 0 })
    await toy.change({ mark: 1 })
    // What an earlier process may have left went with the first; since then there is nothing to drop.
    expect(kept).toHaveLength(1)
    const refused: string[] = []
    for (let mark = 2; mark <= 4; mark++) {
      await toy.change({ mark, models: mark === 3 ? 'validate' : 'check' }, { ...byHand, manual: true })
      refused.push((await toy.reloader.audit()).at(-1)?.digest ?? '')
    }
    for (const it of refused) expect(await toy.store.readBlob(it)).not.toBeNull()
    await toy.change({ mark: 5 }, { ...byHand, manual: true })
    await toy.rest()
    expect(kept).toHaveLength(2)
    for (const it of refused) expect(await toy.store.readBlob(it)).toBeNull()
    for (const it of toy.reloader.line()) expect(kept[1]?.has(it.digest)).toBe(true)
    // What they hold is in their manifests.
    expect(kept[1]?.size).toBe(3)
    expect(await toy.reloader.settings('1.1')).toMatchObject({ routes: { main: { mark: 0 } } })
    expect(await toy.reloader.settings('1.3')).toBeNull()
    expect(await toy.reloader.manifest('1.3')).toBeNull()
  })
})
