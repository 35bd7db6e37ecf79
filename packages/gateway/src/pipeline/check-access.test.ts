import type { SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { checkAccess, exposedBy, isOpen } from './check-access.ts'

const here = { host: '127.0.0.1', isExposed: false }
const network = { host: '0.0.0.0', isExposed: true }
const tenants: SettingsTree['tenants'] = { acme: { keys: {} } }
const guarded: SettingsTree = { tenants }
const open: SettingsTree = { models: {} }
const known: SettingsTree = { access: { callers: 'known' } }
const anyone: SettingsTree = { access: { callers: 'anyone' } }
const restores = { version: '1.1', digest: 'sha256:00' }

interface Asked {
  readonly after?: SettingsTree | null
  readonly reach?: typeof here
  readonly back?: typeof restores | null
}
const codes = (settings: SettingsTree, { after = null, reach = here, back = null }: Asked = {}): string[] =>
  checkAccess({ settings, previous: after, restores: back }, reach).map((it) => it.code)

describe('settings', () => {
  it('are open without tenants, unless they say that callers must be known', () => {
    expect([open, anyone, guarded, known].map(isOpen)).toEqual([true, true, false, false])
  })

  it('are not open when there is a tenant that cannot be read, or a word that is not known', () => {
    expect(isOpen({ tenants: { acme: 7 } })).toBe(false)
    expect(isOpen({ access: { callers: 'everybody' } })).toBe(false)
    expect(isOpen({ access: { callers: 'anyone' }, tenants: { acme: {} } })).toBe(false)
  })

  it('may be open from the start on this machine', () => {
    expect(codes(open)).toEqual([])
    expect(codes(open, { after: open })).toEqual([])
    expect(codes(open, { after: anyone })).toEqual([])
  })

  it('are refused when they open what was guarded, unless they say so', () => {
    for (const before of [guarded, known]) {
      expect(codes(open, { after: before })).toEqual(['settings.access_opened'])
      expect(codes({ tenants: {} }, { after: before })).toEqual(['settings.access_opened'])
      expect(codes(anyone, { after: before })).toEqual([])
      expect(codes(known, { after: before })).toEqual([])
      expect(codes(guarded, { after: before })).toEqual([])
    }
  })

  it('may be open again by going back to a version that was', () => {
    expect(codes(open, { after: guarded, back: restores })).toEqual([])
  })

  it('are refused where others can reach the port, unless they say so', () => {
    for (const after of [null, open, guarded]) {
      expect(codes(open, { after, reach: network })).toEqual(['settings.access_exposed'])
      expect(codes(open, { after, reach: network, back: restores })).toEqual(['settings.access_exposed'])
      expect(codes(anyone, { after, reach: network })).toEqual([])
      expect(codes(guarded, { after, reach: network })).toEqual([])
    }
    expect(exposedBy(open, network)?.message).toContain('whoever reaches "0.0.0.0" could call')
    expect(exposedBy(open, here)).toBeNull()
  })

  it('cannot say anyone and name tenants, so that the word does not outlive its reason', () => {
    expect(codes({ ...anyone, tenants })).toEqual(['validate.setting'])
  })

  it('are not open where tokens of callers are taken, though there is no tenant yet', () => {
    const corp = { issuer: 'https://a.example', audience: 'b', tenantClaim: 'org' }
    expect(isOpen({ access: { tokens: { corp } } })).toBe(false)
    expect(isOpen({ access: { tokens: {} } })).toBe(true)
    expect(codes({ access: { callers: 'anyone', tokens: { corp } } })).toEqual(['validate.setting'])
  })
})
