/** What a reload says of itself: spans, events, metrics, audit, reports. Names are a contract. */
import { describe, expect, it } from 'vitest'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import type { ReloadEvent } from '../contract/reloader.ts'
import { createReloader } from '../create-reloader.ts'
import { byFile, byHand, bytesOf, Toy, treeOf } from './test-toy.ts'

describe('the trace of a reload', () => {
  it('has a span for each stage, below one root', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    toy.telemetry.spans.length = 0
    const receipt = await toy.change({ mark: 2 })
    await toy.advance(1_000)
    const root = toy.telemetry.named('reload')[0]
    expect(toy.telemetry.spans.map((it) => it.name)).toEqual([
      'reload',
      'reload.verify',
      'reload.publish',
      'reload.validate',
      'reload.load',
      'reload.warmup',
      'reload.health_check',
      'reload.health_check',
      'reload.swap',
      'reload.observe',
      'reload.drain',
    ])
    expect(root?.context.traceId).toBe(receipt.traceId)
    expect(toy.telemetry.spans.every((it) => it.ended === 1)).toBe(true)
    expect(new Set(toy.telemetry.spans.map((it) => it.context.traceId)).size).toBe(1)
  })

  it('names the attempt by the articles’ names', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const receipt = await toy.change({ mark: 2 })
    await toy.advance(1_000)
    const root = toy.telemetry.named('reload')[1]
    expect(root?.attributes).toEqual({
      'reload.trigger': 'admin_api',
      'reload.source': 'test',
      'reload.scope': 'toy/one',
      'reload.attempt.id': receipt.attempt,
      'user.id': 'user:bo',
      'reload.config_version': '1.2',
      'reload.previous_version': '1.1',
      'config.digest': expect.stringMatching(/^sha256:/),
      'reload.changed_parameters': ['/models/main/mark', '/routes/main/mark'],
      'reload.status': 'success',
      'reload.reason': undefined,
      'reload.duration_ms': 1_000,
    })
    expect(root?.events).toEqual(['config.reload.started', 'config.reload.completed'])
    expect(toy.telemetry.named('reload.swap')[1]?.attributes).toEqual({
      'config.version': '1.2',
      'reload.previous_version': '1.1',
    })
  })

  it('starts anew and links to where the offer came from', async () => {
    const toy = new Toy()
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }
    await toy.change({ mark: 1 }, { ...byHand, trace })
    const [root] = toy.telemetry.named('reload')
    expect(root?.context.traceId).not.toBe(trace.traceId)
    expect(root?.options.links).toEqual([trace])
  })

  it('goes on in the caller’s trace where that asks for it', async () => {
    const toy = new Toy()
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }
    const receipt = await toy.change({ mark: 1 }, { ...byHand, trace, child: true })
    expect(receipt.traceId).toBe(trace.traceId)
    expect(toy.telemetry.named('reload')[0]?.options).toMatchObject({ parent: trace, links: [] })
  })

  it('links to the author’s trace inside a sealed payload, and carries one into what is sealed here', async () => {
    const toy = new Toy()
    const traceparent = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`
    await toy.seal({ mark: 1 }, { trace: { traceparent } })
    expect(toy.telemetry.named('reload')[0]?.options.links).toMatchObject([
      { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), sampled: true, remote: true },
    ])
    const receipt = await toy.change({ mark: 2 })
    const manifest = JSON.parse(
      new TextDecoder().decode((await toy.reloader.manifest('1.2')) ?? undefined),
    ) as {
      trace: { traceparent: string }
    }
    expect(manifest.trace.traceparent).toContain(receipt.traceId)
  })

  it('counts changes beyond those that it names', async () => {
    const toy = new Toy()
    const models = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`m${i}`, { mark: 1 }]))
    await toy.change({ mark: 1 })
    await toy.answer(
      toy.reloader.publish(
        { settings: { ...treeOf({ mark: 1 }), models: { ...treeOf({ mark: 1 })['models'], ...models } } },
        byHand,
      ),
    )
    const root = toy.telemetry.named('reload')[1]
    expect(root?.attributes['reload.changed_parameters']).toHaveLength(64)
    expect(root?.attributes['reload.changed_parameter_count']).toBe(70)
  })

  it('is a consumer’s when the offer came as a message', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 }, { trigger: 'message', source: 'settings.prod' })
    expect(toy.telemetry.named('reload')[0]?.options.kind).toBe('consumer')
  })

  it('holds what participants say of the swap, and nothing of what they throw', async () => {
    const { telemetry } = new Toy()
    const described: unknown[] = []
    const reloader = createReloader<{ rule: string; mute: null }>({
      telemetry,
      participants: {
        rule: {
          kinds: ['rules'],
          prepare: ({ settings }) => settings['rules']?.['main'] as string,
          describe(part, previous) {
            described.push(previous)
            return { 'routing.rule_changed': part }
          },
        },
        mute: {
          kinds: [],
          prepare: () => null,
          describe() {
            throw new Error('no words')
          },
        },
      },
    })
    for (const rule of ['a=100%', 'a=50%, b=50%'])
      await reloader.offer(bytesOf({ rules: { main: rule } }), byHand)
    expect(telemetry.named('reload.swap').map((it) => it.attributes['routing.rule_changed'])).toEqual([
      'a=100%',
      'a=50%, b=50%',
    ])
    expect(described).toEqual([null, 'a=100%'])
    await reloader.close({ drainMs: 0 })
  })
})

describe('the audit log', () => {
  it('has one line that opens and one that ends each attempt', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.change({ mark: 2, models: 'check' })
    await toy.change({ mark: 3 })
    await toy.reloader.regress('errors')
    const lines = await toy.reloader.audit()
    expect(lines.map((it) => [it.event.replace('config.reload.', ''), it.from, it.to, it.reason])).toEqual([
      ['started', null, '1.1', ''],
      ['completed', null, '1.1', ''],
      ['started', '1.1', '1.2', ''],
      ['rejected', '1.1', '1.2', 'warmup.failed'],
      ['started', '1.1', '1.3', ''],
      ['rolled_back', '1.1', '1.3', 'observe.regressed'],
    ])
    expect(lines.every((it) => it.who === 'user:bo' && it.trigger === 'admin_api')).toBe(true)
    const roots = toy.telemetry
      .named('reload')
      .map((it) => [it.context.traceId, it.attributes['reload.status']])
    const ends = lines
      .filter((it) => it.event !== 'config.reload.started')
      .map((it) => [it.traceId, it.status])
    expect(ends).toEqual(roots)
  })

  it('can be read from its end', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    expect(await toy.reloader.audit({ limit: 1 })).toMatchObject([{ event: 'config.reload.completed' }])
  })
})

describe('metrics', () => {
  it('count attempts by status and trigger, and time the stages', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    await toy.change({ mark: 2, models: 'validate' })
    const attempts = toy.telemetry.counts.filter((it) => it.name === 'reload.attempts')
    expect(attempts.map((it) => it.attributes)).toEqual([
      { 'reload.status': 'success', 'reload.trigger': 'admin_api' },
      { 'reload.status': 'rejected', 'reload.trigger': 'admin_api' },
    ])
    const stages = toy.telemetry.counts.filter((it) => it.name === 'reload.duration')
    expect(new Set(stages.map((it) => it.attributes['reload.stage']))).toEqual(
      new Set(['verify', 'publish', 'secure', 'validate', 'load', 'warmup', 'persist']),
    )
  })

  it('lead from each time to the trace of the reload that took it', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const timed = toy.telemetry.counts.filter((it) => it.name.endsWith('.duration'))
    expect(timed.length).toBeGreaterThan(5)
    const { traceId } = toy.telemetry.named('reload')[0]?.context ?? { traceId: 'none' }
    expect(new Set(timed.map((it) => it.exemplar?.traceId))).toEqual(new Set([traceId]))
    const [validated] = timed.filter((it) => it.attributes['reload.stage'] === 'validate')
    expect(validated?.exemplar?.spanId).toBe(toy.telemetry.named('reload.validate')[0]?.context.spanId)
  })

  it('show what serves, for how long, and what is alive', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const pin = toy.reloader.acquire()
    await toy.advance(5_000)
    const read = (name: string) => [...(toy.telemetry.gauges.get(name)?.() ?? [])]
    expect(read('config.info')).toEqual([
      { value: 1, attributes: { 'config.scope': 'toy/one', 'config.version': '1.1' } },
    ])
    expect(read('config.age')).toEqual([{ value: 5, attributes: { 'config.scope': 'toy/one' } }])
    expect(read('config.stale')).toEqual([{ value: 0, attributes: { 'config.scope': 'toy/one' } }])
    expect(read('reload.generations')).toEqual([{ value: 1 }])
    expect(read('reload.generations.limit')).toEqual([{ value: 4 }])
    expect(read('reload.pinned_requests')).toEqual([{ value: 1, attributes: { 'config.version': '1.1' } }])
    expect(read('reload.quarantined')).toEqual([{ value: 0 }])
    expect(read('reload.breaker.state')).toEqual([{ value: 0 }])
    pin.release()
    await toy.reloader.close({ drainMs: 0 })
    expect(toy.telemetry.gauges.size).toBe(0)
  })
})

describe('the metric reload.converge.duration', () => {
  it('is the time from the issue of a version to its swap, wherever it was issued', async () => {
    const toy = new Toy()
    const seconds = () =>
      toy.telemetry.counts.filter((it) => it.name === 'reload.converge.duration').map((it) => it.value)
    await toy.change({ mark: 1 })
    const { bytes } = toy.sealed({ mark: 2 })
    await toy.advance(5_000)
    await toy.answer(toy.reloader.offer(bytes, { ...byHand, mediaType: ENVELOPE_TYPE }))
    // By itself: it waits until its source has come to rest.
    const waiting = toy.reloader.offer(bytesOf(treeOf({ mark: 3 })), byFile)
    await toy.advance(1_000)
    expect(await waiting).toMatchObject({ outcome: 'applied' })
    await toy.change({ mark: 4, models: 'validate' })
    expect(seconds()).toEqual([0, 5, 0.1])
  })

  it('is no less than nothing where the publisher’s clock is ahead', async () => {
    const toy = new Toy()
    await toy.seal({ mark: 1 }, { issuedAt: '2026-11-21T09:00:10.000Z' })
    const told = toy.telemetry.counts.find((it) => it.name === 'reload.converge.duration')
    expect(told?.value).toBe(0)
  })
})

describe('the metric config.stale', () => {
  it('is 1 while a source of the settings cannot be read', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    expect(toy.reloader.isStale()).toBe(false)
    toy.reloader.watch({
      kind: 'broken',
      source: 'nowhere',
      watch: (_offer, signal, report) => {
        report({ source: 'nowhere', code: 'handle.read_failed', message: 'gone' })
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      },
    })
    await toy.advance(1)
    expect(toy.reloader.isStale()).toBe(true)
    expect([...(toy.telemetry.gauges.get('config.stale')?.() ?? [])]).toEqual([
      { value: 1, attributes: { 'config.scope': 'toy/one' } },
    ])
    await toy.reloader.close({ drainMs: 0 })
  })
})

describe('events and reports', () => {
  it('tell every state in its order', async () => {
    const toy = new Toy({ approve: async () => ({ approved: true, by: [] }) })
    await toy.change({ mark: 1 })
    const events: ReloadEvent[] = []
    const stop = toy.reloader.subscribe((it) => events.push(it))
    await toy.change({ mark: 2 })
    await toy.advance(1_000)
    expect(events.map((it) => it.state)).toEqual([
      'verified',
      'awaiting_approval',
      'loading',
      'warming',
      'ready',
      'observing',
      'success',
    ])
    expect(events.at(-1)).toMatchObject({ version: '1.2', status: 'success' })
    stop()
    await toy.change({ mark: 3 })
    expect(events.at(-1)?.version).toBe('1.2')
  })

  it('show the last attempt as a tree of times', async () => {
    const toy = new Toy()
    await toy.change({ mark: 1 })
    const waiting = toy.reloader.offer(bytesOf(treeOf({ mark: 2, routes: 'check-slow' })), byHand)
    await toy.advance(200)
    await waiting
    const { last } = toy.reloader.status()
    expect(last).toMatchObject({ from: '1.1', to: '1.2', status: 'in_progress', actor: 'user:bo' })
    expect(last?.stages.map((it) => [it.name, it.startMs, it.durationMs])).toEqual([
      ['verify', 0, 0],
      ['publish', 0, 0],
      ['validate', 0, 0],
      ['load', 0, 0],
      ['warmup', 0, 200],
      ['persist', 200, 0],
      ['swap', 200, 0],
      ['observe', 200, 0],
    ])
    await toy.change({ mark: 3, models: 'validate' })
    expect(toy.reloader.status().last?.stages.at(-1)).toMatchObject({
      name: 'validate',
      failed: 'validate.refused',
    })
    expect(toy.reloader.status().attempted).toMatchObject({ version: '1.3', status: 'rejected' })
  })

  it('name the stage that an attempt is in', async () => {
    const toy = new Toy()
    void toy.reloader.offer(bytesOf(treeOf({ mark: 1, models: 'check-slow' })), byHand)
    await toy.rest()
    expect(toy.reloader.status()).toMatchObject({ state: 'working', stage: 'warming' })
  })
})

describe('a sealed payload that cannot be opened', () => {
  it('is an attempt like any other', async () => {
    const toy = new Toy()
    const receipt = await toy.answer(toy.reloader.offer(bytesOf({}), { ...byHand, mediaType: ENVELOPE_TYPE }))
    expect(receipt).toMatchObject({ outcome: 'refused', code: 'payload.schema' })
    expect(toy.telemetry.named('reload.verify')).toMatchObject([
      { failed: 'payload.schema', attributes: { 'reload.verify.reason': 'payload.schema' } },
    ])
  })
})
