import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { Allowance } from '../contract/allowance.ts'
import { compileIdentity } from './compile-identity.ts'
import { tenantSpec } from './spec.ts'

const hashOf = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`
const allowance = (name: string): Allowance & { name: string } => ({
  name,
  hold: () => {
    throw new Error('nobody calls here')
  },
  standing: () => [],
})
const compile = (written: Record<string, z.input<typeof tenantSpec>>, open = false) => {
  const tenants = new Map(Object.entries(written).map(([name, it]) => [name, tenantSpec.parse(it)]))
  return compileIdentity({ tenants, open }, (levels) =>
    allowance(levels.map((it) => `${it.name} by ${it.limits.join(' and ')}`).join(', ')),
  )
}

describe('a caller', () => {
  const identity = compile({
    acme: {
      keys: {
        ci: { hash: hashOf('key-ci') },
        old: { hash: hashOf('key-old'), expires: '2026-01-01T00:00:00Z' },
        own: { hash: hashOf('key-own'), limit: 'small' },
      },
      allow: ['chat'],
      limit: 'large',
    },
    other: { keys: { k: { hash: hashOf('key-k') } } },
  })
  const find = (key: string | undefined, nowMs = Date.parse('2026-06-01T00:00:00Z')) =>
    identity.find(key, nowMs)

  it('is found by the key, the second time too', () => {
    for (let i = 0; i < 2; i++) {
      expect(find('key-ci')).toMatchObject({ tenant: 'acme', key: 'acme/ci' })
      expect(find('key-k')).toMatchObject({ tenant: 'other', key: 'other/k', allow: null, allowance: null })
    }
    expect(find('key-ci')).toBe(find('key-ci'))
  })

  it('may call what its tenant allows', () => {
    expect(find('key-ci')).toMatchObject({ allow: new Set(['chat']) })
  })

  it('has the priority of its key, else of its tenant, else none', () => {
    const hashed = (it: string) => ({ hash: hashOf(it) })
    const ranked = compile({
      one: { keys: { own: { ...hashed('own'), priority: 9 }, other: hashed('other') }, priority: 2 },
      two: { keys: { plain: hashed('plain') } },
    })
    const priorityOf = (key: string) => (ranked.find(key, 0) as { priority?: number }).priority
    expect(['own', 'other', 'plain'].map(priorityOf)).toEqual([9, 2, undefined])
  })

  it('is counted by its own limit, else by that of its tenant', () => {
    expect(find('key-ci')).toMatchObject({ allowance: { name: 'acme/ci by large' } })
    expect(find('key-own')).toMatchObject({ allowance: { name: 'acme/own by small' } })
  })

  it('without a key, or with another, is refused, the second time too', () => {
    for (let i = 0; i < 2; i++) {
      expect(find(undefined)).toEqual({ refused: 'identity.missing_key' })
      expect(find('')).toEqual({ refused: 'identity.missing_key' })
      expect(find('key-c')).toEqual({ refused: 'identity.unknown_key' })
    }
  })

  it('is refused from the instant at which its key expires, though it was known before', () => {
    const expiresMs = Date.parse('2026-01-01T00:00:00Z')
    expect(find('key-old', expiresMs - 1)).toMatchObject({ key: 'acme/old' })
    expect(find('key-old', expiresMs)).toEqual({ refused: 'identity.expired_key' })
    expect(find('key-old', expiresMs - 1)).toMatchObject({ key: 'acme/old' })
  })

  it('cannot be the hash of a key', () => {
    expect(find(hashOf('key-ci'))).toEqual({ refused: 'identity.unknown_key' })
    expect(find(hashOf('key-ci').slice(7))).toEqual({ refused: 'identity.unknown_key' })
  })

  it('is nobody when there is no tenant and keys are asked for', () => {
    expect(compile({}).find('whatever', 0)).toEqual({ refused: 'identity.unknown_key' })
  })

  it('is anybody when that is wished', () => {
    const open = compile({}, true)
    expect(open.open).toBe(true)
    expect(open.find(undefined, 0)).toMatchObject({ tenant: 'anonymous', allow: null, allowance: null })
    expect(open.find('whatever', 0)).toBe(open.find(undefined, 0))
  })

  it('is found among many in less than a microsecond, whoever else knocks', () => {
    const many = compile({
      t: {
        keys: Object.fromEntries(
          Array.from({ length: 1000 }, (_, i) => [`k${i}`, { hash: hashOf(`s-${i}`) }]),
        ),
      },
    })
    // More strangers than are remembered, one of them very long.
    for (let i = 0; i < 5000; i++) void many.find(`stranger-${i}`, 0)
    void many.find('x'.repeat(1_000_000), 0)
    const keys = Array.from({ length: 1000 }, (_, i) => `s-${i}`)
    for (const key of keys) expect(many.find(key, 0)).toMatchObject({ tenant: 't' })
    const rounds = 200
    const started = performance.now()
    for (let i = 0; i < rounds; i++) for (const key of keys) void many.find(key, 0)
    const eachUs = ((performance.now() - started) * 1000) / (rounds * keys.length)
    expect(eachUs).toBeLessThan(1)
  })
})
