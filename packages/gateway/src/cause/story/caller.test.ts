import type { SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { testCall } from '../../contract/test-call.ts'
import { rules } from '../../errors.ts'
import { tellCaller } from './caller.ts'

const settings: SettingsTree = {
  tenants: {
    acme: {
      allow: ['chat', 'code'],
      teams: { red: { allow: ['chat', 'more'] } },
      keys: { ci: { hash: 'x', team: 'red' }, ops: { hash: 'y', allow: ['code'] } },
    },
  },
}

describe('who called', () => {
  it('is a key of a team, and may what all of its levels allow', () => {
    expect(tellCaller(testCall({ key: 'acme/ci' }), settings)).toEqual({
      about: 'caller',
      says: 'key acme/ci is one of tenant acme and its team red, which may call chat',
      pointers: ['/tenants/acme/keys/ci', '/tenants/acme/allow', '/tenants/acme/teams/red/allow'],
    })
    expect(tellCaller(testCall({ key: 'acme/ops' }), settings)?.says).toContain('which may call code')
  })

  it('is said of a token, which stands in no settings, and of a key that was withdrawn meanwhile', () => {
    const of = (more: object) => tellCaller(testCall(more), settings)?.says
    expect(of({ key: 'acme/corp:ann' })).toBe(
      'key acme/corp:ann is one of tenant acme, which may call chat, code',
    )
    expect(of({ error: 'identity.revoked' })).toContain('it was withdrawn while the call ran')
  })

  it('is nobody for every reason that there is', () => {
    const known = ['identity.not_allowed', 'identity.revoked']
    const asked = ['identity.key_exists', 'identity.no_such_key', 'identity.no_such_tenant']
    const all = Object.keys(rules).filter((it) => it.startsWith('identity.'))
    for (const error of all.filter((it) => ![...known, ...asked].includes(it)))
      expect(tellCaller(testCall({ tenant: null, key: null, error }), settings)?.says, error).toMatch(
        /^refused: /,
      )
  })
})
