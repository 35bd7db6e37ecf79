/** Rollouts through the engine's own door: shares, steps, verdicts, ways back, and what else happens meanwhile. */
import { describe, expect, it } from 'vitest'
import { applied, CANARY, MEASURES, Stage, tenant } from './test-rollouts.ts'
import { byFile, byHand, bytesOf, Toy, treeOf } from './test-toy.ts'

describe('a rollout that nobody has begun', () => {
  it('cannot be moved, and is not missed when it is aborted', async () => {
    const { reloader } = new Toy()
    expect(reloader.rollout()).toBeNull()
    for (const moved of [
      reloader.promote('1.1', { to: 'next' }),
      reloader.pause('1.1', 'lunch'),
      reloader.resume('1.1'),
    ]) {
      await expect(moved).rejects.toMatchObject({ code: 'rollout.unknown' })
    }
    expect(await reloader.abort('1.1', 'no')).toBeNull()
    await reloader.close()
  })
})

describe('a canary', () => {
  it('takes its share of the units, each of which stays on its side, and says so', async () => {
    const stage = new Stage()
    await stage.baseline()
    const receipt = applied(await stage.publish({ mark: 2 }, CANARY))
    const { toy, rollout } = stage
    expect(receipt).toMatchObject({
      version: '1.2',
      previous: '1.1',
      rollout: { id: receipt.digest, share: 0.1 },
    })
    expect(rollout).toMatchObject({
      id: receipt.digest,
      state: 'running',
      step: 0,
      share: 0.1,
      unit: 'tenant',
    })
    expect(toy.reloader.status()).toMatchObject({
      applied: { version: '1.1' },
      candidate: { version: '1.2' },
      baseline: { version: '1.1' },
      state: 'observing',
    })
    const seen = stage.traffic(5_000)
    expect((seen['1.2'] ?? 0) / 5_000).toBeCloseTo(0.1, 1)
    const sideOf = (name: string) => toy.reloader.acquire(tenant(name)).snapshot.version
    const before = Array.from({ length: 500 }, (_, i) => sideOf(`t${i}`))
    expect(Array.from({ length: 500 }, (_, i) => sideOf(`t${i}`))).toEqual(before)
    await toy.reloader.promote('1.2', { to: 'next' })
    const after = Array.from({ length: 500 }, (_, i) => sideOf(`t${i}`))
    expect(before.every((it, i) => it === '1.1' || after[i] === '1.2')).toBe(true)
  })

  it('says on each pin which side it is on and why', async () => {
    const { toy, rollout } = await Stage.with(CANARY)
    const pins = Array.from({ length: 200 }, (_, i) => toy.reloader.acquire(tenant(`t${i}`)))
    for (const it of pins) {
      const isIn = (it.cohort ?? 0) < 1_000
      expect(it).toMatchObject({ role: isIn ? 'candidate' : 'current', rollout: rollout.id })
      expect(it.snapshot.version).toBe(isIn ? '1.2' : '1.1')
      expect(it.arm).not.toBeNull()
    }
    expect(new Set(pins.map((it) => it.arm)).size).toBe(2)
  })

  it('places requests without a unit by themselves, at the same share', async () => {
    const { toy } = await Stage.with(CANARY)
    const pins = Array.from({ length: 4_000 }, () => toy.reloader.acquire())
    const taken = pins.filter((it) => it.role === 'candidate').length
    expect(taken / 4_000).toBeCloseTo(0.1, 1)
  })

  it('that is no worse goes through its steps, takes all, bakes, and is confirmed', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    await stage.wellFor(10_000)
    expect(stage.rollout).toMatchObject({ state: 'running', step: 1, share: 0.5 })
    await stage.wellFor(10_000)
    expect(stage.rollout).toMatchObject({ state: 'baking', step: null, share: 1 })
    expect([toy.serving, toy.reloader.status().baseline?.version]).toEqual([2, '1.1'])
    expect(toy.reloader.acquire(tenant('x'))).toMatchObject({ role: 'current', cohort: null })
    await toy.advance(2_000)
    expect(stage.rollout).toMatchObject({ state: 'complete', share: 1 })
    expect(toy.reloader.status()).toMatchObject({
      baseline: { version: '1.2' },
      candidate: null,
      state: 'idle',
    })
    expect(stage.rollout.history.map((it) => [it.state, it.share])).toEqual([
      ['running', 0.1],
      ['running', 0.5],
      ['baking', 1],
      ['complete', 1],
    ])
  })

  it('that fails more often is taken back with the measure as reason, and nobody else ever saw it', async () => {
    const stage = await Stage.with({ ...CANARY, analysis: { ...CANARY.analysis } })
    const { toy } = stage
    for (let i = 0; i < 5 && stage.rollout.state === 'running'; i++) {
      let n = 0
      stage.traffic(2_000, (version) => version === '1.2' && n++ % 3 === 0)
      await toy.advance(1_000)
    }
    expect(stage.rollout).toMatchObject({ state: 'rolled_back', share: 0, judgement: { verdict: 'fail' } })
    expect(toy.reloader.status()).toMatchObject({
      applied: { version: '1.1' },
      candidate: null,
      quarantine: [{ version: '1.2', reason: 'analysis:error_rate' }],
      last: { status: 'rolled_back', reason: 'rollout.failed' },
    })
    expect(toy.alive).toEqual(['1.1'])
    expect(stage.traffic(100)).toEqual({ '1.1': 100 })
    expect(await toy.change({ mark: 2 }, byFile)).toMatchObject({ reason: 'quarantined' })
  })

  it('of which every request fails is out at once, and not at the next look', async () => {
    const stage = await Stage.with({ ...CANARY, analysis: { everyMs: 60_000 } })
    const { toy } = stage
    stage.traffic(600)
    stage.traffic(400, (version) => version === '1.2')
    await toy.rest()
    expect(stage.rollout).toMatchObject({ state: 'rolled_back', reason: expect.stringContaining('at once') })
    expect(toy.reloader.status()).toMatchObject({
      quarantine: [{ version: '1.2', reason: 'guard' }],
      last: { status: 'rolled_back', reason: 'rollout.guard' },
    })
  })

  it('is dead by any of the measures that are guarded', async () => {
    const measures = [...MEASURES, { ...MEASURES[0], name: 'rejected_rate' }] as const
    const stage = await Stage.with({ ...CANARY, analysis: { everyMs: 60_000 } }, { measures })
    for (let i = 0; i < 600; i++) {
      const pin = stage.toy.reloader.acquire(tenant(`t${i}`))
      pin.arm?.add(0, 0)
      pin.arm?.add(1, pin.role === 'candidate' ? 1 : 0)
      pin.release()
    }
    await stage.toy.rest()
    expect(stage.rollout.state).toBe('rolled_back')
    const off = await Stage.with({ ...CANARY, analysis: { measures: { error_rate: { off: true } } } })
    off.traffic(600, (version) => version === '1.2')
    await off.toy.rest()
    expect(off.rollout.state).toBe('running')
  })

  it('is never promoted by no data (I25)', async () => {
    const stage = await Stage.with(CANARY)
    await stage.toy.advance(10_000)
    expect(stage.rollout).toMatchObject({ state: 'inconclusive', step: 0, share: 0.1 })
    await stage.toy.advance(5_000)
    expect(stage.rollout).toMatchObject({ state: 'paused', reason: expect.stringContaining('inconclusive') })
    await stage.toy.advance(10_000_000)
    expect(stage.rollout).toMatchObject({ state: 'paused', step: 0, share: 0.1 })
    await stage.toy.reloader.promote(stage.rollout.id, { to: 'next' }, { actor: 'user:ann' })
    expect(stage.rollout).toMatchObject({ state: 'running', step: 1, share: 0.5 })
    expect(stage.rollout.history.at(-1)).toMatchObject({ by: 'user:ann' })
  })

  it('goes on by itself when the data come late, and pauses at once where the policy says so', async () => {
    const late = await Stage.with(CANARY)
    await late.toy.advance(10_000)
    expect(late.rollout.state).toBe('inconclusive')
    await late.wellFor(3_000)
    expect(late.rollout).toMatchObject({ state: 'running', step: 1 })
    const strict = await Stage.with({ ...CANARY, analysis: { ...CANARY.analysis, onInconclusive: 'pause' } })
    await strict.toy.advance(10_000)
    expect(strict.rollout).toMatchObject({ state: 'paused', share: 0.1 })
  })

  it('of a service that measures nothing waits for people', async () => {
    const stage = await Stage.with(CANARY, { measures: [] })
    expect(stage.toy.reloader.acquire(tenant('a')).arm).toBeNull()
    await stage.toy.advance(1_000_000)
    expect(stage.rollout).toMatchObject({ state: 'paused', reason: 'inconclusive: nothing is measured' })
    await stage.toy.reloader.promote('1.2', { to: 'confirmed' })
    expect(stage.rollout.state).toBe('complete')
  })

  it('that is paused stays where it is, is judged all the same, and goes on when it is resumed', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    await stage.wellFor(4_000)
    await toy.reloader.pause('1.2', 'lunch', { actor: 'user:bo' })
    await stage.wellFor(20_000)
    expect(stage.rollout).toMatchObject({ state: 'paused', reason: 'lunch', step: 0, share: 0.1 })
    await toy.reloader.resume('1.2')
    await stage.wellFor(5_000)
    expect(stage.rollout).toMatchObject({ state: 'running', step: 0 })
    await stage.wellFor(2_000)
    expect(stage.rollout).toMatchObject({ state: 'running', step: 1 })
    await toy.reloader.pause('1.2', 'again')
    for (let i = 0; i < 5; i++) {
      let n = 0
      stage.traffic(2_000, (version) => version === '1.2' && n++ % 3 === 0)
      await toy.advance(1_000)
    }
    expect(stage.rollout.state).toBe('rolled_back')
  })

  it('that people abort again and again keeps nothing from coming in: reloads have not failed', async () => {
    const { toy } = await Stage.with(CANARY)
    for (let mark = 3; mark < 7; mark++) {
      const candidate = toy.reloader.status().candidate?.version ?? ''
      await toy.reloader.abort(candidate, 'not today')
      const wish = { settings: treeOf({ mark }), rollout: CANARY }
      const receipt = toy.reloader.publish(wish, byFile)
      await toy.advance(1_000)
      expect(await receipt).toMatchObject({ outcome: 'applied' })
    }
    expect(toy.reloader.status().breaker).toBe('closed')
  })

  it('that is aborted is gone before anything is awaited, and quarantined', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    toy.store.refuse = () => true
    const done = toy.reloader.abort('1.2', 'not today', { actor: 'user:ann' })
    expect(stage.traffic(200)).toEqual({ '1.1': 200 })
    expect(await done).toMatchObject({ state: 'aborted', share: 0 })
    expect(toy.reloader.status().quarantine).toMatchObject([{ version: '1.2', reason: 'aborted' }])
    toy.store.refuse = () => false
    await toy.advance(60_000)
    const lines = (await toy.reloader.audit()).filter((it) => it.to === '1.2')
    expect(lines.map((it) => [it.event, it.who])).toEqual([
      ['config.reload.started', 'user:bo'],
      ['config.rollout.step', 'instance'],
      ['config.rollout.aborted', 'user:ann'],
      ['config.reload.rolled_back', 'user:bo'],
    ])
  })

  it('is what a rollback takes back, without a new version', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    const receipt = await toy.answer(toy.reloader.rollback({ ...byHand, reason: 'complaints' }))
    expect(receipt).toMatchObject({ outcome: 'unchanged', reason: 'taken_back', version: '1.1' })
    expect(stage.rollout).toMatchObject({ state: 'aborted' })
    expect(toy.reloader.status().floor?.version).toBe('1.2')
    expect(toy.alive).toEqual(['1.1'])
  })

  it('is over when somebody asks for what serves again', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    expect(await toy.change({ mark: 2 })).toMatchObject({ outcome: 'unchanged', reason: 'in_progress' })
    expect(await toy.change({ mark: 1 })).toMatchObject({ outcome: 'unchanged', reason: 'already_applied' })
    expect(stage.rollout.state).toBe('superseded')
    expect([toy.alive, toy.reloader.status().quarantine]).toEqual([['1.1'], []])
  })

  it('frees what it held when it is taken back while requests are under way, and not before', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    const pins = Array.from({ length: 100 }, (_, i) => toy.reloader.acquire(tenant(`t${i}`)))
    await toy.reloader.regress('errors')
    await toy.rest()
    expect(toy.alive).toEqual(['1.1', '1.2'])
    for (const it of pins) it.release()
    await toy.rest()
    expect([toy.alive, toy.reloader.status().generations]).toEqual([
      ['1.1'],
      [{ version: '1.1', pins: 0, role: 'current' }],
    ])
    expect(toy.clock.pending).toBe(0)
  })

  it('tells the parts only of a version that serves everybody that they serve', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    const told = () => toy.parts.filter((it) => it.version === '1.2').map((it) => it.committed)
    expect(told()).toEqual([0, 0])
    await toy.reloader.promote('1.2', { to: 'full' })
    expect(told()).toEqual([1, 1])
  })

  it('leaves one trace: a span for each step, all under the attempt', async () => {
    const stage = await Stage.with(CANARY)
    await stage.wellFor(22_000)
    const { telemetry } = stage.toy
    const root = telemetry.named('reload').find((it) => it.attributes['reload.config_version'] === '1.2')
    const steps = telemetry.named('reload.rollout.step')
    expect(
      steps.map((it) => [it.attributes['reload.rollout.step'], it.attributes['reload.rollout.share']]),
    ).toEqual([
      [0, 0.1],
      [1, 0.5],
      [2, 1],
    ])
    for (const it of steps) {
      expect(it).toMatchObject({ ended: 1, attributes: { 'deployment.status': 'succeeded' } })
      expect(it.options.parent).toEqual(root?.context)
    }
    expect(telemetry.named('reload.observe').at(-1)?.attributes['reload.verdict']).toBe('confirmed')
  })
})

describe('a way to take traffic', () => {
  it('blue/green stands beside without a request, then takes all at once and keeps the way back warm', async () => {
    const stage = await Stage.with({ strategy: 'blueGreen', forMs: 5_000, bakeMs: 3_000 })
    const { toy } = stage
    expect(stage.traffic(500)).toEqual({ '1.1': 500 })
    await toy.advance(5_000)
    expect(stage.traffic(500)).toEqual({ '1.2': 500 })
    expect(toy.alive).toEqual(['1.1', '1.2'])
    await toy.reloader.regress('errors')
    expect(stage.traffic(500)).toEqual({ '1.1': 500 })
    const second = await Stage.with({ strategy: 'blueGreen' })
    await second.toy.advance(10_000_000)
    expect(second.traffic(10)).toEqual({ '1.1': 10 })
    await second.toy.reloader.promote('1.2', { to: 'confirmed' })
    expect([second.traffic(10), second.rollout.state]).toEqual([{ '1.2': 10 }, 'complete'])
  })

  it('a shadow is never answered from, is pinned for copies, and is compared', async () => {
    const stage = await Stage.with({ strategy: 'shadow', forMs: 5_000, analysis: { everyMs: 1_000 } })
    const { reloader } = stage.toy
    expect(stage.traffic(500)).toEqual({ '1.1': 500 })
    const pin = reloader.shadow()
    expect(pin).toMatchObject({ role: 'candidate', snapshot: { version: '1.2' } })
    pin?.release()
    for (let i = 0; i < 5; i++) {
      stage.traffic(500)
      for (let n = 0; n < 500; n++) {
        const copy = reloader.shadow()
        copy?.arm?.add(0, n % 3 === 0 ? 1 : 0)
        copy?.release()
      }
      await stage.toy.advance(1_000)
    }
    expect(stage.rollout.state).toBe('rolled_back')
    expect(reloader.shadow()).toBeNull()
  })

  it('at once is watched by the guard where the service tells what it saw before', async () => {
    const stage = await Stage.with(
      { strategy: 'allAtOnce', bakeMs: 60_000 },
      { lately: () => ({ samples: 500, failures: 2 }) },
    )
    expect(stage.rollout).toMatchObject({ state: 'baking', share: 1 })
    stage.traffic(40, () => true)
    await stage.toy.rest()
    expect([stage.toy.serving, stage.rollout.state]).toEqual([1, 'rolled_back'])
  })

  it('at its time holds nothing until then, and can be begun or aborted before', async () => {
    const startAt = '2026-11-21T10:00:00Z'
    const stage = new Stage()
    const { toy } = stage
    await stage.baseline()
    const receipt = await stage.publish({ mark: 2 }, { ...CANARY, startAt })
    expect(receipt).toMatchObject({ outcome: 'waiting', candidate: '1.2', version: '1.1' })
    expect(stage.rollout).toMatchObject({ state: 'scheduled', endsAt: Date.parse(startAt), share: 0 })
    expect([toy.alive, toy.reloader.status().stage]).toEqual([['1.1'], 'scheduled'])
    await toy.advance(3_600_000)
    expect(stage.rollout).toMatchObject({ state: 'running', share: 0.1 })
    const later = { ...CANARY, startAt: '2026-12-21T10:00:00Z' }
    await stage.publish({ mark: 3 }, later)
    await toy.reloader.promote('1.3', { to: 'next' })
    await toy.rest()
    expect(stage.rollout).toMatchObject({ version: '1.3', state: 'running' })
    // The next look, and nothing that would wake up in December.
    expect(toy.clock.pending).toBe(1)
    const fourth = await stage.publish({ mark: 4 }, later)
    await toy.reloader.abort('1.4', 'no')
    await toy.rest()
    expect(fourth.outcome === 'waiting' && (await fourth.decided)).toMatchObject({ code: 'rollout.aborted' })
    expect(stage.rollout).toMatchObject({ version: '1.3', state: 'running' })
  })
})

describe('a new version while another is rolled out', () => {
  it('takes its place, in one step for every unit', async () => {
    const stage = await Stage.with(CANARY)
    const { toy } = stage
    expect(await stage.publish({ mark: 3 }, CANARY)).toMatchObject({ outcome: 'applied', previous: '1.1' })
    expect(Object.keys(stage.traffic(500)).sort()).toEqual(['1.1', '1.3'])
    expect(toy.alive).toEqual(['1.1', '1.3'])
    expect(await toy.change({ mark: 4 })).toMatchObject({ outcome: 'applied', version: '1.4' })
    expect([stage.traffic(10), toy.alive]).toEqual([{ '1.4': 10 }, ['1.1', '1.4']])
  })

  it('waits its turn where the policy queues, and is read again upon what then serves', async () => {
    const stage = await Stage.with({ ...CANARY, meanwhile: 'queue' })
    const { toy } = stage
    const receipt = await stage.publish({ mark: 3 }, CANARY)
    expect(receipt).toMatchObject({ outcome: 'waiting' })
    expect(toy.reloader.status().stage).toBe('queued')
    await toy.reloader.promote('1.2', { to: 'confirmed' })
    await toy.rest()
    expect(receipt.outcome === 'waiting' && (await receipt.decided)).toMatchObject({
      outcome: 'applied',
      previous: '1.2',
    })
    expect(stage.rollout).toMatchObject({ state: 'running', share: 0.1 })
  })

  it('is planned for its turn where the policy queues: held against the version on trial, unless it is forced', async () => {
    const { toy } = await Stage.with({ ...CANARY, meanwhile: 'queue' })
    const next = bytesOf(treeOf({ mark: 3 }))
    const said = (mark: number) =>
      expect.arrayContaining([expect.objectContaining({ before: mark, after: 3 })])
    expect(await toy.reloader.plan(next, byHand)).toMatchObject({ ok: true, from: '1.2', changes: said(2) })
    const forced = { ...byHand, manual: true }
    expect(await toy.reloader.plan(next, forced)).toMatchObject({ ok: true, from: '1.1', changes: said(1) })
    expect([byHand, forced].map((it) => toy.reloader.baseFor(it)?.version)).toEqual(['1.2', '1.1'])
    expect(await toy.reloader.plan(next, { ...byHand, ifMatch: '1.2' })).toMatchObject({ ok: true })
    expect(await toy.reloader.plan(next, { ...byHand, ifMatch: '0.9' })).toMatchObject({
      receipt: { code: 'verify.conflict' },
    })
    await toy.reloader.promote('1.2', { to: 'confirmed' })
    expect(toy.reloader.baseFor(byHand)?.version).toBe('1.2')
  })

  it('is refused where the policy says so, unless it restores or is an emergency', async () => {
    const stage = await Stage.with({ ...CANARY, meanwhile: 'refuse' })
    expect(await stage.publish({ mark: 3 }, CANARY)).toMatchObject({
      code: 'rollout.in_progress',
      retry: true,
    })
    expect(stage.rollout).toMatchObject({ version: '1.2', state: 'running' })
    const urgent = { ...byHand, emergency: true, reason: 'keys leaked' }
    expect(await stage.publish({ mark: 3 }, { strategy: 'allAtOnce' }, urgent)).toMatchObject({
      outcome: 'applied',
    })
  })

  it('does not take the one in force from anybody before that is confirmed', async () => {
    const stage = new Stage()
    const { toy } = stage
    await stage.baseline()
    await toy.change({ mark: 2 })
    const next = toy.reloader.publish({ settings: treeOf({ mark: 3 }), rollout: CANARY }, byHand)
    await toy.rest()
    expect(stage.traffic(200)).toEqual({ '1.2': 200 })
    await toy.advance(1_000)
    expect(await next).toMatchObject({ outcome: 'applied', previous: '1.2' })
    expect(Object.keys(stage.traffic(500)).sort()).toEqual(['1.2', '1.3'])
  })
})

describe('a freeze', () => {
  it('holds up versions and steps, except what restores or is forced', async () => {
    let why: string | null = null
    const stage = new Stage({ frozen: () => why })
    const { toy } = stage
    await stage.baseline()
    why = 'the shop is open'
    expect(await stage.publish({ mark: 2 }, CANARY)).toMatchObject({
      code: 'rollout.frozen',
      message: expect.stringContaining('the shop is open'),
    })
    expect(await stage.publish({ mark: 2 }, CANARY, { ...byHand, manual: true })).toMatchObject({
      outcome: 'applied',
    })
    await expect(toy.reloader.abort('1.2', 'no')).resolves.toMatchObject({ state: 'aborted' })
    why = null
    expect(await stage.publish({ mark: 3 }, CANARY)).toMatchObject({ outcome: 'applied' })
    why = 'night'
    await stage.wellFor(15_000)
    expect(stage.rollout).toMatchObject({ state: 'promoting', step: 0, reason: 'night', share: 0.1 })
    await expect(toy.reloader.promote(stage.rollout.id, { to: 'next' })).rejects.toMatchObject({
      code: 'rollout.frozen',
    })
    why = null
    await stage.wellFor(1_000)
    expect(stage.rollout).toMatchObject({ state: 'running', step: 1 })
  })
})

describe('a payload in a freeze', () => {
  it('passes when it restores a version that served here, and not when it only says so', async () => {
    let why: string | null = null
    const stage = new Stage({ frozen: () => why })
    const { toy } = stage
    await stage.baseline()
    const [served] = toy.reloader.line()
    if (served === undefined) throw new Error('nothing has served')
    why = 'night'
    const claimed = { version: served.version, digest: `sha256:${'0'.repeat(64)}` }
    expect(await toy.seal({ mark: 2 }, { restores: claimed })).toMatchObject({ code: 'rollout.frozen' })
    const { version, digest } = served
    expect(await toy.seal({ mark: 3 }, { restores: { version, digest } })).toMatchObject({
      outcome: 'applied',
    })
  })
})

describe('a crash within a rollout', () => {
  it('leaves the baseline, and the same version begins anew with the same units', async () => {
    const stage = await Stage.with(CANARY)
    const { digest = '' } = stage.toy.reloader.status().candidate ?? {}
    const cohort = stage.toy.reloader.acquire(tenant('acme')).cohort
    const toy = stage.toy.crash()
    await toy.reloader.start()
    await toy.rest()
    expect(toy.reloader.status()).toMatchObject({
      applied: { version: '1.1' },
      candidate: null,
      quarantine: [],
    })
    const again = await toy.answer(
      toy.reloader.publish({ settings: treeOf({ mark: 2 }), rollout: CANARY }, byHand),
    )
    expect(again).toMatchObject({ outcome: 'applied', version: '1.2', digest })
    expect(toy.reloader.acquire(tenant('acme')).cohort).toBe(cohort)
    const third = toy.crash()
    await third.reloader.start()
    await third.rest()
    expect(third.reloader.status().quarantine).toMatchObject([{ version: '1.2', reason: 'reload.crashed' }])
  })
})
