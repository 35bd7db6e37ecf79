import { describe, expect, it } from 'vitest'
import { backoffMs, readRetryAfter, readRetryInfo } from './backoff.ts'

const headers = (it: Record<string, string>) => ({ find: (name: string) => it[name] })

describe('the wait before the next attempt', () => {
  it('is random below a base that doubles up to a limit', () => {
    expect([1, 2, 3, 4, 9].map((made) => backoffMs(made, 100, 500, () => 1))).toEqual([
      100, 200, 400, 500, 500,
    ])
    expect(backoffMs(3, 100, 500, () => 0.25)).toBe(100)
    expect(backoffMs(3, 100, 500, () => 0)).toBe(0)
  })

  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:03 GMT' }, 3000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 23:59:00 GMT' }, 0],
    [{ 'retry-after': '2', 'retry-after-ms': '150' }, 150],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-1' }, null],
    [{ 'retry-after': '' }, null],
    [{}, null],
  ])('that a provider asks for with %j is %j ms', (it, expected) => {
    expect(readRetryAfter(headers(it as Record<string, string>), Date.UTC(2026, 0, 1))).toBe(expected)
  })

  it.each([
    ['"17.5s"', 17_500],
    ['"0s"', 0],
    ['"soon"', null],
    ['"-3s"', null],
    ['7', null],
  ])('that Google asks for in the body with %s is %j ms', (delay, expected) => {
    const details = `[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":${delay}}]`
    expect(readRetryInfo(Buffer.from(`{"error":{"code":429,"details":${details}}}`))).toBe(expected)
    expect(readRetryInfo(Buffer.from(`{"retryDelay":${delay}}`))).toBeNull()
  })
})
