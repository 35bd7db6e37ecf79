import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkSettings } from './check.ts'
import { expectedText, quote } from './issue-texts.ts'

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

describe('what was found', () => {
  it('is what a check says of it, where the value itself does not tell', () => {
    const schema = { type: 'object', pattern: 'a{1000}'.repeat(20) }
    const tree = { apis: { 'a@1.0.0': { route: 'r', input: schema } } }
    expect(checkSettings(tree, ['apis'])).toMatchObject([
      {
        pointer: '/apis/a@1.0.0/input',
        message: expect.stringContaining('found patterns of 20160 steps, expected at most 20000'),
      },
    ])
  })
})

describe('what was expected', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.coerce.number().int(), 'many', 'a number'],
    [z.coerce.number().int(), '1.5', 'a whole number'],
    [z.number().positive(), 0, 'more than 0'],
    [z.number().max(200), 201, 'at most 200'],
    [z.string(), 5, 'a text'],
    [z.string().min(3), 'ab', 'at least 3 characters'],
    [z.array(z.string()), 'a', 'a list'],
    [z.array(z.string()).max(1), ['a', 'b'], 'at most 1 entry'],
    [z.object({}), 'a', 'a map'],
    [z.enum(['true', 'false']), 'maybe', '"true" or "false"'],
    [z.iso.datetime(), 'today', 'an instant such as 2027-01-31T00:00:00Z'],
    [z.string().regex(/^a/, 'a name that begins with a'), 'b', 'a name that begins with a'],
  ])('is said in our words: %#', (schema, value, said) => {
    const [issue] = schema.safeParse(value).error?.issues ?? []
    expect(issue && expectedText(issue)).toBe(said)
  })
})
