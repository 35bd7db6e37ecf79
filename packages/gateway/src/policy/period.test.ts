import { describe, expect, it } from 'vitest'
import { periodAt } from './period.ts'

const at = (text: string): number => Date.parse(text)
const said = (period: Parameters<typeof periodAt>[0], zone: string, now: string) => {
  const { name, startsMs, endsMs } = periodAt(period, zone, at(now))
  return [name, new Date(startsMs).toISOString(), endsMs === null ? null : new Date(endsMs).toISOString()]
}

describe('a period of the calendar', () => {
  it('is the hour, day, week or month that an instant falls into', () => {
    const now = '2026-11-21T19:22:35Z'
    expect(said('hour', 'UTC', now)).toEqual([
      'hour:2026-11-21T19:00Z',
      '2026-11-21T19:00:00.000Z',
      '2026-11-21T20:00:00.000Z',
    ])
    expect(said('day', 'UTC', now).slice(1)).toEqual(['2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z'])
    // A Saturday: the week began on Monday.
    expect(said('week', 'UTC', now).slice(1)).toEqual([
      '2026-11-16T00:00:00.000Z',
      '2026-11-23T00:00:00.000Z',
    ])
    expect(said('month', 'UTC', now).slice(1)).toEqual([
      '2026-11-01T00:00:00.000Z',
      '2026-12-01T00:00:00.000Z',
    ])
  })

  it('begins with its first instant and ends before the next', () => {
    const last = periodAt('month', 'UTC', at('2026-12-31T23:59:59.999Z'))
    expect(last.endsMs).toBe(at('2027-01-01T00:00:00Z'))
    expect(periodAt('month', 'UTC', at('2027-01-01T00:00:00Z')).startsMs).toBe(last.endsMs)
    expect(said('week', 'UTC', '2026-11-22T12:00:00Z')[1]).toBe('2026-11-16T00:00:00.000Z')
    expect(said('week', 'UTC', '2026-11-23T00:00:00Z')[1]).toBe('2026-11-23T00:00:00.000Z')
  })

  it('goes by the clocks of its zone, which are set forward and back', () => {
    expect(said('day', 'Europe/Berlin', '2026-03-29T12:00:00Z').slice(1)).toEqual([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ])
    expect(said('month', 'Europe/Berlin', '2026-10-31T23:30:00Z').slice(1)).toEqual([
      '2026-10-31T23:00:00.000Z',
      '2026-11-30T23:00:00.000Z',
    ])
    expect(said('hour', 'Asia/Kolkata', '2026-11-21T19:22:35Z')[1]).toBe('2026-11-21T18:30:00.000Z')
  })

  it('has two names for the hour that is shown twice', () => {
    const [first] = said('hour', 'Europe/Berlin', '2026-10-25T00:30:00Z')
    const [second] = said('hour', 'Europe/Berlin', '2026-10-25T01:30:00Z')
    expect(first).not.toBe(second)
  })

  it('begins with the first instant of a day whose midnight is skipped', () => {
    // Cairo: at midnight of 24 April 2026 clocks go to one.
    const [, starts, ends] = said('day', 'Africa/Cairo', '2026-04-24T12:00:00Z')
    expect([starts, ends]).toEqual(['2026-04-23T22:00:00.000Z', '2026-04-24T21:00:00.000Z'])
  })

  it('never ends when it is the total', () => {
    expect(periodAt('total', 'UTC', 0)).toMatchObject({ name: 'total', endsMs: null })
  })

  it('covers time without gaps or overlaps, in any zone', () => {
    for (const zone of [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Africa/Cairo',
    ]) {
      for (const period of ['day', 'week', 'month'] as const) {
        let nowMs = at('2026-01-01T12:00:00Z')
        for (let i = 0; i < 40; i += 1) {
          const { startsMs, endsMs } = periodAt(period, zone, nowMs)
          if (endsMs === null) throw new Error('it ended')
          expect(startsMs, zone).toBeLessThanOrEqual(nowMs)
          expect(endsMs, zone).toBeGreaterThan(nowMs)
          expect(periodAt(period, zone, endsMs - 1).startsMs, zone).toBe(startsMs)
          expect(periodAt(period, zone, endsMs).startsMs, `${zone} ${period}`).toBe(endsMs)
          nowMs = endsMs
        }
      }
    }
  })
})
