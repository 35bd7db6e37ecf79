import { describe, expect, it } from 'vitest'
import { isLoopback } from './loopback.ts'

describe('an address', () => {
  it.each(['127.0.0.1', '127.8.8.8', 'localhost', 'LOCALHOST', '::1', '[::1]'])(
    '%s is of this machine only',
    (host) => expect(isLoopback(host)).toBe(true),
  )

  it.each([
    '0.0.0.0',
    '::',
    '',
    '10.0.0.1',
    'example.com',
    '127.0.0.1.example.com',
    'localhost.example.com',
    '127.1',
  ])('"%s" is not known to be of this machine only', (host) => expect(isLoopback(host)).toBe(false))
})
