import type { Json } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { withKey, withoutKey, withRotatedKey } from './key-changes.ts'
import { hashOfKey } from './key-text.ts'

const nowMs = Date.parse('2026-11-21T09:00:00Z')
const hourMs = 3_600_000
const [one, two, three] = ['one', 'two', 'three'].map(hashOfKey) as [string, string, string]
const tree = (key: { readonly [name: string]: Json }): Json => ({
  routes: {},
  tenants: { acme: { limit: 'l', keys: { ci: key, other: { hash: 'x' } } } },
})
const keyIn = (it: Json): unknown =>
  (it as { tenants: { acme: { keys: Record<string, unknown> } } }).tenants.acme.keys['ci']
const rotated = (key: { readonly [name: string]: Json }, more: object = {}): unknown =>
  keyIn(
    withRotatedKey(tree(key), { tenant: 'acme', name: 'ci', hash: two, overlapMs: hourMs, nowMs, ...more }),
  )
const refused = (code: string) => expect.objectContaining({ code })

describe('a key that is made', () => {
  it('stands among the others of its tenant, and nothing else changes', () => {
    const made = withKey(
      { tenants: { acme: { limit: 'l' } }, routes: {} },
      { tenant: 'acme', name: 'ci', hash: one },
    )
    expect(made).toEqual({ tenants: { acme: { limit: 'l', keys: { ci: { hash: one } } } }, routes: {} })
    const expires = '2027-01-01T00:00:00Z'
    const more = withKey(made, { tenant: 'acme', name: 'b', hash: two, team: 'red', expires })
    expect(more).toMatchObject({
      tenants: { acme: { keys: { ci: { hash: one }, b: { hash: two, team: 'red', expires } } } },
    })
  })

  it('is refused under a name that is taken, and for nobody', () => {
    const wish = { tenant: 'acme', name: 'ci', hash: two }
    expect(() => withKey(tree({ hash: one }), wish)).toThrow(refused('identity.key_exists'))
    for (const tenant of ['none', 'constructor'])
      expect(() => withKey(tree({}), { ...wish, tenant })).toThrow(refused('identity.no_such_tenant'))
  })
})

describe('a key that is rotated', () => {
  it('works beside the new one until the overlap is over, under the same rules', () => {
    expect(rotated({ hash: one, limit: 'own', team: 'red' })).toEqual({
      hash: two,
      limit: 'own',
      team: 'red',
      previous: [{ hash: one, expires: '2026-11-21T10:00:00.000Z' }],
    })
  })

  it('twice in a row works on beside both, and what is over is left out', () => {
    const over = { hash: three, expires: '2026-11-21T08:00:00Z' }
    const still = { hash: three, expires: '2026-11-21T09:30:00Z' }
    expect(rotated({ hash: one, previous: [over, still] })).toMatchObject({
      previous: [still, { hash: one, expires: '2026-11-21T10:00:00.000Z' }],
    })
  })

  it('without an overlap, or over already, does not work beside it', () => {
    expect(rotated({ hash: one }, { overlapMs: 0 })).toEqual({ hash: two })
    const expires = '2027-01-01T00:00:00Z'
    expect(rotated({ hash: one, expires: '2026-01-01T00:00:00Z' }, { expires })).toEqual({
      hash: two,
      expires,
    })
  })

  it('ends when it would have ended anyway, if that is sooner', () => {
    const expires = '2026-11-21T09:10:00Z'
    expect(rotated({ hash: one, expires })).toEqual({
      hash: two,
      expires,
      previous: [{ hash: one, expires: '2026-11-21T09:10:00.000Z' }],
    })
  })

  it('is refused where the new one would be over from the start, or there is none', () => {
    expect(() => rotated({ hash: one, expires: '2026-01-01T00:00:00Z' })).toThrow(
      refused('control.bad_request'),
    )
    const wish = { tenant: 'acme', name: 'nobody', hash: two, overlapMs: 0, nowMs }
    expect(() => withRotatedKey(tree({}), wish)).toThrow(refused('identity.no_such_key'))
  })
})

describe('a key that is withdrawn', () => {
  it('is gone, with those that it replaced, and the others stay', () => {
    const left = withoutKey(tree({ hash: one }), { tenant: 'acme', name: 'ci' })
    expect(left).toEqual({ routes: {}, tenants: { acme: { limit: 'l', keys: { other: { hash: 'x' } } } } })
    expect(() => withoutKey(left, { tenant: 'acme', name: 'ci' })).toThrow(refused('identity.no_such_key'))
  })
})
