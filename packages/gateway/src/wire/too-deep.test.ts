import { describe, expect, it } from 'vitest'
import { isDeeper, isTooDeep } from './too-deep.ts'

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return null
}

function nested(levels: number): unknown {
  let value: unknown = 0
  for (let i = 0; i < levels; i += 1) value = [value]
  return value
}

function depthOf(value: unknown): number {
  return Array.isArray(value) ? 1 + depthOf(value[0]) : 0
}

describe('what is nested too deeply', () => {
  it.each<[string, (value: unknown) => unknown]>([
    ['is written', (value) => JSON.stringify(value)],
    ['is walked', depthOf],
    ['is cloned', (value) => structuredClone(value)],
  ])('is known when it %s', (_, work) => {
    expect(isTooDeep(thrownBy(() => work(nested(200_000))))).toBe(true)
    expect(thrownBy(() => work(nested(100)))).toBeNull()
  })

  it('is no other error of range, nor one that is no error of range', () => {
    for (const work of [
      () => new ArrayBuffer(-1),
      () => 'x'.repeat(2 ** 30),
      () => (1).toFixed(200),
      () => Buffer.alloc(1).readUInt32LE(0),
      () => {
        throw new TypeError('Maximum call stack size exceeded')
      },
    ])
      expect([thrownBy(work) instanceof Error, isTooDeep(thrownBy(work))]).toEqual([true, false])
  })

  it('is counted in levels where that has to be known beforehand', () => {
    expect([isDeeper(nested(5), 5), isDeeper(nested(6), 5)]).toEqual([false, true])
  })
})
