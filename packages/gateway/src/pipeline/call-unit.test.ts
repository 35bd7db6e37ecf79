import { hash } from 'node:crypto'
import type { Snapshot } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import type { CallHead } from '../contract/downstream.ts'
import { createCallerIndex } from '../identity/caller-index.ts'
import { type UnitInput, unitIdOf } from './call-unit.ts'
import type { Parts } from './tools.ts'

const digest = (key: string): string => hash('sha256', key, 'hex')

function call(key: string | undefined, headers: CallHead['headers'] = {}, open = false): UnitInput {
  const caller = { tenant: 'acme', key: 'acme/ci', allow: null, allowance: null }
  const known = new Map([[digest('known'), { caller, expiresMs: null, enabled: true }]])
  const identity = createCallerIndex(known, open)
  const current = { parts: { gateway: { identity } } } as unknown as Snapshot<Parts>
  return { head: { key, headers } as CallHead, startedAt: 0, inForce: () => current }
}

describe('the unit of a call', () => {
  it('is none but the call itself, where each request is one', () => {
    expect(unitIdOf('request', call('known'))).toBeNull()
  })

  it('is the tenant or the key that the version in force knows', () => {
    expect(unitIdOf('tenant', call('known'))).toBe('acme')
    expect(unitIdOf('key', call('known'))).toBe('acme/ci')
  })

  it('is the key by its hash, where the version in force does not know it', () => {
    expect(unitIdOf('tenant', call('new'))).toBe(digest('new'))
    expect(unitIdOf('key', call('new'))).toBe(digest('new'))
  })

  it('is whose a token says it is, while nobody has verified it', () => {
    const asked = call('a.b.c')
    const identity = {
      open: false,
      find: () => new Promise<never>(() => undefined),
      claimed: () => ({ tenant: 'acme', key: 'acme/corp:ann' }),
    }
    const current = { parts: { gateway: { identity } } } as unknown as Snapshot<Parts>
    expect(unitIdOf('tenant', { ...asked, inForce: () => current })).toBe('acme')
    expect(unitIdOf('key', { ...asked, inForce: () => current })).toBe('acme/corp:ann')
  })

  it('is the session that a header names, within its tenant; without one the key', () => {
    const named = { 'x-session-id': 's1' }
    expect(unitIdOf('session', call('known', named))).toBe('acme\ns1')
    expect(unitIdOf('session', call(undefined, named, true))).toBe('\ns1')
    expect(unitIdOf('session', call('known'))).toBe('acme/ci')
  })

  it('is nobody’s to say where no key is asked for or none was sent', () => {
    expect(unitIdOf('tenant', call(undefined))).toBeNull()
    expect(unitIdOf('tenant', call('whatever', {}, true))).toBeNull()
    expect(unitIdOf('session', call('whatever', {}, true))).toBeNull()
  })
})
