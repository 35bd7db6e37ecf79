import { describe, expect, it } from 'vitest'
import type { Provider } from '../contract/provider.ts'
import { configuredProvider } from './configured.ts'
import { readErrorText } from './error-text.ts'
import { providers } from './list.ts'
import { pathSegment } from './path-segment.ts'
import { providerSpec } from './spec.ts'

function configured(settings: object): Provider {
  return configuredProvider(providerSpec.parse(settings))
}

function pathOf(
  provider: Provider,
  operation: keyof Provider['paths'],
  model = 'm',
): string | null | undefined {
  const path = provider.paths[operation]
  return typeof path === 'function' ? path(model, false) : path
}

describe('a provider of the table', () => {
  it.each(Object.values(providers))('$kind has a path for the format that it speaks best', (provider) => {
    expect(pathOf(provider, provider.wire)).toMatch(/^\/[a-z/:.-]+$/i)
  })

  it.each(Object.values(providers))('$kind has an address that settings would take', (provider) => {
    if (provider.defaultBaseUrl === null) return
    expect(() => providerSpec.parse({ kind: provider.kind, baseUrl: provider.defaultBaseUrl })).not.toThrow()
  })

  it('completes texts itself only with OpenAI’s models of before the chat', () => {
    const openai = configured({ kind: 'openai' })
    expect(pathOf(openai, 'openai-completions', 'gpt-3.5-turbo-instruct')).toBe('/completions')
    expect(pathOf(openai, 'openai-completions', 'gpt-5.4')).toBeNull()
  })
})

describe('azure', () => {
  it('has the model in the body, and the key in a header of its own', () => {
    const azure = configured({ kind: 'azure', baseUrl: 'https://r.openai.azure.com/openai/v1' })

    expect(pathOf(azure, 'openai-chat')).toBe('/chat/completions')
    expect(azure.headers('k')).toEqual(['content-type', 'application/json', 'api-key', 'k'])
  })

  it('has the deployment in the path for a dated version of the API', () => {
    const azure = configured({
      kind: 'azure',
      baseUrl: 'https://r.openai.azure.com/openai',
      apiVersion: '2024-10-21',
    })

    expect(pathOf(azure, 'openai-chat', 'my gpt/4')).toBe(
      '/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21',
    )
    expect(pathOf(azure, 'openai-responses')).toBe('/responses?api-version=2024-10-21')
    expect(azure.headers('k')).toContain('api-key')
  })
})

describe('a server that nobody has heard of', () => {
  it('is described by settings alone', () => {
    const provider = configured({
      kind: 'openai-compatible',
      baseUrl: 'https://models.test/api',
      wire: 'openai-responses',
      paths: { 'openai-chat': null, 'openai-responses': '/v2/answers' },
      keyHeader: { name: 'x-access', scheme: 'Token' },
      quirks: { rename: { seed: 'random' }, mends: true },
      errorTexts: ['/fault/text'],
      callerHeaders: ['X-Feature'],
    })

    expect(provider.wire).toBe('openai-responses')
    expect(provider.paths).toEqual({ 'openai-responses': '/v2/answers', 'openai-embeddings': '/embeddings' })
    expect(provider.headers('k')).toEqual(['content-type', 'application/json', 'x-access', 'Token k'])
    expect(provider.quirks).toEqual({ rename: { seed: 'random' }, mends: true })
    expect(provider.callerHeaders).toEqual(['x-feature'])
    expect(readErrorText({ fault: { text: 'no' } }, provider.errorTexts ?? [])).toBe('no')
  })

  it('keeps the quirks of its kind that settings do not mention', () => {
    const { quirks } = configured({ kind: 'mistral', quirks: { callIdLength: 12 } })
    expect(quirks).toMatchObject({ callIdLength: 12, toolChoices: { required: 'any' }, mends: true })
  })

  it('is its kind, the same object, where settings say nothing of the sort', () => {
    expect(configured({ kind: 'groq', baseUrl: 'https://proxy.test/v1' })).toBe(providers['groq'])
  })
})

describe('settings of a provider', () => {
  const wrong = (settings: object) => () => providerSpec.parse({ kind: 'openai', ...settings })

  it.each([
    '/chat/../admin',
    '/..',
    '/./chat',
    '/chat?x=1',
    '/chat#x',
    '/%2e%2e/chat',
    '//host/chat',
    'chat',
    '/chat\r\nx: y',
    '/a b',
  ])('have no path %j, which leads elsewhere', (path) => {
    expect(wrong({ paths: { 'openai-chat': path } })).toThrow('a path such as')
  })

  it.each([
    'authorization',
    'Cookie',
    'x-api-key',
    'api-key',
    'host',
    'Content-Length',
    'transfer-encoding',
    'connection',
    'proxy-authorization',
    'x-forwarded-for',
    'traceparent',
    'x-changeover-target',
    'set-cookie',
    'x\r\ny',
    'a b',
  ])('pass no header %j, up or down', (header) => {
    expect(wrong({ callerHeaders: [header] })).toThrow()
    expect(wrong({ replyHeaders: [header] })).toThrow()
  })

  it.each(['x-a\r\nx-evil', 'x y', ''])('set no header named %j', (name) => {
    expect(wrong({ headers: { [name]: 'v' } })).toThrow()
    expect(wrong({ keyHeader: { name } })).toThrow()
  })

  it.each(['v\r\nx-evil: 1', 'v\n', 'v\0'])('set no header to %j', (value) => {
    expect(wrong({ headers: { 'x-a': value } })).toThrow()
  })

  it.each([
    'ftp://a.test',
    'https://u:p@a.test',
    'https://a.test/v1?x=1',
    'https://a.test/#x',
    'file:///etc',
  ])('have no base URL %j', (baseUrl) => {
    expect(wrong({ baseUrl })).toThrow()
  })

  it('say a dated version only of azure, and an address of those who have none', () => {
    expect(wrong({ apiVersion: '2024-10-21' })).toThrow('only for azure')
    expect(wrong({ kind: 'azure' })).toThrow('kind azure has no address of its own')
  })
})

describe('a model’s id in a path', () => {
  it.each([
    ['..', '%2E%2E'],
    ['.', '%2E'],
    ['../../admin', '..%2F..%2Fadmin'],
    ['a?x=1', 'a%3Fx%3D1'],
    ['a#b', 'a%23b'],
    ['a%2Fb', 'a%252Fb'],
    ['a\r\nHost: x', 'a%0D%0AHost%3A%20x'],
    ['a\\b', 'a%5Cb'],
    ['meta-llama/llama-4', 'meta-llama%2Fllama-4'],
    ['anthropic.claude:0', 'anthropic.claude%3A0'],
  ])('%j is one segment and nothing more', (id, segment) => {
    expect(pathSegment(id)).toBe(segment)
    const url = new URL(`http://h.test/deployments/${segment}/chat`)
    expect(url.host).toBe('h.test')
    if (!/^\.{1,2}$/.test(id)) expect(url.pathname.startsWith('/deployments/')).toBe(true)
  })
})
