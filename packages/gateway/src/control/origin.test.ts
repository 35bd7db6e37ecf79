import { describe, expect, it } from 'vitest'
import { OWNER } from '../contract/access.ts'
import { type RequestFacts, readIfMatch, readOrigin } from './origin.ts'

const span = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true }
const facts = (headers: Record<string, string>, more: Partial<RequestFacts> = {}): RequestFacts => ({
  header: (name) => headers[name],
  route: 'POST /v1/reloads',
  reason: undefined,
  force: false,
  commit: undefined,
  allowShrink: false,
  emergency: false,
  identity: OWNER,
  rollout: {},
  span,
  ...more,
})

describe('the origin of a request', () => {
  it('is the admin API, below the span of the request', () => {
    expect(readOrigin(facts({}))).toEqual({
      trigger: 'admin_api',
      source: 'POST /v1/reloads',
      actor: 'admin',
      trace: span,
      child: true,
    })
  })

  it('takes over what the headers say', () => {
    const headers = {
      'content-type': 'text/yaml; charset=utf-8',
      'if-match': '"1.4"',
      'idempotency-key': 'k-1',
      'x-changeover-client': 'cli',
      'x-changeover-actor': 'bo',
      'x-changeover-source': 'dir/new.yaml',
    }
    expect(readOrigin(facts(headers, { reason: ' better ', force: true, allowShrink: true }))).toMatchObject({
      trigger: 'cli',
      source: 'dir/new.yaml',
      actor: 'admin:claimed:bo',
      mediaType: 'application/yaml',
      ifMatch: '1.4',
      idempotencyKey: 'k-1',
      reason: 'better',
      manual: true,
      hint: { allowShrink: true },
    })
  })

  it('lets nobody smuggle anything through a name', () => {
    const headers = { 'x-changeover-actor': 'bo\u001b[31m\n{e:vil}', 'x-changeover-source': 'a b\u0000.yaml' }
    expect(readOrigin(facts(headers))).toMatchObject({ actor: 'admin:claimed:bo31mevil', source: 'ab.yaml' })
  })

  it('reads one strong tag and refuses the rest', () => {
    expect(readIfMatch(undefined)).toBeNull()
    expect(readIfMatch('*')).toBeNull()
    expect(readIfMatch('"sha256:ab"')).toBe('sha256:ab')
    for (const header of ['1.4', 'W/"1.4"', '"1.4", "1.5"', '""'])
      expect(() => readIfMatch(header)).toThrow('"If-Match"')
    expect(() => readOrigin(facts({ 'idempotency-key': 'a b' }))).toThrow('"Idempotency-Key"')
  })
})
