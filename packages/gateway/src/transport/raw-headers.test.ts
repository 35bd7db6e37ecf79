import { describe, expect, it } from 'vitest'
import { RawHeaders } from './raw-headers.ts'

describe('headers as they came', () => {
  it('are found by name without regard to case, the first of a name, decoded as latin1', () => {
    const raw = ['Content-Type', 'text/plain', 'X-A', 'é', 'x-a', 'second', 'X-Id-1', '7']
    const headers = new RawHeaders(raw.map((it) => Buffer.from(it, 'latin1')))

    expect(headers.find('content-type')).toBe('text/plain')
    expect(headers.find('x-a')).toBe('é')
    expect(headers.find('x-id-1')).toBe('7')
    expect(headers.find('x-b')).toBeUndefined()
    expect(headers.find('content-typ')).toBeUndefined()
  })
})
