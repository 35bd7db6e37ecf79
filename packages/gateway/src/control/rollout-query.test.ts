import { describe, expect, it } from 'vitest'
import { readRollout } from './rollout-query.ts'

describe('what is asked for one change', () => {
  it('is nothing where nothing is said', () => {
    expect(readRollout({})).toEqual({})
  })

  it('is a canary when steps or a unit are given', () => {
    expect(readRollout({ steps: '1%:5m, 5%:90s,0.25' })).toEqual({
      strategy: 'canary',
      steps: [
        { share: 0.01, forMs: 300_000 },
        { share: 0.05, forMs: 90_000 },
        { share: 0.25, forMs: null },
      ],
    })
    expect(readRollout({ by: 'tenant' })).toEqual({ strategy: 'canary', unit: 'tenant' })
    expect(readRollout({ strategy: 'shadow', hold: '1h' })).toEqual({
      strategy: 'shadow',
      forMs: 3_600_000,
    })
  })

  it('may say when it begins, how long it is looked at, and until when somebody must promote it', () => {
    const query = { bake: '500ms', startAt: '2026-12-01T07:00:00+01:00', confirmWithin: '10m' }
    expect(readRollout(query)).toEqual({
      bakeMs: 500,
      startAt: '2026-12-01T06:00:00.000Z',
      confirmWithinMs: 600_000,
    })
  })

  it.each([
    [{ steps: '0%' }, 'a share such as 5% or 0.05'],
    [{ steps: '101%' }, 'a share such as 5% or 0.05'],
    [{ steps: '5%:soon' }, 'a time such as'],
    [{ steps: '5%,5%' }, 'each above the one before'],
    [{ bake: '100d' }, 'a time such as'],
    [{ startAt: 'tomorrow' }, 'an instant such as'],
    [{ startAt: '2026-12-01T06:00:00' }, 'an instant such as'],
  ])('is refused with what was expected: %o', (query, expected) => {
    expect(() => readRollout(query)).toThrow(expected)
  })
})
