import { describe, expect, it } from 'vitest'
import type { Identity } from '../contract/access.ts'
import { forbiddenParameters, may } from './may.ts'
import { accessOf, person } from './test-access.ts'

const identity = (name: string): Identity => ({ person: `user:${name}`, by: 'token', name, claimed: null })

const access = accessOf({
  roles: {
    writer: { may: ['read', 'change'], changes: ['prompts'] },
    'acme-admin': { may: ['read', 'change'], changes: ['tenants', 'limits'], tenants: ['acme'] },
  },
  people: {
    ...person('bo', 'publisher'),
    ...person('pat', 'writer'),
    ...person('acme', 'acme-admin'),
    ...person('both', 'writer', 'acme-admin'),
    ...person('sam', 'emergency'),
    ...person('olga', 'owner'),
  },
})
const of = (name: string) => access.grantsOf(identity(name))

describe('what somebody may', () => {
  it('is what his roles say', () => {
    expect(may(of('bo'), 'change')).toBe(true)
    expect(may(of('bo'), 'approve')).toBe(false)
    expect(may(of('sam'), 'change')).toBe(false)
    expect(may(of('nobody'), 'read')).toBe(false)
  })

  it('ends at the classes of change that a role names', () => {
    const left = (name: string, ...changed: string[]) => forbiddenParameters(of(name), 'change', changed)
    expect(left('pat', '/contexts/support@2.1.0')).toEqual([])
    expect(left('pat', '/contexts/support@2.1.0', '/limits/basic/requests')).toEqual([
      '/limits/basic/requests',
    ])
    expect(left('bo', '/contexts/support@2.1.0', '/limits/basic/requests')).toEqual([])
  })

  it('ends at the tenants that a role names', () => {
    const left = (...changed: string[]) => forbiddenParameters(of('acme'), 'change', changed)
    expect(left('/tenants/acme/limit')).toEqual([])
    expect(left('/tenants/other/limit')).toEqual(['/tenants/other/limit'])
    expect(left('/limits/basic')).toEqual(['/limits/basic'])
    expect(left('/tenants')).toEqual(['/tenants'])
  })

  it('is not added up of two roles that each allow a half', () => {
    const changed = ['/contexts/support@2.1.0', '/tenants/acme/limit']
    expect(forbiddenParameters(of('both'), 'change', changed)).toHaveLength(1)
  })

  it('never reaches who may what, but for those who may that', () => {
    const changed = ['/access/people/bo/roles']
    expect(forbiddenParameters(of('bo'), 'change', changed)).toEqual(changed)
    expect(forbiddenParameters(of('sam'), 'emergency', changed)).toEqual(changed)
    expect(forbiddenParameters(of('olga'), 'change', changed)).toEqual([])
  })

  it('is told to whoever lacks it', () => {
    expect(access.holdersOf('emergency')).toEqual([
      'user:sam',
      'user:olga',
      "whoever holds the owner's token",
    ])
  })
})
