import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { LiveMeter } from './metrics/meter.ts'
import { type ObservedReloader, observeReloader } from './observe-reloader.ts'

type Status = ReturnType<ObservedReloader['status']>

function setUp() {
  const clock = new ManualClock()
  const meter = new LiveMeter(() => clock.now())
  const state = {
    current: null as ReturnType<ObservedReloader['current']>,
    status: {
      scope: 'gateway/test',
      quarantine: [],
      generations: [],
      breaker: 'closed',
      handles: [{ kind: 'file', source: 'a', trouble: null }],
    } as unknown as Status,
  }
  const reloader: ObservedReloader = { status: () => state.status, current: () => state.current }
  const stop = observeReloader(reloader, meter, clock)
  const shown = (name: string) =>
    meter
      .collect()
      .find((it) => it.instrument.name === name)
      ?.points.map((it) => [it.attributes, it.value])
  return { clock, meter, state, stop, shown }
}

const scope = { 'config.scope': 'gateway/test' }

describe('a reloader in metrics', () => {
  it('has no version before the first one is in force', () => {
    const { shown } = setUp()
    expect([shown('config.info'), shown('config.age')]).toEqual([undefined, undefined])
    expect(shown('reload.generations')).toEqual([[{}, 0]])
  })

  it('shows which version is in force, for how long, and what is around it, as it is at each look', async () => {
    const { clock, state, shown } = setUp()
    state.current = { version: '1.2', since: clock.now() }
    const generations = [
      { version: '1.2', pins: 3, role: 'current' },
      { version: '1.1', pins: 1, role: 'draining' },
    ] as const
    state.status = { ...state.status, generations, breaker: 'half_open' }
    await clock.advance(1500)
    expect(shown('config.info')).toEqual([[{ ...scope, 'config.version': '1.2' }, 1]])
    expect(shown('config.age')).toEqual([[scope, 1.5]])
    expect(shown('reload.generations')).toEqual([[{}, 2]])
    expect(shown('reload.pinned_requests')).toEqual([
      [{ 'config.version': '1.2' }, 3],
      [{ 'config.version': '1.1' }, 1],
    ])
    expect(shown('reload.breaker.state')).toEqual([[{}, 1]])
    expect(shown('config.stale')).toEqual([[scope, 0]])
    state.current = { version: '1.3', since: clock.now() }
    expect(shown('config.info')).toEqual([[{ ...scope, 'config.version': '1.3' }, 1]])
  })

  it('is stale while a source cannot be read', () => {
    const { state, shown } = setUp()
    const trouble = { source: 'a', code: 'handle.read_failed', message: 'no' }
    state.status = { ...state.status, handles: [{ kind: 'file', source: 'a', trouble }] }
    expect(shown('config.stale')).toEqual([[scope, 1]])
  })

  it('is not looked at any more when it is told to stop', () => {
    const { meter, stop } = setUp()
    stop()
    expect(meter.collect()).toEqual([])
  })
})
