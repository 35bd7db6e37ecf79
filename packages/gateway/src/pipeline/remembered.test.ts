/**
 * What a reload remembers of callers, limits and keys makes no difference but in time: random rows of reloads are
 * gone through twice, with settings that are the same objects while they say the same, as the engine hands them
 * on, and with settings that are new each time, which nothing can be remembered of.
 */
import { createHash } from 'node:crypto'
import { type Carry, type Issue, type PrepareInput, type SettingsTree, systemClock } from '@changeover/reload'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TenantSettings } from '../contract/caller-settings.ts'
import type { Caller, CompiledGateway, IdentityRefusal } from '../contract/compiled.ts'
import type { LimitSettings } from '../contract/settings.ts'
import { LocalCounters } from '../policy/local-counters.ts'
import { createSecrets } from '../settings/secrets.ts'
import { gatewayParticipant } from './participant.ts'

const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'] as const
const TENANTS = ['acme', 'brown', 'chase'] as const
const LIMITS = ['small', 'large'] as const

const hashOf = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`

const limitEntry = fc.record({
  requests: fc.integer({ min: 1, max: 3 }),
  perMs: fc.constantFrom(10, 1_000),
})
const limitName = fc.constantFrom(...LIMITS)
const keyEntry = fc.record(
  {
    hash: fc.constantFrom(...KEYS).map(hashOf),
    limit: limitName,
    expires: fc.constantFrom('1970-01-01T00:00:00.040Z', '2100-01-01T00:00:00Z'),
  },
  { requiredKeys: ['hash'] },
)
const tenantEntry = fc.record(
  {
    keys: fc.dictionary(fc.constantFrom('ci', 'app'), keyEntry, { minKeys: 1 }),
    limit: limitName,
    allow: fc.constantFrom(['fast'], []),
  },
  { requiredKeys: ['keys'] },
)

/** Entries by number: the same number is the same object in every tree, under whatever name. */
const pool = fc.record({
  tenants: fc.array(tenantEntry, { minLength: 3, maxLength: 4 }),
  limits: fc.array(limitEntry, { minLength: 2, maxLength: 3 }),
})
const naming = fc.record({
  tenants: fc.dictionary(fc.constantFrom(...TENANTS), fc.nat(3), { minKeys: 1, maxKeys: 2 }),
  // Mostly both, because a limit that is missing is a mistake, and mistakes are found early.
  limits: fc.oneof(
    { weight: 8, arbitrary: fc.record({ small: fc.nat(2), large: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.dictionary(limitName, fc.nat(2)) },
  ),
})
const call = fc.record({ key: fc.constantFrom(...KEYS, 'stranger'), afterMs: fc.nat(30) })
const step = fc.record({ naming, calls: fc.array(call, { maxLength: 12 }) })

type Pool = { readonly tenants: readonly object[]; readonly limits: readonly object[] }
type Naming = { readonly tenants: Record<string, number>; readonly limits: Record<string, number> }

function treeOf(from: Pool, { tenants, limits }: Naming): SettingsTree {
  const entries = (names: Record<string, number>, objects: readonly object[]) =>
    Object.fromEntries(Object.entries(names).map(([name, i]) => [name, objects[i % objects.length]]))
  const sim = freeze({ kind: 'simulated' })
  const tree = {
    providers: { sim },
    models: { fast: freeze({ provider: 'sim' }) },
    tenants: entries(tenants, from.tenants),
    limits: entries(limits, from.limits),
  }
  return tree as unknown as SettingsTree
}

function freeze<T>(value: T): T {
  for (const it of Object.values(value as object)) if (typeof it === 'object' && it !== null) freeze(it)
  return Object.freeze(value)
}

class World {
  readonly #participant = gatewayParticipant({
    secrets: createSecrets({ env: {}, redactor: { add: () => undefined } }),
    clock: systemClock,
    reach: { host: '127.0.0.1', isExposed: false },
    shipped: {},
  })
  readonly #kept = new Map<string, unknown>()
  readonly #carry: Carry = {
    keep: <T>(key: string, create: () => T): T => {
      if (!this.#kept.has(key)) this.#kept.set(key, create())
      return this.#kept.get(key) as T
    },
  }

  validate(settings: SettingsTree): readonly Issue[] {
    const input = { settings, previous: null, changedParameters: [], restores: null }
    return this.#participant.validate?.(input) ?? []
  }

  async prepare(settings: SettingsTree): Promise<CompiledGateway> {
    const input = { settings, version: '1.1', carry: this.#carry, previous: null, parts: {} }
    return this.#participant.prepare(input as unknown as PrepareInput)
  }
}

/** Limits by the settings at hand, each request by a claim that is made for it. */
class Counts {
  readonly #counts = new LocalCounters()

  take(tree: SettingsTree, key: string, nowMs: number): unknown {
    const [tenantName = '', keyName = ''] = key.split('/')
    const tenant = tree['tenants']?.[tenantName] as unknown as TenantSettings
    const limit = tenant.keys?.[keyName]?.limit ?? tenant.limit
    if (limit === undefined) return null
    const {
      requests = 0,
      perMs = 0,
      burst = requests,
    } = (tree['limits']?.[limit] ?? {}) as unknown as LimitSettings
    const claim = { kind: 'bucket', key, amount: 1, rate: requests, perMs, burst } as const
    const left = this.#counts.takeOne(claim, nowMs)
    return left >= 0 ? null : { retryAfterMs: -left }
  }
}

interface Answer {
  readonly tenant: string
  readonly key: string
  readonly allow: readonly string[] | null
  readonly over: unknown
}

/** What becomes of a call: who it is, what it may, and whether it is over the limit. */
function answer({ identity }: CompiledGateway, key: string, nowMs: number): Answer | IdentityRefusal {
  const found = identity.find(key, nowMs)
  if (found instanceof Promise) throw new Error('no token was sent')
  if ('refused' in found) return found
  const allow = found.allow === null ? null : [...found.allow]
  return { tenant: found.tenant, key: found.key, allow, over: over(found, nowMs) }
}

function over({ allowance }: Caller, nowMs: number): unknown {
  const ask = { id: 'call_1', startedAt: nowMs, startedMono: nowMs, routeName: 'chat' }
  const estimates = {
    inputTokens: () => 0,
    outputTokens: () => 0,
    mostCost: () => ({ microUsd: 0, isKnown: true }),
  }
  const held = allowance?.hold({ ...ask, ...estimates }) ?? null
  return held !== null && 'refused' in held ? { retryAfterMs: held.retryAfterMs } : null
}

describe('a row of reloads', () => {
  it('finds and counts callers as if nothing were remembered, and finds the same mistakes', async () => {
    let reached = 0
    await fc.assert(
      fc.asyncProperty(pool, fc.array(step, { minLength: 2, maxLength: 8 }), async (from, steps) => {
        freeze(from)
        const [remembering, forgetful] = [new World(), new World()]
        const counts = new Counts()
        let nowMs = 0
        for (const it of steps) {
          const tree = treeOf(from, it.naming)
          const anew = structuredClone(tree)
          const issues = remembering.validate(tree)
          expect(issues).toEqual(forgetful.validate(anew))
          if (issues.length > 0) continue
          reached += 1
          const [a, b] = [await remembering.prepare(tree), await forgetful.prepare(anew)]
          for (const { key, afterMs } of it.calls) {
            nowMs += afterMs
            const found = answer(a, key, nowMs)
            expect(found).toEqual(answer(b, key, nowMs))
            if ('over' in found) expect(found.over).toEqual(counts.take(tree, found.key, nowMs))
          }
        }
      }),
      { seed: 20261121, numRuns: 300 },
    )
    // A row in which every tree is refused would show nothing of callers.
    expect(reached).toBeGreaterThan(200)
  })
})
