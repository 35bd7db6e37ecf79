import { describe, expect, it } from 'vitest'
import { isOlder, Tally } from './tally.ts'

const answer = (version: string, model: string) => ({
  status: 200,
  head: `HTTP/1.1 200 OK\r\nx-changeover-version: ${version}`,
  body: `{"choices":[{"message":{"content":"reached ${model}: all work"}}]}`,
})

describe('a tally', () => {
  it('counts nothing while it is closed', () => {
    const tally = new Tally()
    tally.answered(answer('1.1', 'a'), 5, { newest: null })
    tally.failed('closed')
    expect(tally.results()).toMatchObject({ requests: 0, failed: 0, versions: [] })
  })

  it('notes which models answered under each version, and versions that go backwards on a connection', () => {
    const tally = new Tally()
    tally.isOpen = true
    const track = { newest: null }
    for (const [version, model] of [
      ['1.9', 'a'],
      ['1.10', 'b'],
      ['1.10', 'a'],
      ['1.9', 'a'],
    ] as const) {
      tally.answered(answer(version, model), 5, track)
    }
    const { versions, versionsBackwards } = tally.results()
    expect(versions).toEqual([
      { version: '1.9', models: { a: 2 } },
      { version: '1.10', models: { b: 1, a: 1 } },
    ])
    expect(versionsBackwards).toBe(1)
  })

  it('counts any other status as a failure', () => {
    const tally = new Tally()
    tally.isOpen = true
    tally.answered({ status: 429, head: '', body: '' }, 5, { newest: null })
    expect(tally.results()).toMatchObject({ requests: 0, failed: 1, failures: { 'status 429': 1 } })
  })
})

describe('versions', () => {
  it('are compared as numbers, the epoch first', () => {
    expect(isOlder('1.9', '1.10')).toBe(true)
    expect(isOlder('2.1', '1.10')).toBe(false)
    expect(isOlder('1.10', '1.10')).toBe(false)
  })
})
