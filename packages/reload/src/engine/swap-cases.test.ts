/**
 * The cases of swapping, observing and going back that others have tripped over, each by its number in the list of forty.
 * A version that takes its traffic by shares is put through them too. Case 30 needs a service with an admin address:
 * `docs/reference/swap-cases.md` says what is promised in its place, and lists them all.
 */
import { describe, expect, it } from 'vitest'
import { applied, CANARY, Stage, tenant } from './test-rollouts.ts'
import { byHand, Toy, treeOf } from './test-toy.ts'

const CONTROLLER = { trigger: 'git', source: 'main', actor: 'controller' } as const

describe('28 a reader in every microtask', () => {
  /** Asks for one unit after the other until it is stopped. */
  function read({ toy }: Stage): { torn: string[]; versions: Set<string>; stop(): void } {
    const [torn, versions, side] = [new Array<string>(), new Set<string>(), new Map<string, string>()]
    let [isReading, next] = [true, 0]
    const look = (): void => {
      if (!isReading) return
      const unit = `t${next++ % 40}`
      const pin = toy.reloader.acquire(tenant(unit))
      const { version, parts } = pin.snapshot
      const { models, routes } = parts
      const { applied: inForce, candidate } = toy.reloader.status()
      if (models.version !== version || routes.version !== version) torn.push(`${version} in parts`)
      if (models.released > 0 || routes.pool.closed > 0) torn.push(`${version} serves, released`)
      if (version !== inForce?.version && version !== candidate?.version)
        torn.push(`${version} is not in force`)
      if (pin.role === 'candidate') side.set(unit, version)
      else if (candidate !== null && side.get(unit) === candidate.version && version !== candidate.version) {
        torn.push(`${unit} went from ${candidate.version} back to ${version}`)
      }
      versions.add(version)
      pin.release()
      queueMicrotask(look)
    }
    look()
    return { torn, versions, stop: () => void (isReading = false) }
  }

  it('finds whole versions while a share begins, grows, becomes all, and goes back', async () => {
    const stage = new Stage()
    await stage.baseline()
    const { reloader } = stage.toy
    const reader = read(stage)
    await reloader.publish({ settings: treeOf({ mark: 2, pool: 'b' }), rollout: CANARY }, byHand)
    await reloader.promote('1.2', { to: 'next' })
    await reloader.promote('1.2', { to: 'full' })
    await reloader.regress('errors')
    await reloader.publish({ settings: treeOf({ mark: 3 }), rollout: CANARY }, byHand)
    await reloader.publish({ settings: treeOf({ mark: 4 }), rollout: CANARY }, byHand)
    // As many readers as there are units, so that some of them are in its cohort.
    for (let i = 0; i < 80; i++) await Promise.resolve()
    await reloader.abort('1.4', 'enough')
    reader.stop()
    await stage.toy.rest()
    expect(reader.torn).toEqual([])
    expect([...reader.versions].sort()).toEqual(['1.1', '1.2', '1.3', '1.4'])
  })
})

describe('29 a version that regresses while the next one loads', () => {
  it.each(['all at once', 'by shares'])('leaves the next one unharmed: %s', async (how) => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    const slow = { settings: treeOf({ mark: 3, models: 'check-slow', pool: 'b' }) }
    const next = toy.reloader.publish(how === 'by shares' ? { ...slow, rollout: CANARY } : slow, byHand)
    await toy.rest()
    await toy.reloader.regress('errors')
    await toy.rest()
    expect(stage.traffic(50)).toEqual({ '1.1': 50 })
    await toy.advance(200)
    expect(await next).toMatchObject({ outcome: 'applied', version: '1.3', previous: '1.1' })
    expect([toy.alive, toy.openPools]).toEqual([
      ['1.1', '1.3'],
      ['a', 'b'],
    ])
  })
})

describe('31 a process that is killed right after the swap, again and again', () => {
  it.each(['all at once', 'by shares'])('is tried so often and then no more: %s', async (how) => {
    const rollout = how === 'by shares' ? CANARY : undefined
    const stage = new Stage({ limits: { maxCrashAttempts: 3, bakeMs: 1_000 } })
    await stage.baseline()
    let toy = stage.toy
    const outcomes: string[] = []
    for (let life = 0; life < 6; life++) {
      const draft = { settings: treeOf({ mark: 2 }), ...(rollout && { rollout }) }
      const receipt = await toy.answer(toy.reloader.publish(draft, byHand))
      outcomes.push(receipt.outcome === 'unchanged' ? receipt.reason : receipt.outcome)
      toy = toy.crash({ limits: { maxCrashAttempts: 3, bakeMs: 1_000 } })
      await toy.reloader.start()
      await toy.rest()
      expect([toy.serving, toy.reloader.status().candidate]).toEqual([1, null])
    }
    expect(outcomes).toEqual(['applied', 'applied', 'applied', 'quarantined', 'quarantined', 'quarantined'])
    expect(toy.reloader.status().quarantine).toMatchObject([
      { version: '1.2', reason: 'reload.crashed', count: 3 },
    ])
  })
})

describe('32 a way back to what looks unchanged', () => {
  it('really restores, although the content was known and its marks still stand', async () => {
    const toy = new Toy()
    for (const mark of [1, 2]) {
      await toy.change({ mark })
      await toy.advance(1_000)
    }
    const built = () => toy.parts.filter((it) => it.participant === 'routes').map((it) => it.mark)
    expect(await toy.answer(toy.reloader.rollback(byHand))).toMatchObject({
      outcome: 'applied',
      version: '1.3',
    })
    await toy.advance(1_000)
    expect([toy.serving, built()]).toEqual([1, [1, 2, 1]])
    expect(await toy.change({ mark: 2 })).toMatchObject({ outcome: 'applied', version: '1.4' })
    await toy.reloader.regress('errors')
    expect(toy.serving).toBe(1)
    // What serves is what was restored, so asking for it once more is no change; and the other is one.
    expect(await toy.change({ mark: 1 })).toMatchObject({ reason: 'already_applied' })
    expect(await toy.change({ mark: 2 }, { ...byHand, manual: true })).toMatchObject({ outcome: 'applied' })
    expect(await toy.answer(toy.reloader.rollback(byHand))).toMatchObject({ outcome: 'applied' })
    expect(toy.serving).toBe(1)
  })

  it('takes back a candidate by shares whose settings have served before', async () => {
    const stage = new Stage()
    const { toy } = stage
    for (const mark of [1, 2]) {
      await toy.change({ mark })
      await toy.advance(1_000)
    }
    applied(await stage.publish({ mark: 1 }, CANARY))
    await toy.reloader.abort(stage.rollout.id, 'no')
    expect(stage.traffic(100)).toEqual({ '1.2': 100 })
    expect(toy.serving).toBe(2)
  })
})

describe('33 a controller that offers what was rolled back every minute', () => {
  it('is told that it is quarantined, and nothing flaps', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    await toy.reloader.regress('errors')
    const built = toy.parts.length
    const swaps = toy.telemetry.named('reload.swap').length
    for (let minute = 0; minute < 60; minute++) {
      const offered = toy.reloader.publish({ settings: treeOf({ mark: 2 }), rollout: CANARY }, CONTROLLER)
      expect(await toy.answer(offered)).toMatchObject({ outcome: 'unchanged', reason: 'quarantined' })
      await toy.advance(60_000)
    }
    expect([toy.parts.length, toy.telemetry.named('reload.swap').length]).toEqual([built, swaps])
    expect([toy.serving, toy.reloader.status().floor?.version]).toEqual([1, '1.2'])
  })
})

describe('34 a disk that takes no more', () => {
  it.each(['blob', 'floor', 'intent'])('at the %s keeps the version from any share', async (what) => {
    const stage = new Stage()
    const { toy } = stage
    await stage.baseline()
    toy.store.refuse = (write) => write === what
    expect(await stage.publish({ mark: 2 }, CANARY)).toMatchObject({
      outcome: 'refused',
      code: 'store.failed',
    })
    expect([stage.traffic(50), toy.alive]).toEqual([{ '1.1': 50 }, ['1.1']])
    expect(toy.reloader.status()).toMatchObject({ candidate: null, state: 'idle' })
    toy.store.refuse = () => false
    expect(await stage.publish({ mark: 2 }, CANARY)).toMatchObject({ outcome: 'applied', version: '1.2' })
  })

  it('at the baseline leaves the version serving, unconfirmed, with its way back', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    toy.store.refuse = (write) => write === 'baseline'
    await toy.reloader.promote('1.2', { to: 'full' })
    await toy.advance(2_000)
    expect(toy.reloader.status()).toMatchObject({
      applied: { version: '1.2' },
      baseline: { version: '1.1' },
      state: 'degraded',
    })
    await toy.reloader.regress('errors')
    expect(stage.traffic(20)).toEqual({ '1.1': 20 })
  })
})

describe('35 a candidate that was the only one with room to spare', () => {
  it('gives its traffic back to the baseline that was kept warm, and to nothing else', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    await toy.reloader.promote('1.2', { to: 'full' })
    const [built, opened] = [toy.parts.length, toy.pools.length]
    // Nothing can be built, opened, read or written, and no time passes.
    toy.refuseBuilds = true
    toy.store.refuse = () => true
    toy.store.readBlob = () => Promise.reject(new Error('gone'))
    toy.store.readRecord = () => Promise.reject(new Error('gone'))
    void toy.reloader.regress('errors')
    expect(stage.traffic(1_000)).toEqual({ '1.1': 1_000 })
    expect([toy.parts.length, toy.pools.length, toy.openPools]).toEqual([built, opened, ['a']])
  })
})
