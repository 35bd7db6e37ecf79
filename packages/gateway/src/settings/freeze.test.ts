import { describe, expect, it } from 'vitest'
import { frozenAt } from './freeze.ts'
import { freezeSpec } from './rollout-spec.ts'

/** When the freeze at an instant ends, as an instant; `null` when there is none. */
function until(instant: string, ...windows: object[]): string | null {
  const found = frozenAt(freezeSpec.parse({ windows }), Date.parse(instant))
  return found === null ? null : new Date(found.untilMs).toISOString().slice(0, 16)
}

describe('a freeze window', () => {
  it('lasts from its beginning to before its end, each day', () => {
    const window = { from: '09:00', to: '17:30' }
    expect(until('2026-11-23T08:59:59Z', window)).toBeNull()
    expect(until('2026-11-23T09:00:00Z', window)).toBe('2026-11-23T17:30')
    expect(until('2026-11-23T17:29:59Z', window)).toBe('2026-11-23T17:30')
    expect(until('2026-11-23T17:30:00Z', window)).toBeNull()
  })

  it('goes over midnight when its end is before its beginning, and belongs to the day on which it begins', () => {
    const window = { days: ['sun'], from: '22:00', to: '06:00' }
    expect(until('2026-11-22T21:00:00Z', window)).toBeNull()
    expect(until('2026-11-22T23:00:00Z', window)).toBe('2026-11-23T06:00')
    expect(until('2026-11-23T05:59:00Z', window)).toBe('2026-11-23T06:00')
    expect(until('2026-11-23T23:00:00Z', window)).toBeNull()
  })

  it('goes by the clock of its time zone', () => {
    const window = { days: ['fri'], from: '16:00', timeZone: 'America/New_York' }
    expect(until('2026-11-27T20:59:00Z', window)).toBeNull()
    expect(until('2026-11-27T21:00:00Z', window)).toBe('2026-11-28T05:00')
  })

  it('ends where the next one ends when that follows at once', () => {
    const weekend = { days: ['sat', 'sun'] }
    expect(until('2026-11-28T12:00:00Z', weekend)).toBe('2026-11-30T00:00')
    expect(until('2026-11-27T20:00:00Z', { days: ['fri'], from: '18:00' }, weekend)).toBe('2026-11-30T00:00')
  })

  it('ends by the clock when that is set back while it lasts', () => {
    // Europe leaves summer time at 01:00 UTC on this Sunday.
    const night = { days: ['sat'], from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' }
    expect(until('2026-10-24T21:00:00Z', night)).toBe('2026-10-25T05:00')
  })

  it('says why it is there', () => {
    const { windows } = freezeSpec.parse({ windows: [{ reason: 'release week' }] })
    expect(frozenAt({ windows }, 0)?.reason).toBe('release week')
  })
})
