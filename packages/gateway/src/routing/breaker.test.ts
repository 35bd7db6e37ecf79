import { describe, expect, it } from 'vitest'
import { createBreaker } from './breaker.ts'

const options = { failures: 3, windowMs: 1000, openMs: 100, maxOpenMs: 300 }

function fail(breaker: ReturnType<typeof createBreaker>, times: number, nowMs = 0): void {
  for (let i = 0; i < times; i += 1) breaker.failed(nowMs)
}

describe('a breaker', () => {
  it('opens when enough calls failed, and lets none through while it is open', () => {
    const breaker = createBreaker(options)
    fail(breaker, 2)
    expect(breaker.allows(0)).toBe(true)
    fail(breaker, 1)

    expect(breaker.state).toBe('open')
    expect(breaker.allows(99)).toBe(false)
  })

  it('stays closed while most calls succeed', () => {
    const breaker = createBreaker(options)
    for (let i = 0; i < 50; i += 1) {
      breaker.failed(i)
      breaker.succeeded()
      breaker.succeeded()
    }
    expect(breaker.state).toBe('closed')
  })

  it('forgets failures that are long ago', () => {
    const breaker = createBreaker(options)
    fail(breaker, 2, 0)
    fail(breaker, 2, 5000)
    expect(breaker.state).toBe('closed')
    fail(breaker, 1, 5000)
    expect(breaker.state).toBe('open')
  })

  it('lets one request try after its rest, and closes when that one succeeds', () => {
    const breaker = createBreaker(options)
    fail(breaker, 3)

    expect(breaker.allows(100)).toBe(true)
    expect(breaker.state).toBe('half_open')
    expect(breaker.allows(100)).toBe(false)
    breaker.succeeded()
    expect(breaker.state).toBe('closed')
    fail(breaker, 2, 150)
    expect(breaker.state).toBe('closed')
  })

  it('rests longer with each probe that fails, up to a limit', () => {
    const breaker = createBreaker(options)
    fail(breaker, 3)
    let now = 0
    for (const restMs of [100, 200, 300, 300]) {
      expect(breaker.allows(now + restMs - 1)).toBe(false)
      now += restMs
      expect(breaker.allows(now)).toBe(true)
      breaker.failed(now)
    }
  })

  it('lets another try when the probe was never answered', () => {
    const breaker = createBreaker(options)
    fail(breaker, 3)
    expect(breaker.allows(100)).toBe(true)
    expect(breaker.allows(199)).toBe(false)
    expect(breaker.allows(200)).toBe(true)
  })

  it('is not closed by a late answer to a request from before', () => {
    const breaker = createBreaker(options)
    fail(breaker, 3)
    breaker.succeeded()
    expect(breaker.state).toBe('open')
  })
})
