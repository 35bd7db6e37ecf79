/** A gateway whose changes begin later, wait for others, have to be confirmed, or spend an error budget. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { settings, TENANTS, TriedGateway, toBroken, toOther } from './test-rollouts.ts'

const HOUR_MS = 3_600_000
const toBoth = { routes: { chat: { targets: [{ model: 'a' }, { model: 'b' }] } } }

let tried: TriedGateway

beforeEach(() => {
  tried = new TriedGateway()
})
afterEach(async () => {
  vi.useRealTimers()
  await tried.stop()
})

const file = (): string => readFileSync(tried.file, 'utf8')
const stateOf = async (): Promise<string | undefined> => (await tried.shown())?.state
const until = (check: () => Promise<void> | void) => vi.waitFor(check, { timeout: 20_000, interval: 20 })

describe('a change for later', () => {
  const inAnHour = (): string => new Date(Date.now() + HOUR_MS).toISOString()

  it('changes nothing before its time, neither the file nor an answer, and is aborted without a trace', async () => {
    await tried.start(settings())
    const before = file()
    const answer = await tried.patch(toOther, `startAt=${inAnHour()}`)
    expect(answer.status, JSON.stringify(answer.body)).toBe(202)
    expect(await tried.shown()).toMatchObject({ state: 'scheduled', version: '1.2' })
    expect([await tried.answering(), file()]).toEqual(['1.1', before])
    const { attempt } = answer.body
    expect((await tried.admin('POST', `/v1/reloads/${attempt}/abort`, { reason: 'no' })).status).toBe(200)
    await tried.idle()
    expect([await tried.answering(), file()]).toEqual(['1.1', before])
  })

  it('begins when its time has come, and is written into the file then', async () => {
    await tried.start(settings())
    const atMs = Date.now() + 1_500
    await tried.patch(toOther, `startAt=${new Date(atMs).toISOString()}`)
    await until(async () => expect(await tried.answering()).toBe('1.2'))
    expect(Date.now()).toBeGreaterThanOrEqual(atMs)
    await until(() => expect(file()).toMatch(/"model": ?"b"/))
  })

  it('begins before its time when a person says so', async () => {
    await tried.start(settings())
    const { body } = await tried.patch(toOther, `startAt=${inAnHour()}&steps=25%25:1h&by=tenant`)
    const { attempt } = body
    expect((await tried.admin('POST', `/v1/reloads/${attempt}/promote`, {})).status).toBe(200)
    await until(async () => expect(await stateOf()).toBe('running'))
    const versions = await Promise.all(TENANTS.map(async (it) => (await tried.ask(it)).version))
    expect(new Set(versions)).toEqual(new Set(['1.1', '1.2']))
  })

  it('outlives a restart, and is aborted without a trace after it as before', async () => {
    await tried.start(settings())
    await tried.patch(toOther, `startAt=${inAnHour()}`)
    const text = file()
    await tried.restart()
    await until(async () => expect(await tried.shown()).toMatchObject({ state: 'scheduled', version: '1.2' }))
    expect([await tried.answering(), file()]).toEqual(['1.1', text])
    const { body } = await tried.admin('GET', '/v1/reloads')
    const [{ attempt }] = body['reloads'] as unknown as [{ attempt: string }]
    expect((await tried.admin('POST', `/v1/reloads/${attempt}/abort`, { reason: 'no' })).status).toBe(200)
    await tried.idle()
    await tried.restart()
    await tried.idle()
    expect([await stateOf(), await tried.answering(), file()]).toEqual([undefined, '1.1', text])
  })

  it('begins after a restart at its time, or at once where that is over, and is written into the file then', async () => {
    await tried.start(settings())
    const atMs = Date.now() + 1_500
    await tried.patch(toOther, `startAt=${new Date(atMs).toISOString()}`)
    await tried.running.stop({ drainMs: 0 })
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(atMs), 20_000)
    await tried.restart()
    await until(async () => expect(await tried.answering()).toBe('1.2'))
    await until(() => expect(file()).toMatch(/"model": ?"b"/))
    await tried.restart()
    expect(await tried.answering()).toBe('1.2')
  })

  it('is not taken up over a file that was changed while nobody served', async () => {
    await tried.start(settings())
    await tried.patch(toOther, `startAt=${inAnHour()}`)
    await tried.running.stop({ drainMs: 0 })
    await tried.start(JSON.stringify({ ...JSON.parse(file()), ...toBoth }))
    await tried.idle()
    expect(await tried.answering()).not.toBe('1.2')
    expect(await stateOf()).not.toBe('scheduled')
    await until(async () => {
      const { body } = await tried.admin('GET', '/v1/reloads')
      expect(JSON.stringify(body)).toContain('verify.conflict')
    })
  })
})

describe('a freeze in which changes wait', () => {
  const NOON = Date.parse('2026-11-23T12:00:00Z')
  const freeze = { changes: 'wait', windows: [{ from: '09:00', to: '12:01', reason: 'the sale' }] }

  it('holds a change until the window is over, and what is forced not at all', async () => {
    // Only the time of day is in the test's hands; timers run as ever.
    vi.useFakeTimers({ toFake: ['Date'], now: NOON + 59_000 })
    await tried.start(settings({ rollout: { freeze } }))
    const answer = await tried.patch(toOther, '')
    expect(answer.status, JSON.stringify(answer.body)).toBe(202)
    expect(await tried.shown()).toMatchObject({ state: 'scheduled', endsAt: '2026-11-23T12:01:00.000Z' })
    expect(await tried.answering()).toBe('1.1')
    vi.setSystemTime(NOON + 60_000)
    await until(async () => expect(await tried.answering()).toBe('1.2'))
  })

  it('lets through what is forced', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOON })
    await tried.start(settings({ rollout: { freeze } }))
    expect((await tried.patch(toOther, 'force=true')).status).toBe(200)
    expect(await tried.answering()).toBe('1.2')
  })
})

describe('a change while another is rolled out', () => {
  it('waits for the end of it where the policy queues', async () => {
    await tried.start(settings({ rollout: { policy: { meanwhile: 'queue' } } }))
    const first = await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    expect(first.status, JSON.stringify(first.body)).toBe(200)
    const second = await tried.patch(toBoth, 'strategy=allAtOnce')
    expect(second.status, JSON.stringify(second.body)).toBe(202)
    expect(await tried.shown()).toMatchObject({ state: 'running', version: '1.2' })
    const { attempt } = first.body
    await tried.admin('POST', `/v1/reloads/${attempt}/promote`, { to: 'confirmed' })
    await until(async () => expect(await tried.answering()).toBe('1.3'))
    await until(() => expect(JSON.parse(file())).toMatchObject(toBoth))
  })

  it('waits also when it says which version was in force when it was asked for', async () => {
    await tried.start(settings({ rollout: { policy: { meanwhile: 'queue' } } }))
    const first = await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const change = { models: { c: { provider: 'sim' } } }
    const second = await tried.patch(change, 'strategy=allAtOnce', { 'if-match': '"1.1"' })
    expect(second.status, JSON.stringify(second.body)).toBe(202)
    const { attempt } = first.body
    await tried.admin('POST', `/v1/reloads/${attempt}/promote`, { to: 'confirmed' })
    await until(async () => expect(await tried.answering()).toBe('1.3'))
    await until(() => expect(JSON.parse(file())).toMatchObject({ ...toOther, ...change }))
  })

  it('comes in at once when it is forced, over the version in force', async () => {
    await tried.start(settings({ rollout: { policy: { meanwhile: 'queue' } } }))
    await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const forced = await tried.patch(toBoth, 'strategy=allAtOnce&force=true')
    expect(forced.status, JSON.stringify(forced.body)).toBe(200)
    expect(await tried.answering()).toBe('1.3')
    expect(JSON.parse(file())).toMatchObject(toBoth)
  })

  it('is refused at once when it says a version that is not in force', async () => {
    await tried.start(settings({ rollout: { policy: { meanwhile: 'queue' } } }))
    await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const second = await tried.patch(toBoth, 'strategy=allAtOnce', { 'if-match': '"0.9"' })
    expect(second.status, JSON.stringify(second.body)).toBe(412)
    expect(JSON.parse(file())).toMatchObject(toOther)
  })

  it('does not bring back what was taken back before its turn came', async () => {
    await tried.start(settings({ rollout: { policy: { meanwhile: 'queue' } } }))
    const before = file()
    const first = await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const change = { models: { c: { provider: 'sim' } } }
    const second = await tried.patch(change, 'strategy=allAtOnce')
    expect(second.status, JSON.stringify(second.body)).toBe(202)
    const { attempt } = first.body
    expect((await tried.admin('POST', `/v1/reloads/${attempt}/abort`, {})).status).toBe(200)
    await tried.idle()
    const { attempt: later } = second.body
    await until(async () => {
      const { body } = await tried.admin('GET', `/v1/reloads/${later}`)
      expect(JSON.stringify(body)).toContain('verify.conflict')
    })
    expect(await tried.answering()).toBe('1.1')
    await until(() => expect(file()).toBe(before))
  })

  it('is refused where the policy refuses, and the one on trial goes on', async () => {
    await tried.start(settings({ rollout: { policy: { meanwhile: 'refuse' } } }))
    await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const second = await tried.patch(toBoth, 'strategy=allAtOnce')
    expect(second.status).toBe(409)
    expect(JSON.stringify(second.body)).toContain('rollout.in_progress')
    expect(await tried.shown()).toMatchObject({ state: 'running', version: '1.2' })
    expect(JSON.parse(file())).toMatchObject(toOther)
  })
})

describe('a plan that is made while another change is rolled out', () => {
  const change = { models: { c: { provider: 'sim' } } }
  const queueing = settings({ rollout: { policy: { meanwhile: 'queue' } } })
  const planned = async (body: object = change) => {
    const type = { 'content-type': 'application/merge-patch+json' }
    const answer = await tried.admin('POST', '/v1/plan?replay=off&strategy=allAtOnce', body, type)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    return answer.body as unknown as { id: string; from: string; ok: boolean; changes: { pointer: string }[] }
  }
  const applied = async (id: string, query = '') =>
    tried.admin('POST', `/v1/plans/${id}/apply?strategy=allAtOnce${query}`, {})

  it('says what changes from the one on trial, and waits for it where the policy queues', async () => {
    await tried.start(queueing)
    const first = await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const plan = await planned()
    expect(plan).toMatchObject({ ok: true, from: '1.2' })
    expect(plan.changes.map((it) => it.pointer)).toEqual(['/models/c'])
    const answer = await applied(plan.id)
    expect(answer.status, JSON.stringify(answer.body)).toBe(202)
    const { attempt } = first.body
    await tried.admin('POST', `/v1/reloads/${attempt}/promote`, { to: 'confirmed' })
    await until(async () => expect(await tried.answering()).toBe('1.3'))
    await until(() => expect(JSON.parse(file())).toMatchObject({ ...toOther, ...change }))
    expect(tried.running.reloader.status().attempted).toMatchObject({ version: '1.3', status: 'success' })
  })

  it('holds as well when the one on trial has won before it is applied', async () => {
    await tried.start(queueing)
    const first = await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const plan = await planned()
    const { attempt } = first.body
    await tried.admin('POST', `/v1/reloads/${attempt}/promote`, { to: 'confirmed' })
    await tried.idle()
    const answer = await applied(plan.id)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect(JSON.parse(file())).toMatchObject({ ...toOther, ...change })
  })

  it('does not bring back what was taken back, before it is applied or before its turn came', async () => {
    await tried.start(queueing)
    const before = file()
    const first = await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const [late, waiting] = [await planned(), await planned()]
    const answer = await applied(waiting.id)
    expect(answer.status, JSON.stringify(answer.body)).toBe(202)
    const [{ attempt }, { attempt: later }] = [first.body, answer.body]
    expect((await tried.admin('POST', `/v1/reloads/${attempt}/abort`, {})).status).toBe(200)
    await until(async () => {
      const { body } = await tried.admin('GET', `/v1/reloads/${later}`)
      expect(JSON.stringify(body)).toContain('verify.conflict')
    })
    expect(await applied(late.id)).toMatchObject({ status: 412, body: { code: 'plan.moved' } })
    expect(await tried.answering()).toBe('1.1')
    await until(() => expect(file()).toBe(before))
  })

  it('made before the other began is refused at once, for it knows nothing of that', async () => {
    await tried.start(queueing)
    const plan = await planned()
    expect(plan.from).toBe('1.1')
    await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    expect(await applied(plan.id)).toMatchObject({ status: 412, body: { code: 'plan.moved' } })
    expect(JSON.parse(file())).toMatchObject(toOther)
  })

  it('takes its place where the policy says so, as it was planned', async () => {
    await tried.start(settings())
    await tried.patch(toOther, 'steps=25%25:1h&by=tenant')
    const plan = await planned()
    expect(plan.from).toBe('1.1')
    expect(plan.changes.map((it) => it.pointer)).toEqual(['/models/c', '/routes/chat/targets/0/model'])
    const answer = await applied(plan.id)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect(JSON.parse(file())).toMatchObject({ ...toOther, ...change })
  })
})

describe('a change that has to be confirmed', () => {
  it('goes back by itself when nobody does, and the file with it', async () => {
    await tried.start(settings())
    const before = file()
    expect((await tried.patch(toOther, 'confirmWithin=1s')).status).toBe(200)
    expect([await tried.answering(), file() === before]).toEqual(['1.2', false])
    expect((await tried.shown())?.words).toContain('goes back by itself unless somebody confirms it')
    await until(async () => expect(await stateOf()).toBe('rolled_back'))
    expect((await tried.shown())?.words).toMatch(/nobody|confirm/)
    expect(await tried.answering()).toBe('1.1')
    await until(() => expect(file()).toBe(before))
  })

  it('stays when somebody does', async () => {
    await tried.start(settings())
    const { body } = await tried.patch(toOther, 'confirmWithin=1h')
    expect(tried.running.reloader.status().confirmed?.version).toBe('1.1')
    const { attempt } = body
    await tried.admin('POST', `/v1/reloads/${attempt}/promote`, { to: 'confirmed' })
    await until(() => expect(tried.running.reloader.status().confirmed?.version).toBe('1.2'))
    expect(await tried.answering()).toBe('1.2')
  })
})

describe('a version with an error budget', () => {
  it('is taken back at full traffic when it spends it too fast, however rare its failures are in a row', async () => {
    const burnRate = { objective: 0.99, factor: 3, longMs: 60_000, shortMs: 1_000 }
    const rollout = { observe: { bakeMs: 600_000 }, analysis: { everyMs: 100, burnRate } }
    // So rarely that no breaker opens, which would look like a version that is dead.
    await tried.start(settings({ rollout, failureRate: 0.08 }))
    await Promise.all(TENANTS.map((it) => tried.ask(it)))
    expect((await tried.patch(toBroken, '')).status).toBe(200)
    await until(async () => {
      for (const it of TENANTS) await tried.ask(it)
      expect(await stateOf()).toBe('rolled_back')
    })
    expect((await tried.shown())?.words).toContain('was taken back for its error budget')
    expect(await tried.answering()).toBe('1.1')
  })
})
