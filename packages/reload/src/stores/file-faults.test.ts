/** What the file store promises while its disk is full, failing, read-only, or loses power at any call. */
import { auditLine, FaultyDisk, type Survival } from '@changeover/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StateStore } from '../contract/store.ts'
import { isReloadError } from '../errors.ts'
import { digestOf } from '../format/digest.ts'
import type { ProcessTable } from './directory-lock.ts'
import { fileStore } from './file.ts'

type Step =
  | { readonly does: 'blob'; readonly text: string }
  | { readonly does: 'record'; readonly name: 'floor' | 'applied'; readonly seq: number }
  | { readonly does: 'clear'; readonly name: 'floor' | 'applied' }
  | { readonly does: 'audit'; readonly attempt: string }
  | { readonly does: 'sweep' }

/** What was acknowledged, and what the power may have gone in the middle of. */
interface Promised {
  readonly records: Map<string, number | null>
  readonly blobs: Set<string>
  readonly audit: string[]
  inWork: Step | null
}

const moments = ['before', 'midway', 'after'] as const
const survivals: Survival[] = ['nothing', 'everything', { seed: 1 }, { seed: 2 }, { seed: 3 }]

/** Each life of the disk is a process of its own, and the one before is dead. */
function processOf(life: number): ProcessTable {
  const self = { pid: 100 + life, started: 'boot' }
  return { self, find: (pid) => (pid === self.pid ? self : null) }
}

function openOn(disk: FaultyDisk, life: number): StateStore {
  const [files, processes] = [disk.mount(), processOf(life)]
  return fileStore('/state', { files, processes, recordBytes: 400, auditFileBytes: 1_500 })
}

async function take(store: StateStore, step: Step): Promise<void> {
  if (step.does === 'blob') await store.putBlob(digestOf(Buffer.from(step.text)), Buffer.from(step.text))
  else if (step.does === 'record') await store.writeRecord(step.name, recordOf(step.seq))
  else if (step.does === 'clear') await store.clearRecord(step.name)
  else if (step.does === 'audit') await store.appendAudit(auditLine(step.attempt))
  else await store.sweep(new Set())
}

const recordOf = (seq: number) => ({ version: `1.${seq}`, digest: digestOf(Buffer.from(String(seq))) })

function note(promised: Promised, step: Step): void {
  if (step.does === 'blob') promised.blobs.add(step.text)
  else if (step.does === 'record') promised.records.set(step.name, step.seq)
  else if (step.does === 'clear') promised.records.set(step.name, null)
  else if (step.does === 'audit') promised.audit.push(step.attempt)
  else promised.blobs.clear()
}

async function walk(store: StateStore, steps: readonly Step[], promised: Promised): Promise<void> {
  for (const step of steps) {
    promised.inWork = step
    await take(store, step)
    note(promised, step)
    promised.inWork = null
  }
}

/** What a store that came back has to answer. */
async function check(store: StateStore, { records, blobs, audit, inWork }: Promised): Promise<void> {
  for (const name of ['floor', 'applied'] as const) {
    const allowed = [records.get(name) ?? null]
    if (inWork?.does === 'record' && inWork.name === name) allowed.push(inWork.seq)
    if (inWork?.does === 'clear' && inWork.name === name) allowed.push(null)
    const found = await store.readRecord(name)
    expect(allowed.map((seq) => (seq === null ? null : recordOf(seq)))).toContainEqual(found)
  }
  for (const text of blobs) {
    const bytes = await store.readBlob(digestOf(Buffer.from(text)))
    if (inWork?.does === 'sweep' && bytes === null) continue
    expect(Buffer.from(bytes ?? []).toString()).toBe(text)
  }
  const attempts = (await store.readAudit()).map((it) => it.attempt)
  const mayFollow = inWork?.does === 'audit' && attempts.length > audit.length ? [inWork.attempt] : []
  expect(attempts).toEqual([...audit, ...mayFollow])
}

const freshPromises = (): Promised => ({ records: new Map(), blobs: new Set(), audit: [], inWork: null })

/** Loses power at one call of `steps`, restarts, checks, and goes on to see that the store still works. */
async function crash(
  steps: readonly Step[],
  call: number,
  moment: 'before' | 'midway' | 'after',
  survival: Survival,
) {
  const disk = new FaultyDisk()
  const promised = freshPromises()
  const died = disk.cutPowerAt(call, moment).then(() => 'died')
  const ended = await Promise.race([walk(openOn(disk, 1), steps, promised).then(() => 'ended'), died])
  disk.restart(survival)
  const store = openOn(disk, 2)
  await check(store, promised)
  const attempts = (await store.readAudit()).map((it) => it.attempt)
  await store.writeRecord('floor', recordOf(999))
  await store.appendAudit(auditLine('later'))
  await store.close()
  disk.restart('nothing')
  const again = openOn(disk, 3)
  expect(await again.readRecord('floor')).toEqual(recordOf(999))
  expect((await again.readAudit()).map((it) => it.attempt)).toEqual([...attempts, 'later'])
  return ended
}

const reload: Step[] = [
  { does: 'audit', attempt: 'a' },
  { does: 'blob', text: 'settings' },
  { does: 'record', name: 'floor', seq: 1 },
  { does: 'record', name: 'applied', seq: 1 },
  { does: 'audit', attempt: 'b' },
  { does: 'record', name: 'floor', seq: 2 },
  { does: 'clear', name: 'applied' },
  { does: 'audit', attempt: 'c' },
]

const anyName = fc.constantFrom('floor' as const, 'applied' as const)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant('blob' as const), text: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ does: fc.constant('record' as const), name: anyName, seq: fc.nat(50) }),
  fc.record({ does: fc.constant('clear' as const), name: anyName }),
  fc.record({ does: fc.constant('audit' as const), attempt: fc.uuid() }),
  fc.record({ does: fc.constant('sweep' as const) }),
)

describe('a power cut', () => {
  it('at any call of a reload, before, in or after it, loses nothing that was acknowledged', async () => {
    let cuts = 0
    for (const survival of survivals) {
      for (const moment of moments) {
        let call = 1
        while ((await crash(reload, call, moment, survival)) === 'died') call += 1
        cuts += call - 1
      }
    }
    expect(cuts).toBeGreaterThan(400)
  })

  it('at any call of any sequence, loses nothing that was acknowledged', async () => {
    const steps = fc.array(anyStep, { minLength: 1, maxLength: 12 })
    const seed = fc.integer().map((it) => ({ seed: it }))
    const law = fc.asyncProperty(
      steps,
      fc.integer({ min: 1, max: 90 }),
      fc.constantFrom(...moments),
      seed,
      async (...cut) => void (await crash(...cut)),
    )
    await fc.assert(law, { numRuns: 400 })
  })
})

describe('a failing disk', () => {
  it.each(['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'])(
    'that answers %s at any one call has that call refused and nothing else changed',
    async (code) => {
      for (let call = 1; call < 60; call += 1) {
        const disk = new FaultyDisk()
        const store = openOn(disk, 1)
        const promised = freshPromises()
        disk.fault = (it) => (it.number === call ? code : null)
        for (const step of reload) {
          const error = await take(store, step).catch((it: unknown) => it)
          if (error === undefined) note(promised, step)
          else expect(error).toMatchObject({ code })
          // A record may have got as far as its new state; a line that was not acknowledged is not there.
          promised.inWork = error === undefined || step.does === 'audit' ? null : step
          await check(store, promised)
          // A step that failed is taken again, as the engine would, so that what follows builds on it.
          if (error !== undefined) await take(store, step).then(() => note(promised, step))
          promised.inWork = null
        }
        await check(store, promised)
      }
    },
  )

  it('that did not take the name of a blob is asked again when the same blob comes again', async () => {
    const disk = new FaultyDisk()
    const store = openOn(disk, 1)
    const blob: Step = { does: 'blob', text: 'one' }
    await take(store, { does: 'blob', text: 'zero' })
    disk.fault = ({ name }) => (name === 'syncDirectory' ? 'EIO' : null)
    await expect(take(store, blob)).rejects.toMatchObject({ code: 'EIO' })
    disk.fault = null
    await take(store, blob)
    disk.restart('nothing')
    await check(openOn(disk, 2), { ...freshPromises(), blobs: new Set(['zero', 'one']) })
  })

  it.each([2, 3])(
    'holds a blob that a killed process had written, once the next was given it: after call %i',
    async (call) => {
      const disk = new FaultyDisk()
      const store = openOn(disk, 1)
      await take(store, { does: 'blob', text: 'zero' })
      // Open, write, sync; and the process is gone, though the disk still has its power.
      const died = disk.cutPowerAt(call, 'after')
      void take(store, { does: 'blob', text: 'one' })
      await died
      const next = openOn(disk, 2)
      await take(next, { does: 'blob', text: 'one' })
      disk.restart('nothing')
      await check(openOn(disk, 3), { ...freshPromises(), blobs: new Set(['zero', 'one']) })
    },
  )

  it('holds a record and a line that a killed process had written, once the next has read them', async () => {
    for (const step of [reload[2], reload[4]] as Step[]) {
      const disk = new FaultyDisk()
      const store = openOn(disk, 1)
      const promised = freshPromises()
      await walk(store, reload.slice(0, 2), promised)
      await take(store, { does: 'record', name: 'applied', seq: 7 })
      note(promised, { does: 'record', name: 'applied', seq: 7 })
      // The write; and the process is gone before it has forced it to the disk.
      const died = disk.cutPowerAt(1, 'after')
      void take(store, step)
      await died
      note(promised, step)
      await check(openOn(disk, 2), promised)
      disk.restart('nothing')
      await check(openOn(disk, 3), promised)
    }
  })

  it('that is full for good refuses every write and still reads', async () => {
    const disk = new FaultyDisk()
    const store = openOn(disk, 1)
    const promised = freshPromises()
    await walk(store, reload, promised)
    disk.fault = () => 'ENOSPC'
    const writes = reload.map((it): Step => (it.does === 'blob' ? { ...it, text: 'a new one' } : it))
    for (const step of writes) await expect(take(store, step)).rejects.toMatchObject({ code: 'ENOSPC' })
    await check(store, promised)
    disk.fault = null
    await store.appendAudit(auditLine('d'))
    expect((await store.readAudit()).map((it) => it.attempt)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is tried again from the start by a store that could not be opened', async () => {
    const disk = new FaultyDisk()
    const store = openOn(disk, 1)
    disk.fault = () => 'EROFS'
    await expect(store.readRecord('floor')).rejects.toMatchObject({ code: 'EROFS' })
    disk.fault = null
    expect(await store.readRecord('floor')).toBeNull()
    const second = await openOn(disk, 1)
      .readRecord('floor')
      .catch((it: unknown) => it)
    expect(isReloadError(second) && second.code).toBe('store.locked')
  })
})
