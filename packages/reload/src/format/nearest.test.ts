import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['routes', 'models', 'providers', 'limits', 'timeoutMs']

describe('the nearest known word', () => {
  it('is found for a letter added, left out, changed or swapped', () => {
    expect(nearest('route', known)).toBe('routes')
    expect(nearest('roputes', known)).toBe('routes')
    expect(nearest('modals', known)).toBe('models')
    expect(nearest('ruotes', known)).toBe('routes')
    expect(nearest('TIMEOUTMS', known)).toBe('timeoutMs')
  })

  it('is not guessed for a word that resembles nothing', () => {
    expect(nearest('cache', known)).toBeNull()
    expect(nearest('', known)).toBeNull()
    expect(nearest('x', ['y2']), 'two slips in two letters').toBeNull()
  })

  it('is the first of those with the fewest slips', () => {
    expect(nearest('routse', ['routex', 'router', 'routes', 'route'])).toBe('routes')
    expect(nearest('rout', ['routs', 'route'])).toBe('routs')
    expect(nearest('ca', ['abc']), 'a letter between two that were swapped').toBeNull()
  })

  it('is found whatever lower case makes of its letters', () => {
    const long = 'İ'.repeat(64)
    expect(nearest(long, [long])).toBe(long)
    expect(nearest(long, [`${'İ'.repeat(60)}abcd`])).toBe(`${'İ'.repeat(60)}abcd`)
    expect(nearest(long, ['x'.repeat(64)])).toBeNull()
  })

  it('is not looked for when the word is endless', () => {
    expect(nearest('routes'.repeat(100_000), known)).toBeNull()
    expect(nearest('routes', ['routes'.repeat(100_000)])).toBeNull()
    expect(nearest('a'.repeat(64), ['a'.repeat(63)])).toBe('a'.repeat(63))
    expect(nearest('a'.repeat(65), ['a'.repeat(64)])).toBeNull()
  })
})
