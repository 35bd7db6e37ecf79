/** Sticky and monotone, whatever the shares, and even. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cohortOf, cohortOfPlace, POINTS, seedOf, thresholdOf } from './cohort.ts'

const share = fc.integer({ min: 0, max: POINTS }).map((it) => it / POINTS)
const isIn = (rollout: string, unit: string, at: number) => cohortOf(seedOf(rollout), unit) < thresholdOf(at)

describe('a cohort', () => {
  it('keeps each unit on its side, and gains units only (I24)', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), share, share, (rollout, unit, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        expect(isIn(rollout, unit, low)).toBe(isIn(rollout, unit, low))
        if (isIn(rollout, unit, low)) expect(isIn(rollout, unit, high)).toBe(true)
      }),
    )
  })

  it('is empty at nothing and everybody at all', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (rollout, unit) => {
        expect([isIn(rollout, unit, 0), isIn(rollout, unit, 1)]).toEqual([false, true])
      }),
    )
  })

  it('has the size of its share', () => {
    const units = Array.from({ length: 20_000 }, (_, i) => `tenant-${i}`)
    for (const at of [0.01, 0.05, 0.25, 0.5]) {
      const found = units.filter((it) => isIn('sha256:a', it, at)).length / units.length
      expect(Math.abs(found - at)).toBeLessThan(0.01)
    }
  })

  it('is even over ids that differ in their last digits, whatever the rollout', () => {
    for (const rollout of ['sha256:a', 'sha256:b', 'sha256:c']) {
      const seed = seedOf(rollout)
      const tenths = Array.from({ length: 10 }, () => 0)
      for (let i = 0; i < 20_000; i += 1) {
        const tenth = Math.floor(
          cohortOf(seed, `call_0k3s9d8f7g6h5${i.toString(36).padStart(5, '0')}`) / 1000,
        )
        tenths[tenth] = (tenths[tenth] ?? 0) + 1
      }
      // Chi-square with nine degrees of freedom: 27.9 is passed once in a thousand.
      expect(tenths.reduce((sum, it) => sum + (it - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9)
    }
  })

  it('is even over places in the order of arrival, and other ones in another rollout', () => {
    const [a, b] = [seedOf('sha256:a'), seedOf('sha256:b')]
    const tenths = Array.from({ length: 10 }, () => 0)
    let both = 0
    for (let i = 0; i < 20_000; i += 1) {
      const tenth = Math.floor(cohortOfPlace(a, i) / 1000)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
      if (tenth === 0 && cohortOfPlace(b, i) < 1000) both += 1
    }
    expect(tenths.reduce((sum, it) => sum + (it - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9)
    expect(both).toBeLessThan(300)
  })

  it('is where anybody else finds it who knows the hash', () => {
    // By an implementation over bytes that gives the published values of MurmurHash3: 'test' is 0xba6bd213, for one.
    const seeds = ['', 'a', 'ab', 'sha256:0f', 'ü☃'].map((it) => seedOf(it) >>> 0)
    expect(seeds).toEqual([0, 0x6f49d11a, 0x165860ca, 0x68a25b11, 0x2338d150])
    const seed = seedOf('sha256:0f')
    expect([cohortOf(seed, 'tenant-7'), cohortOf(seed, 'acme/ci')]).toEqual([7140, 9559])
  })

  it('is other units in another rollout', () => {
    const units = Array.from({ length: 10_000 }, (_, i) => `tenant-${i}`)
    const both = units.filter((it) => isIn('sha256:a', it, 0.1) && isIn('sha256:b', it, 0.1)).length
    expect(both).toBeLessThan(200)
  })

  it('knows a share exactly, whatever binary fractions make of it', () => {
    expect([0.07, 0.29, 0.57, 1e-4].map(thresholdOf)).toEqual([700, 2900, 5700, 1])
  })
})
