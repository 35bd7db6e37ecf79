import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { inherit, wayTo, wayToTeam } from './inherit.ts'
import { tenantSpec } from './spec.ts'

const hash = `sha256:${'0'.repeat(64)}`
const names = ['a', 'b', 'c', 'd']
const list = fc.option(fc.subarray(names), { nil: undefined })
const regions = fc.option(fc.subarray(['eu', 'us', 'ap'], { minLength: 1 }), { nil: undefined })
const single = fc.option(fc.constantFrom('l1', 'l2'), { nil: undefined })
const rank = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined })
const counts = fc.subarray(['l1', 'l2', 'l3'])
const rules = fc.record({
  enabled: fc.boolean(),
  allow: list,
  regions,
  limits: counts,
  budgets: counts,
  limit: single,
  priority: rank,
})

type Rules = typeof rules extends fc.Arbitrary<infer T> ? T : never

function tenantOf(tenant: Rules, team: Rules | null, key: Rules): z.output<typeof tenantSpec> {
  const written = {
    ...tenant,
    teams: team === null ? {} : { red: team },
    keys: { ci: { ...key, hash, ...(team === null ? {} : { team: 'red' }) } },
  }
  // As settings are read: without what is not said.
  return tenantSpec.parse(JSON.parse(JSON.stringify(written)))
}

/** Of all levels that there are, from the tenant on. */
const check = (assert: (all: readonly Rules[], got: ReturnType<typeof inherit>) => void): void =>
  fc.assert(
    fc.property(rules, fc.option(rules), rules, (tenant, team, key) => {
      const all = team === null ? [tenant, key] : [tenant, team, key]
      assert(all, inherit(wayTo('acme', tenantOf(tenant, team, key), 'ci')))
    }),
  )

describe('the rules of a key', () => {
  it('allow exactly what every level allows, so that no level can widen what one above it leaves', () => {
    check((all, { allow, regions: left }) => {
      for (const name of names) {
        const isAllowed = all.every((it) => it.allow === undefined || it.allow.includes(name))
        expect(allow === null || allow.has(name)).toBe(isAllowed)
      }
      for (const region of ['eu', 'us', 'ap']) {
        const isLeft = all.every((it) => it.regions === undefined || it.regions.includes(region))
        expect(left === undefined || left.has(region)).toBe(isLeft)
      }
    })
  })

  it('are on where every level is', () => {
    check((all, { enabled }) => expect(enabled).toBe(all.every((it) => it.enabled)))
  })

  it('take what is one value from the nearest level that says it', () => {
    check((all, { priority }) => {
      expect(priority).toBe(all.map((it) => it.priority).findLast((it) => it !== undefined))
    })
  })

  it('count at every level by all that it names, and the key by the nearest limit', () => {
    check((all, { levels }) => {
      const holders = all.length === 2 ? ['acme', 'acme/ci'] : ['acme', 'acme/red', 'acme/ci']
      const nearest = all.map((it) => it.limit).findLast((it) => it !== undefined)
      for (const [i, name] of holders.entries()) {
        const own = i === holders.length - 1 && nearest !== undefined ? [nearest] : []
        const found = levels.find((it) => it.name === name)
        expect(new Set(found?.limits ?? [])).toEqual(new Set([...own, ...(all[i]?.limits ?? [])]))
        expect(found?.budgets ?? []).toEqual(all[i]?.budgets ?? [])
      }
      expect(levels.every((it) => it.limits.length + it.budgets.length > 0)).toBe(true)
    })
  })
})

describe('the way to a team', () => {
  const tenant = tenantSpec.parse({ teams: { red: {} } })

  it('ends at the tenant where there is no such team', () => {
    expect(wayToTeam('acme', tenant, 'red').map((it) => it.name)).toEqual(['acme', 'acme/red'])
    expect(wayToTeam('acme', tenant, 'constructor').map((it) => it.name)).toEqual(['acme'])
    expect(wayToTeam('acme', tenant, undefined).map((it) => it.name)).toEqual(['acme'])
  })
})
