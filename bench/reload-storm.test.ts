import { describe, expect, it } from 'vitest'
import { countMixed } from './reload-storm.ts'

const done = (version: string, model: string) => ({ tookMs: 1, expects: { version, model } })

describe('answers of mixed version', () => {
  it('are those whose model is not the one that their version prescribes', () => {
    const seen = [
      { version: '1.2', models: { a: 10 } },
      { version: '1.3', models: { b: 8, a: 2 } },
      { version: '1.4', models: { b: 5 } },
    ]
    expect(countMixed(seen, [done('1.2', 'a'), done('1.3', 'b'), done('1.4', 'a')])).toBe(7)
  })

  it('are the rarer ones under a version that nobody announced', () => {
    expect(countMixed([{ version: '1.1', models: { a: 10, b: 1 } }], [])).toBe(1)
  })

  it('are none when no version was seen', () => {
    expect(countMixed([], [done('1.2', 'a')])).toBe(0)
  })
})
