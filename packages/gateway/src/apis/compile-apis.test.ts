import { describe, expect, it } from 'vitest'
import type { CompiledContext } from '../contract/compiled.ts'
import { compileApis } from './compile-apis.ts'
import { loadSchemas } from './schema-checks.ts'
import { apiSpec } from './spec.ts'

const input = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const api = (more: object = {}) => apiSpec.parse({ route: 'fast', input, state: 'published', ...more })
const prompt = { id: 'p@1.0.0', variables: ['text', 'tone'] } as unknown as CompiledContext
const tools = {
  template: (text: string) => (valueOf: (name: string) => string) =>
    text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => valueOf(name)),
  contextOf: () => null,
  routeContextOf: () => prompt,
}

function compiled(entries: Readonly<Record<string, object>>) {
  return compileApis(new Map(Object.entries(entries).map(([id, it]) => [id, api(it)])), tools)
}

describe('the version that a path means', () => {
  const apis = compiled({
    'sum@1.0.0': { state: 'retired' },
    'sum@1.2.0': { state: 'deprecated', deprecatedAt: '2026-01-01T00:00:00Z' },
    'sum@2.0.0': {},
    'sum@2.1.0': {},
    'sum@2.2.0': { state: 'design', testers: ['acme'] },
    'sum@3.0.0-beta.1': {},
  })
  const meant = (asked: string, tenant: string | null = 'acme') => apis.find('sum', asked, tenant)?.id ?? null

  it('is the newest published of all, or of a line; never one in design or one yet to be released', () => {
    expect(meant('latest')).toBe('sum@2.1.0')
    expect(meant('2')).toBe('sum@2.1.0')
    expect(meant('2.0')).toBe('sum@2.0.0')
    expect(meant('3')).toBeNull()
  })

  it('is a deprecated one where a line has nothing better, and a retired one last', () => {
    expect(meant('1')).toBe('sum@1.2.0')
    expect(meant('1.0')).toBe('sum@1.0.0')
  })

  it('is any that is named in full, one in design for its testers alone', () => {
    expect(meant('3.0.0-beta.1')).toBe('sum@3.0.0-beta.1')
    expect(meant('2.2.0')).toBe('sum@2.2.0')
    expect(meant('2.2.0', 'other')).toBeNull()
    expect(meant('2.2.0', null)).toBeNull()
  })

  it('is none for what is no version', () => {
    for (const asked of ['', '1.', '^1', '1.2.3.4', 'LATEST', '01', '1 ', '../1'])
      expect(meant(asked)).toBeNull()
  })
})

describe('an API of some tenants', () => {
  const apis = compiled({
    'own@1.0.0': { tenants: ['acme'] },
    'all@1.0.0': {},
    'all@2.0.0': { tenants: ['acme'] },
  })

  it('is not there for others, by no name and no line', () => {
    expect(apis.names('other')).toEqual(['all'])
    expect(apis.names(null)).toEqual(['all'])
    expect(apis.find('own', 'latest', 'other')).toBeNull()
    expect(apis.find('own', '1.0.0', 'other')).toBeNull()
    expect(apis.versions('own', 'other')).toEqual([])
    expect(apis.find('all', 'latest', 'other')?.version).toBe('1.0.0')
  })

  it('is there for its own', () => {
    expect(apis.names('acme')).toEqual(['own', 'all'])
    expect(apis.find('all', 'latest', 'acme')?.version).toBe('2.0.0')
  })
})

describe('an input', () => {
  it('fills the variables that it has, texts as they are and all else as JSON', () => {
    const it = compiled({ 'a@1.0.0': {} }).find('a', '1', null)
    expect(it?.fill({ text: 'x', tone: ['dry'], more: 1 }, null)).toEqual({
      variables: { text: 'x', tone: '["dry"]' },
      message: '{"text":"x","tone":["dry"],"more":1}',
    })
    expect(it?.fill({ text: 'x', tone: null }, null).variables).toEqual({ text: 'x' })
  })

  it('is what the user says in the words of the message, and is not filled in twice', () => {
    const it = compiled({ 'a@1.0.0': { message: 'Say {{text}} in {{count}}.{{none}}' } }).find('a', '1', null)
    expect(it?.fill({ text: '{{count}}', count: 3 }, null).message).toBe('Say {{count}} in 3.')
  })
})

describe('what is compiled', () => {
  it('stays the same object while its settings do', () => {
    const settings = api()
    const again = () => compileApis(new Map([['a@1.0.0', settings]]), tools).find('a', '1', null)
    expect(again()).toBe(again())
  })

  it('checks by its schemas once they are loaded', async () => {
    const settings = api()
    await loadSchemas([settings.input])
    const it = compileApis(new Map([['a@1.0.0', settings]]), tools).find('a', '1', null)
    expect(it?.checkInput({ text: 'x' })).toBeNull()
    expect(it?.checkInput({ text: 1 })).toEqual([{ pointer: '/text', message: 'must be string' }])
    expect(it?.checkOutput('anything')).toBeNull()
  })
})
