import { describe, expect, it } from 'vitest'
import { compileApis } from '../apis/compile-apis.ts'
import { apiSpec } from '../apis/spec.ts'
import { compileContext } from '../contexts/compile-context.ts'
import { contextSpec } from '../contexts/spec.ts'
import type { Caller, CompiledGateway } from '../contract/compiled.ts'
import { testRoute } from '../server/test-gateway.ts'
import { findAskedRoute, routeFor, underContext } from './asked-route.ts'
import { createContextFinder } from './compile-routes.ts'

const context = compileContext('kind@1.0.0', contextSpec.parse({ prompt: 'Be kind.' }))
const own = compileContext('own@1.0.0', contextSpec.parse({ prompt: 'Be ours.', tenants: ['acme'] }))
const api = (more: object) =>
  apiSpec.parse({ route: 'chat', input: { type: 'object' }, state: 'published', ...more })
const apis = compileApis(
  new Map([
    ['sum@1.0.0', api({ context: 'kind' })],
    ['sum@0.1.0', api({ state: 'retired' })],
    ['own@1.0.0', api({ tenants: ['acme'] })],
  ]),
  {
    template: () => () => '',
    contextOf: (it) => (it.context === undefined ? null : context),
    routeContextOf: () => null,
  },
)
const chat = testRoute('chat', [])
const gateway = {
  apis,
  routes: new Map([
    ['chat', chat],
    ['ours', testRoute('ours', [], { context: own })],
  ]),
  passThrough: new Map([['providers/x', testRoute('providers/x', [])]]),
} as unknown as CompiledGateway

const caller = (tenant: string, allow: readonly string[] | null = null) =>
  ({ tenant, key: `${tenant}/k`, allow: allow === null ? null : new Set(allow) }) as unknown as Caller

function asked(endpoint: string, model: string, by: Caller | null = caller('beta')): string {
  const found = findAskedRoute(gateway, { endpoint, model, caller: by })
  return 'code' in found ? found.code : `${found.route.name} ${found.context?.id ?? ''}`.trim()
}

const API = '/apis/{name}/{version}'
const CHAT = '/v1/chat/completions'

describe('what a call asked for, under another version', () => {
  it('is the route behind its API, with the prompt of the API', () => {
    expect(asked(API, 'apis/sum@1.0.0')).toBe('chat kind@1.0.0')
    expect(asked(API, 'apis/sum@2.0.0')).toBe('apis.no_such_api')
    expect(asked(API, 'apis/sum@0.1.0')).toBe('apis.retired')
    expect(asked(API, 'nonsense')).toBe('apis.no_such_api')
  })

  it('is not there for tenants that it does not belong to', () => {
    expect([asked(API, 'apis/own@1.0.0'), asked(API, 'apis/own@1.0.0', caller('acme'))]).toEqual([
      'apis.no_such_api',
      'chat',
    ])
    expect([asked(CHAT, 'ours'), asked(CHAT, 'ours', caller('acme')), asked(CHAT, 'ours', null)]).toEqual([
      'routing.no_such_model',
      'ours',
      'routing.no_such_model',
    ])
  })

  it('is allowed by the name of the API or of its route', () => {
    expect(asked(API, 'apis/sum@1.0.0', caller('beta', ['apis/sum']))).toBe('chat kind@1.0.0')
    expect(asked(API, 'apis/sum@1.0.0', caller('beta', ['chat']))).toBe('chat kind@1.0.0')
    expect(asked(API, 'apis/sum@1.0.0', caller('beta', ['apis/own']))).toBe('identity.not_allowed')
  })

  it('is a provider where that was asked for by its path', () => {
    expect(asked('/providers/{name}', 'providers/x')).toBe('providers/x')
    expect(asked(CHAT, 'providers/x')).toBe('routing.no_such_model')
  })
})

describe('a range of versions of which some belong to tenants', () => {
  const spec = (prompt: string, tenants?: readonly string[]) =>
    contextSpec.parse({
      prompt,
      variables: { x: { default: '' } },
      ...(tenants === undefined ? {} : { tenants }),
    })
  const contexts = new Map([
    ['c@1.0.0', spec('for all {{x}}')],
    ['c@1.1.0', spec('for acme {{x}}', ['acme'])],
    ['c@1.2.0', spec('for both {{x}}', ['acme', 'beta'])],
    ['c@2.0.0', spec('alone {{x}}', ['acme'])],
  ])
  const find = createContextFinder(contexts)
  const had = (tenant: string | null, range: string) =>
    routeFor(tenant, chat, find(range))?.context?.id ?? null

  it("is for each tenant the newest that is its own or everybody's", () => {
    expect(['acme', 'beta', 'other', null].map((it) => had(it, 'c@^1'))).toEqual([
      'c@1.2.0',
      'c@1.2.0',
      'c@1.0.0',
      'c@1.0.0',
    ])
    expect(had('acme', 'c@~1.1')).toBe('c@1.1.0')
    expect(had('beta', 'c@~1.1')).toBeNull()
    expect([had('acme', 'c@^2'), had('other', 'c@^2')]).toEqual(['c@2.0.0', null])
  })

  it('is compiled once, whoever asks and how often', () => {
    expect(createContextFinder(contexts)('c@^1')).toBe(find('c@^1'))
    expect(find('c@^1')?.otherwise?.otherwise?.id).toBe('c@1.0.0')
  })
})

describe('a route under another context', () => {
  it('is one object as long as both stay, and differs in nothing else', () => {
    const made = underContext(chat, context)
    expect(underContext(chat, context)).toBe(made)
    expect(made).toEqual({ ...chat, context })
    expect(underContext(chat, null)).toBe(chat)
    expect(underContext(made, context)).toBe(made)
  })
})
