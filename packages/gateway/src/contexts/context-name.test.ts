import { describe, expect, it } from 'vitest'
import {
  nextFree,
  parseContextName,
  parseContextRange,
  resolveContext,
  versionsByName,
} from './context-name.ts'

const versions = versionsByName([
  'support@1.0.0',
  'support@1.2.0',
  'support@2.0.0',
  'support@2.1.0-draft',
  'sales@0.1.0',
])

describe('a context name', () => {
  it('is a name and a full version', () => {
    expect(parseContextName('support@1.2.3')).toEqual({ name: 'support', version: '1.2.3' })
    expect(parseContextName('support@1.2.3-rc.1')).toEqual({ name: 'support', version: '1.2.3-rc.1' })
  })

  for (const text of [
    'support',
    'support@',
    'support@1',
    'support@v1.0.0',
    'support@^1',
    '@1.0.0',
    'a b@1.0.0',
    'support@ 1.0.0',
  ]) {
    it(`is not "${text}"`, () => expect(parseContextName(text)).toBeNull())
  }
})

describe('a range', () => {
  const cases: readonly (readonly [asked: string, found: string | null])[] = [
    ['support@^1', 'support@1.2.0'],
    ['support@1.0.0', 'support@1.0.0'],
    ['support@*', 'support@2.0.0'],
    ['support@>=1 <2', 'support@1.2.0'],
    ['support@2.1.0-draft', 'support@2.1.0-draft'],
    ['support@^3', null],
    ['nobody@*', null],
    ['support', null],
    ['support@nonsense', null],
    ['sales@^0.1', 'sales@0.1.0'],
  ]
  for (const [asked, found] of cases) {
    it(`${asked} is ${found ?? 'nothing'}`, () => expect(resolveContext(versions, asked)).toBe(found))
  }

  it('needs a name and a version', () => {
    expect(parseContextRange('support@')).toBeNull()
    expect(parseContextRange('@^1')).toBeNull()
  })
})

describe('the next free version', () => {
  it('is the next patch that nobody has published', () => {
    expect(nextFree(versions, 'support@1.0.0')).toBe('support@1.0.1')
    expect(nextFree(versionsByName(['a@1.0.0', 'a@1.0.1', 'a@1.0.2']), 'a@1.0.0')).toBe('a@1.0.3')
  })
})
