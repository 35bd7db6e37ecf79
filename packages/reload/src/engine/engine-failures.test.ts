/** The failure matrix: whatever fails before the swap, the old version serves and nothing is left behind. */
import { describe, expect, it } from 'vitest'
import { byFile, byHand, bytesOf, type Fault, ListedStore, readSealed, Toy, treeOf } from './test-toy.ts'

/** A toy on which version 1.1 is confirmed. */
async function serving(options: ConstructorParameters<typeof Toy>[0] = {}): Promise<Toy> {
  const toy = new Toy(options)
  await toy.change({ mark: 1 })
  return toy
}

function expectUntouched(toy: Toy): void {
  expect([toy.serving, toy.alive, toy.openPools]).toEqual([1, ['1.1'], ['a']])
  expect(toy.parts.every((it) => it.released <= 1)).toBe(true)
  expect(toy.reloader.status().generations).toEqual([{ version: '1.1', pins: 0, role: 'current' }])
  expect(toy.telemetry.spans.filter((it) => it.ended !== 1)).toEqual([])
}

describe('a failure', () => {
  it.each<[string, Fault, string]>([
    ['in bringing what validation needs', 'load', 'prepare.failed'],
    ['in validation', 'validate', 'validate.refused'],
    ['inside a participant that validates', 'validate-throws', 'prepare.failed'],
    ['while building', 'prepare', 'prepare.failed'],
    ['in the warm-up', 'check', 'warmup.failed'],
  ])('%s leaves everything as it was', async (_, fault, code) => {
    const toy = await serving()
    const pending = toy.clock.pending
    const receipt = await toy.change({ mark: 2, routes: fault, pool: 'b' })
    expect(receipt).toMatchObject({ outcome: 'refused', code, version: '1.1' })
    expectUntouched(toy)
    expect(toy.clock.pending).toBe(pending)
    expect(toy.telemetry.named('reload').at(-1)).toMatchObject({ failed: code })
    const lines = await toy.reloader.audit()
    expect(lines.filter((it) => it.attempt === receipt.attempt).map((it) => it.event)).toEqual([
      'config.reload.started',
      'config.reload.rejected',
    ])
  })

  it('of a later part closes what the earlier ones opened, newest first, and each once', async () => {
    const toy = await serving()
    await toy.change({ mark: 2, routes: 'prepare', pool: 'b' })
    expect(toy.freed).toEqual(['models 1.2', 'pool b'])
  })

  it('of a warm-up that never ends comes at the deadline, and names who it waited for', async () => {
    const toy = await serving()
    const waiting = toy.reloader.offer(bytesOf(treeOf({ mark: 2, routes: 'check-hangs' })), byHand)
    await toy.advance(500)
    expect(await waiting).toMatchObject({
      code: 'warmup.deadline',
      retry: true,
      message: '"routes" was not ready for version 1.2 within 500 ms; the running version stays',
    })
    expectUntouched(toy)
  })

  it('of a build that comes to its end too late still lets go of what was built', async () => {
    const toy = await serving({ limits: { warmupMs: 50 } })
    const waiting = toy.reloader.offer(
      bytesOf(treeOf({ mark: 2, models: 'prepare-hangs', pool: 'b' })),
      byHand,
    )
    await toy.advance(50)
    expect(await waiting).toMatchObject({ code: 'warmup.deadline' })
    await toy.advance(200)
    expect(toy.parts.filter((it) => it.version === '1.2')).toMatchObject([{ released: 1 }])
    expectUntouched(toy)
  })

  it('keeps its cause for the embedding service, out of every text', async () => {
    const toy = await serving()
    const receipt = await toy.change({ mark: 2, models: 'prepare' })
    if (receipt.outcome !== 'refused') throw new Error('not refused')
    expect(receipt.cause).toMatchObject({ message: 'cannot be built' })
    expect(receipt.message).toBe('"models" could not be built for version 1.2; the running version stays')
    expect(JSON.stringify(await toy.reloader.audit())).not.toContain('cannot be built')
  })

  it.each(['audit started', 'blob', 'floor', 'intent'])(
    'to write %s means that there is no swap',
    async (write) => {
      const toy = await serving()
      toy.store.refuse = (it) => it === write
      expect(await toy.change({ mark: 2, pool: 'b' })).toMatchObject({ code: 'store.failed', retry: true })
      toy.store.refuse = () => false
      await toy.advance(2_000)
      expectUntouched(toy)
    },
  )

  it('to write what comes after the swap delays it, and takes nothing back', async () => {
    const toy = await serving()
    toy.store.refuse = (it) => !['audit started', 'blob', 'floor', 'intent'].includes(it)
    expect(await toy.change({ mark: 2 })).toMatchObject({ outcome: 'applied' })
    await toy.advance(1_500)
    expect(toy.reloader.status()).toMatchObject({ state: 'degraded', baseline: { version: '1.1' } })
    toy.store.refuse = () => false
    await toy.advance(60_000)
    expect(toy.reloader.status()).toMatchObject({ state: 'idle', baseline: { version: '1.2' } })
    expect(await toy.store.readRecord('baseline')).toMatchObject({ version: '1.2' })
    expect(await toy.store.readRecord('intent')).toBeNull()
    const lines = await toy.reloader.audit()
    expect(lines.at(-1)).toMatchObject({ event: 'config.reload.completed', to: '1.2' })
  })

  it('of the disk under a file that changed is mended without the file changing again', async () => {
    const toy = await serving()
    toy.store.refuse = (it) => it === 'blob'
    const offer = toy.reloader.offer(bytesOf(treeOf({ mark: 2 })), byFile)
    await toy.advance(100)
    expect(await offer).toMatchObject({ code: 'store.failed' })
    toy.store.refuse = () => false
    await toy.advance(3_000)
    expect(toy.serving).toBe(2)
  })

  it('of a reader in a way that it should not is answered too', async () => {
    const toy = new Toy({
      read: () => {
        throw new TypeError('undefined is not a function')
      },
    })
    expect(await toy.change({ mark: 1 })).toMatchObject({
      outcome: 'refused',
      code: 'reload.failed',
      retry: false,
    })
    expect(toy.telemetry.logs.find((it) => it.level === 'error')?.error).toBeInstanceOf(TypeError)
  })

  it('of telemetry is nobody’s failure', async () => {
    const toy = new Toy()
    const broken = (): never => {
      throw new Error('exporter is being reloaded')
    }
    toy.telemetry.logger.log = broken
    toy.telemetry.meter.add = broken
    toy.telemetry.tracer.start = broken
    expect(await toy.change({ mark: 1 })).toMatchObject({ outcome: 'applied' })
  })

  it('of a listener or of letting go is said and counted, and stops nothing', async () => {
    const toy = await serving()
    toy.reloader.subscribe(() => {
      throw new Error('console is gone')
    })
    const part = toy.reloader.current()?.parts.models
    if (part !== undefined)
      Object.defineProperty(part, 'released', {
        get: () => {
          throw new Error('stuck')
        },
      })
    await toy.change({ mark: 2 })
    await toy.advance(1_000)
    expect(toy.reloader.status().generations).toEqual([{ version: '1.2', pins: 0, role: 'current' }])
    const messages = toy.telemetry.logs.map((it) => it.message)
    expect(messages).toContain('a listener threw')
    expect(messages).toContain('"models" could not be let go')
    const failures = toy.telemetry.counts.filter((it) => it.name === 'reload.release.failures')
    expect(failures).toHaveLength(1)
  })
})

describe('removal', () => {
  const tree = (names: readonly string[]) => ({
    models: Object.fromEntries(names.map((it) => [it, { mark: 1 }])),
    routes: { main: { mark: 1 } },
  })
  const names = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`)

  it('of half of everything asks for a word of confirmation', async () => {
    const toy = new Toy()
    await toy.answer(toy.reloader.publish({ settings: tree(names(5)) }, byHand))
    const draft = { settings: tree(names(2)) }
    expect(await toy.answer(toy.reloader.publish(draft, byHand))).toMatchObject({
      code: 'validate.shrink',
      message: 'the payload would remove 3 of 6 resources; confirm with "allowShrink"',
    })
    const confirmed = toy.reloader.publish({ ...draft, allowShrink: true }, byHand)
    expect(await toy.answer(confirmed)).toMatchObject({ outcome: 'applied' })
  })

  it('is named by what is sealed here, and refused when a publisher does not name it', async () => {
    const toy = new Toy()
    await toy.answer(toy.reloader.publish({ settings: tree(names(5)) }, byHand))
    const { manifest } = readSealed(toy.sealed({ mark: 1 }).bytes)
    const kept = manifest.resources.filter((it) => it.kind === 'routes')
    const receipt = await toy.seal({ mark: 1 }, { resources: kept, allowShrink: true })
    expect(receipt).toMatchObject({
      code: 'validate.refused',
      issues: names(5).map(() => ({ code: 'validate.unnamed_removal' })),
    })
    await toy.answer(toy.reloader.publish({ settings: tree(names(4)) }, byHand))
    const sealedHere = await toy.reloader.manifest('1.3')
    expect(JSON.parse(new TextDecoder().decode(sealedHere ?? undefined))).toMatchObject({
      removed: [{ kind: 'models', name: 'm4' }],
    })
  })
})

describe('the store', () => {
  it('is written to in the order that survives a crash at every instant', async () => {
    const store = new ListedStore()
    const toy = new Toy({ store })
    await toy.change({ mark: 1 })
    store.writes.length = 0
    await toy.change({ mark: 2 })
    expect(store.writes).toEqual(['audit started', 'blob', 'floor', 'intent', 'applied', 'line'])
    await toy.advance(1_000)
    expect(store.writes.slice(6)).toEqual(['baseline', 'no intent', 'audit completed'])
  })
})
