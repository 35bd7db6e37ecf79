import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatInstant, parseInstant } from './instant.ts'

describe('an instant', () => {
  it('is read with its zone', () => {
    expect(parseInstant('2026-01-31T09:30:00Z')).toBe(Date.UTC(2026, 0, 31, 9, 30))
    expect(parseInstant('2026-01-31T11:30:00+02:00')).toBe(Date.UTC(2026, 0, 31, 9, 30))
    expect(parseInstant('2026-01-31T09:30:00.25Z')).toBe(Date.UTC(2026, 0, 31, 9, 30, 0, 250))
    expect(parseInstant('2024-02-29T00:00:00Z')).toBe(Date.UTC(2024, 1, 29))
  })

  it('is refused when it names no real instant, or leaves the zone open', () => {
    const refused = ['2026-02-30T00:00:00Z', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z']
    const open = ['2026-01-31', '2026-01-31T09:30:00', '2026-01-31 09:30:00Z', '2026-01-31t09:30:00z']
    const odd = ['2026-01-31T24:00:00Z', '2026-01-31T09:60:00Z', '2026-01-31T09:30:60Z', '1', 'now', '']
    for (const text of [...refused, ...open, ...odd, '2026-01-31T09:30:00+24:00', '2026-1-31T09:30:00Z']) {
      expect(parseInstant(text), text).toBeNull()
    }
  })

  it('is read back from what it is printed as', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
        expect(parseInstant(formatInstant(ms))).toBe(ms)
      }),
    )
  })
})
