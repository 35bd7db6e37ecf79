import { describe, expect, it } from 'vitest'
import { describeError } from './error-chain.ts'

describe('an error in a record', () => {
  it('is told with all its causes, each with its code', () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' })
    const told = describeError(new Error('no answer', { cause: new TypeError('fetch failed', { cause }) }))
    expect(told.chain).toEqual([
      'Error: no answer',
      'TypeError: fetch failed',
      'Error [ECONNREFUSED]: connect refused',
    ])
    expect(told.stack).toMatch(/caused by Error \[ECONNREFUSED\]: connect refused$/)
    expect(told.type).toBe('Error')
  })

  it('may be its own cause', () => {
    const error = new Error('round')
    error.cause = error
    expect(describeError(error).chain).toEqual(['Error: round'])
  })

  it('may be anything, even what throws when it is read', () => {
    const hostile = new Error('x')
    Object.defineProperty(hostile, 'message', {
      get: () => {
        throw new Error('no')
      },
    })
    expect(describeError(hostile).type).toBe('unknown')
    expect(describeError('text').message).toBe('text')
    expect(describeError(undefined).message).toBe('undefined')
  })
})
