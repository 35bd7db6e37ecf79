/**
 * Those of the forty cases that are about what comes in, when, and how often: crashed between two writes (2), repeated and
 * out of order (7), and overtaken at each stage in turn (27). `docs/reference/faults.md` lists where the others are.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ArtifactSource } from '../contract/participant.ts'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import type { Receipt } from '../contract/receipt.ts'
import type { Pin } from '../contract/snapshot.ts'
import { digestOfText } from '../format/digest.ts'
import { byHand, bytesOf, type Parts, readSealed, Toy, treeOf, type Wish } from './test-toy.ts'

const sealedByHand = { ...byHand, mediaType: ENVELOPE_TYPE }

describe('2 a process that dies between the bytes of a version and what names them', () => {
  it.each(['floor', 'intent'])(
    'before the %s leaves nothing in force, and no bytes for long',
    async (write) => {
      const toy = new Toy({ limits: { bakeMs: 0 } })
      await toy.change({ mark: 1 })
      toy.store.hold = (it) => (it === write ? new Promise(() => {}) : null)
      const { bytes, digest } = toy.sealed({ mark: 2 })
      void toy.reloader.offer(bytes, sealedByHand)
      await toy.rest()
      expect(await toy.store.readBlob(digest)).not.toBeNull()
      toy.store.hold = () => null
      const next = toy.crash({ limits: { bakeMs: 0 } })
      expect(await next.reloader.start()).toBe('1.1')
      // Two, because what was the newest one seen is kept until another is.
      for (const mark of [3, 4]) await next.change({ mark })
      await next.rest()
      expect([
        next.serving,
        next.reloader
          .line()
          .map((it) => it.digest)
          .includes(digest),
      ]).toEqual([4, false])
      expect(await next.store.readBlob(digest)).toBeNull()
    },
  )
})

describe('7 payloads that come twice, out of order, or ahead of others', () => {
  it('end where they would have ended in order, and none of them comes in twice', async () => {
    const last = 6
    const delivery = fc
      .array(fc.integer({ min: 2, max: last }), { minLength: 1, maxLength: 14 })
      .chain((some) => fc.shuffledSubarray([...some, last], { minLength: some.length + 1 }))
    await fc.assert(
      fc.asyncProperty(delivery, async (order) => {
        const toy = new Toy({ limits: { bakeMs: 0, breakerFailures: 100 } })
        await toy.change({ mark: 1 })
        const first = toy.reloader.status().applied
        const payloads = Array.from({ length: last + 1 }, (_, mark) =>
          toy.sealed({ mark }, { version: { epoch: 1, seq: mark }, previous: first }),
        )
        const applied: string[] = []
        for (const mark of order) {
          const { bytes = new Uint8Array() } = payloads[mark] ?? {}
          const receipt = await toy.answer(toy.reloader.offer(bytes, sealedByHand))
          if (receipt.outcome === 'applied') applied.push(receipt.version)
        }
        expect([toy.version, toy.serving]).toEqual([`1.${last}`, last])
        expect(applied).toEqual([...new Set(applied)].toSorted())
        expect([toy.alive, toy.openPools]).toEqual([[`1.${last}`], ['a']])
      }),
      { numRuns: 100, seed: 7 },
    )
  })
})

describe('27 a newer offer', () => {
  interface Stage {
    readonly options?: ConstructorParameters<typeof Toy>[0]
    prepare?(toy: Toy): Promise<void>
    /** Brings settings with the mark 2 as far as the stage, where it stays. */
    begin(toy: Toy): Promise<Receipt>
    /** Lets it go on, where only its end is waited for. */
    letGo?(toy: Toy): void
  }

  const offer = (toy: Toy, wish: Wish): Promise<Receipt> => toy.reloader.offer(bytesOf(treeOf(wish)), byHand)
  const plain = (over: Partial<Wish>): Stage => ({
    begin: (toy) => offer(toy, { mark: 2, pool: 'b', ...over }),
  })
  const never: ArtifactSource = { schemes: ['test'], fetch: () => new Promise(() => {}) }

  /** At the write of that name. */
  function heldAt(write: string): Stage {
    const held = Promise.withResolvers<void>()
    return {
      begin(toy) {
        let isFirst = true
        toy.store.hold = (it) => {
          if (it !== write || !isFirst) return null
          isFirst = false
          return held.promise
        }
        return offer(toy, { mark: 2, pool: 'b' })
      },
      letGo: () => held.resolve(),
    }
  }

  function readSlowly(): Stage {
    const read = Promise.withResolvers<void>()
    return {
      options: {
        read: async (bytes) => {
          const settings = JSON.parse(new TextDecoder().decode(bytes)) as ReturnType<typeof treeOf>
          if (JSON.stringify(settings).includes('"mark":2')) await read.promise
          return { settings }
        },
      },
      ...plain({}),
      letGo: () => read.resolve(),
    }
  }

  const asking: Stage = {
    options: {
      approve: ({ manifest }, signal) =>
        manifest.version.seq === 2
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
          : Promise.resolve({ approved: true, by: [] }),
    },
    ...plain({}),
  }

  /** As many versions are alive as may be, all but the newest for requests that hold them. */
  function crowded(): Stage {
    const pins: Pin<Parts>[] = []
    return {
      options: { limits: { generations: 3 } },
      async prepare(toy) {
        for (const mark of [11, 12]) {
          pins.push(toy.reloader.acquire())
          await toy.change({ mark })
          await toy.advance(1_000)
        }
      },
      ...plain({}),
      letGo() {
        for (const it of pins) it.release()
      },
    }
  }

  const fetching: Stage = {
    options: { artifactSources: [never] },
    begin(toy) {
      const { manifest } = readSealed(toy.sealed({ mark: 2, pool: 'b' }).bytes)
      const text = '{"mark":2,"pool":"b"}'
      const [digest, size] = [digestOfText(text), Buffer.byteLength(text)]
      const resources = manifest.resources.map((it) =>
        it.kind === 'models'
          ? { kind: it.kind, name: it.name, mediaType: it.mediaType, digest, size, uri: 'test:models' }
          : it,
      )
      return toy.reloader.offer(toy.sealed({ mark: 2 }, { resources }).bytes, sealedByHand)
    },
  }

  it.each<[string, string | null, Stage]>([
    ['read', null, readSlowly()],
    ['written down', 'verified', heldAt('floor')],
    ['agreed to', 'awaiting_approval', asking],
    ['kept waiting for room', 'validated', crowded()],
    ['fetched', 'verified', fetching],
    ['built', 'loading', plain({ models: 'prepare-hangs' })],
    ['warmed up', 'warming', plain({ routes: 'check-hangs' })],
  ])('takes the place of one that is being %s, of which nothing is left', async (_, state, stage) => {
    const toy = new Toy(stage.options)
    await toy.change({ mark: 1 })
    await stage.prepare?.(toy)
    const older = stage.begin(toy)
    await toy.rest()
    expect(toy.reloader.status().stage).toBe(state)
    const newer = offer(toy, { mark: 3 })
    await toy.rest()
    stage.letGo?.(toy)
    await toy.rest()
    expect(await newer).toMatchObject({ outcome: 'applied' })
    await toy.advance(1_000)
    expect(await older).toMatchObject({ outcome: 'superseded' })
    expect([toy.serving, toy.alive.length, toy.openPools]).toEqual([3, 1, ['a']])
    expect(toy.pools.every((it) => it.closed <= 1)).toBe(true)
    expect(toy.clock.pending).toBe(0)
    expect(toy.telemetry.spans.filter((it) => it.ended !== 1)).toEqual([])
  })

  it('comes after one whose intent is being written: that one serves first, and nothing of it stays', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const { begin, letGo } = heldAt('intent')
    const older = begin(toy)
    await toy.rest()
    expect(toy.reloader.status().stage).toBe('ready')
    const newer = offer(toy, { mark: 3 })
    await toy.rest()
    letGo?.(toy)
    await toy.rest()
    expect([await older, await newer]).toMatchObject([
      { outcome: 'applied', version: '1.2' },
      { outcome: 'applied', version: '1.3' },
    ])
    expect(toy.reloader.status()).toMatchObject({ applied: { version: '1.3' }, baseline: { version: '1.1' } })
    await toy.advance(1_000)
    expect([toy.alive, toy.openPools]).toEqual([['1.3'], ['a']])
  })

  it('that takes longer to read than the one before it takes to be written down comes in all the same', async () => {
    const { options, letGo } = readSlowly()
    const toy = new Toy(options)
    await toy.change({ mark: 1 })
    const before = offer(toy, { mark: 3, models: 'check-slow' })
    const newest = offer(toy, { mark: 2 })
    await toy.rest()
    letGo?.(toy)
    await toy.advance(1_000)
    expect([await before, await newest]).toMatchObject([{ outcome: 'superseded' }, { outcome: 'applied' }])
    expect(toy.serving).toBe(2)
  })

  it('does not make what somebody only looks at, and has not read yet, a second content of its number', async () => {
    const { options, letGo } = readSlowly()
    const toy = new Toy(options)
    await toy.change({ mark: 1 })
    const plan = toy.reloader.plan(bytesOf(treeOf({ mark: 2 })), byHand)
    await toy.change({ mark: 3 })
    letGo?.(toy)
    expect(await plan).toMatchObject({ ok: true })
  })
})
