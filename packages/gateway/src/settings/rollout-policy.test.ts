import type { SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { type AskedRollout, chooseRollout, type RolloutQuestion } from './rollout-policy.ts'

const nowMs = Date.parse('2026-11-23T12:00:00Z')
const base = {
  tenants: { acme: { keys: { ci: { hash: `sha256:${'a'.repeat(64)}` } } } },
  routes: { chat: { targets: [{ model: 'small' }] } },
}

function choose(rollout: object, change: object, more: Partial<RolloutQuestion> = {}) {
  const inForce = { ...base, rollout } as unknown as SettingsTree
  const next = { ...inForce, ...change } as SettingsTree
  return chooseRollout({
    inForce,
    next,
    asked: {},
    nowMs,
    isTemporary: false,
    isForced: false,
    bakeMs: 5000,
    ...more,
  })
}

const otherRoute = { routes: { chat: { targets: [{ model: 'large' }] } } }
const canary = { policy: { strategy: 'canary', unit: 'tenant', steps: [{ share: 0.1, forMs: 1000 }] } }
const shapeOf = (...it: Parameters<typeof choose>) => choose(...it).rollout?.strategy ?? 'plain'

describe('how a change comes in', () => {
  it('is at once where nothing is said', () => {
    expect(choose({}, otherRoute)).toEqual({})
  })

  it('is as the policy in force says', () => {
    expect(choose(canary, otherRoute).rollout).toEqual({
      strategy: 'canary',
      unit: 'tenant',
      steps: [{ share: 0.1, forMs: 1000 }],
      bakeMs: 5000,
    })
  })

  it('is as the policy in force says also for a change of that policy', () => {
    expect(shapeOf(canary, { rollout: { policy: { strategy: 'allAtOnce' } } })).toBe('canary')
    expect(shapeOf({}, { rollout: canary })).toBe('plain')
  })

  it('is at once for the first version, which has nobody to protect', () => {
    expect(choose(canary, otherRoute, { inForce: null })).toEqual({})
  })

  it('is as its kind says, and of several kinds as the most careful of them', () => {
    const changes = {
      routes: { strategy: 'canary', steps: [{ share: 0.05 }] },
      limits: { strategy: 'shadow' },
    }
    expect(shapeOf({ changes }, otherRoute)).toBe('canary')
    expect(shapeOf({ changes }, { models: { small: { provider: 'sim' } } })).toBe('plain')
    expect(shapeOf({ changes }, { ...otherRoute, limits: { a: { requestsPerMinute: 1 } } })).toBe('shadow')
  })

  it('is at once for keys that are taken away, unless a canary is asked for by name', () => {
    const none = { tenants: { acme: { keys: {} } } }
    expect(shapeOf(canary, none)).toBe('plain')
    expect(shapeOf(canary, { tenants: {} })).toBe('plain')
    const key = { hash: `sha256:${'a'.repeat(64)}`, expires: '2026-11-24T00:00:00Z' }
    expect(shapeOf(canary, { tenants: { acme: { keys: { ci: key } } } })).toBe('plain')
    expect(shapeOf(canary, { ...none, ...otherRoute })).toBe('canary')
    expect(shapeOf(canary, none, { asked: { strategy: 'canary' } })).toBe('canary')
  })

  it('is at once for who may change what, and not for who may call', () => {
    const bo = { people: { bo: { roles: ['viewer'] } } }
    expect(shapeOf(canary, { access: bo })).toBe('plain')
    expect(shapeOf(canary, { access: { ...bo, callers: 'known' } })).toBe('canary')
    expect(shapeOf(canary, { access: bo, ...otherRoute })).toBe('canary')
  })

  it('is watched for its error budget, however it comes in, but for keys that are taken away', () => {
    const burnRate = { objective: 0.999 }
    const whole = { objective: 0.999, factor: 14.4, longMs: 3_600_000, shortMs: 300_000, minSamples: 50 }
    expect(choose({ analysis: { burnRate } }, otherRoute).rollout).toEqual({
      strategy: 'allAtOnce',
      bakeMs: 5000,
      burnRate: whole,
    })
    const asCanary = choose({ ...canary, analysis: { burnRate, everyMs: 200 } }, otherRoute).rollout
    expect(asCanary).toMatchObject({ strategy: 'canary', burnRate: whole, analysis: { everyMs: 200 } })
    expect(asCanary?.analysis).not.toHaveProperty('burnRate')
    expect(choose({ analysis: { burnRate } }, { tenants: {} })).toEqual({})
  })

  it('is at once for what goes by itself', () => {
    expect(shapeOf(canary, otherRoute, { isTemporary: true })).toBe('plain')
  })

  it('is as asked for this one change, before the policy', () => {
    const asked: AskedRollout = { strategy: 'allAtOnce', bakeMs: 7, confirmWithinMs: 60_000 }
    expect(choose(canary, otherRoute, { asked })).toEqual({
      rollout: { strategy: 'allAtOnce', bakeMs: 7 },
      apply: { confirm: { mode: 'commitConfirmed', timeoutMs: 60_000 } },
    })
    expect(choose({}, otherRoute, { asked: { strategy: 'blueGreen' } }).rollout).toMatchObject({
      strategy: 'blueGreen',
      forMs: null,
    })
  })

  it('begins when a freeze ends, where changes wait for that, unless it is forced', () => {
    const freeze = { windows: [{ from: '09:00', to: '17:00' }], changes: 'wait' }
    expect(choose({ freeze }, otherRoute).rollout?.startAt).toBe('2026-11-23T17:00:00.000Z')
    expect(choose({ freeze }, otherRoute, { isForced: true })).toEqual({})
    expect(choose({ freeze: { ...freeze, changes: 'refuse' } }, otherRoute)).toEqual({})
  })

  it('asks for few tenants where tenants are assigned as one, unless it is said how many', () => {
    const analysis = { measures: { error_rate: { minSamples: 3 } } }
    const rollout = choose({ ...canary, analysis }, otherRoute, {
      measures: ['error_rate', 'latency_ms'],
    }).rollout
    expect(rollout?.analysis?.measures).toEqual({
      error_rate: { minSamples: 3, off: false },
      latency_ms: { minSamples: 10 },
    })
  })

  it('takes with it what decides about it', () => {
    const analysis = { measures: { error_rate: { tolerance: 0.5 } }, falseAlarms: 0.05 }
    expect(choose({ ...canary, analysis }, otherRoute).rollout?.analysis).toMatchObject({
      falseAlarms: 0.05,
      everyMs: 1000,
      measures: { error_rate: { tolerance: 0.5, off: false } },
    })
  })
})
