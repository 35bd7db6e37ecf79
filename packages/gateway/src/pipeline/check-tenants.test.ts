import { describe, expect, it } from 'vitest'
import { hashOfKey } from '../identity/key-text.ts'
import { readSettingsText } from '../settings/reader.ts'
import { checkReferences } from './compile-references.ts'

const hash = hashOfKey('a')
const RULES = `
limits: { few: { requests: 1, perMs: 1000 } }
models: { small: { provider: sim, region: eu }, big: { provider: sim } }
routes: { chat: { targets: [{ model: small }], aliases: [talk] } }
providers: { sim: { kind: simulated } }
`

/** Pointer, line and text of each issue. */
function issuesOf(text: string): readonly string[] {
  const { tree, placeOf } = readSettingsText(`${text}${RULES}`, 'a.yaml')
  return checkReferences(tree, null).map(({ pointer, message, hint }) => {
    const line = placeOf(pointer ?? '')?.line
    return `${line ?? '?'} ${pointer}: ${message.replace(`${pointer}: `, '')}${hint === undefined ? '' : ` (${hint})`}`
  })
}

describe('what tenants, teams and keys name', () => {
  it('is fine where all of it is there', () => {
    const text = `tenants:
  acme:
    allow: [talk, small]
    regions: [eu]
    limits: [few]
    teams: { red: { allow: [small], limit: few } }
    keys: { ci: { hash: '${hash}', team: red, limits: [few], previous: [{ hash: '${hashOfKey('b')}', expires: '2027-01-01T00:00:00Z' }] } }
access: { tokens: { corp: { issuer: 'https://a.example', audience: b, tenant: acme } } }`
    expect(issuesOf(text)).toEqual([])
  })

  it('is told with its line where it is not, with the nearest that is', () => {
    const issues = issuesOf(`tenants:
  acme:
    limits: [fewer]
    budgets: [month]
    teams:
      red:
        allow: [smal]
        regions: [us]
        limit: feww
    keys:
      ci:
        hash: '${hash}'
        team: rad
        allow: [talk, huge]
access:
  tokens:
    corp: { issuer: 'https://a.example', audience: b, tenant: acne }`)
    expect(issues.map((it) => it.split(':')[0])).toEqual([
      '3 /tenants/acme/limits/0',
      '4 /tenants/acme/budgets/0',
      '9 /tenants/acme/teams/red/limit',
      '7 /tenants/acme/teams/red/allow/0',
      '8 /tenants/acme/teams/red/regions/0',
      '14 /tenants/acme/keys/ci/allow/1',
      '13 /tenants/acme/keys/ci/team',
      '17 /access/tokens/corp/tenant',
    ])
    for (const meant of ['few', 'small', 'red', 'acme'])
      expect(
        issues.some((it) => it.includes(`did you mean "${meant}"?`)),
        meant,
      ).toBe(true)
  })

  it('leaves a key something to call, or is refused', () => {
    const issues = issuesOf(`tenants:
  acme:
    allow: [small]
    teams: { red: { allow: [small] } }
    keys:
      ci: { hash: '${hash}', team: red, allow: [big] }
      none: { hash: '${hashOfKey('c')}', allow: [] }`)
    expect(issues.length).toBe(1)
    expect(issues[0]).toMatch(/^6 \/tenants\/acme\/keys\/ci\/allow: .*"big".*small/)
  })

  it('is one key for one caller, those that were replaced among them', () => {
    const issues = issuesOf(`tenants:
  acme:
    keys:
      ci: { hash: '${hash}' }
      old: { hash: '${hashOfKey('b')}', previous: [{ hash: '${hash}', expires: '2027-01-01T00:00:00Z' }] }`)
    expect(issues.map((it) => it.split(':')[0])).toEqual(['5 /tenants/acme/keys/old/previous/0/hash'])
    expect(issues[0]).not.toContain(hash.slice(10))
  })
})
