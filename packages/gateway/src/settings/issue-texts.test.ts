import { describe, expect, it } from 'vitest'
import { quote } from './issue-texts.ts'

describe('a text that is shown', () => {
  it('is short, and without what people put into addresses as credentials', () => {
    expect(quote('https://me:key@example.com/v1')).toBe('"https://…@example.com/v1"')
    expect(quote('https://me:k/e@y@example.com/v1')).toBe('"https://…@example.com/v1"')
    expect(quote('https://example.com/v1?key=secret')).toBe('"https://example.com/v1?…"')
    expect(quote('redis://:key@localhost')).toBe('"redis://…@localhost"')
    expect(quote('support@^2')).toBe('"support@^2"')
    expect(quote('what? this')).toBe('"what? this"')
    expect(quote('x'.repeat(100)).length).toBe(63)
  })
})
