import { pointTo } from '@changeover/reload'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECTIONS } from '../settings/schema.ts'
import { CHANGE_CLASSES, classesOf, classesOfAll, tenantOf } from './change-classes.ts'

describe('the class of a change', () => {
  it('is that of its section, and the finer one where it is told apart', () => {
    const classes = (pointer: string): string => classesOf(pointer).join(' ')
    expect(classes('/routes/chat/targets/0/weight')).toBe('routes')
    expect(classes('/routes/chat/context')).toBe('prompts')
    expect(classes('/contexts/support@2.1.0/prompt')).toBe('prompts')
    expect(classes('/providers/openai/credential')).toBe('credentials')
    expect(classes('/providers/openai/connections')).toBe('providers')
    expect(classes('/tenants/acme/keys/ci/hash')).toBe('credentials')
    expect(classes('/tenants/acme/keys/ci/limit')).toBe('limits')
    expect(classes('/telemetry/logs/level')).toBe('telemetry')
    expect(classes('/access/people/bo/roles')).toBe('access')
  })

  it('counts where a credential is sent as the credential', () => {
    for (const it of ['baseUrl', 'kind', 'headers', 'keyHeader', 'region'])
      expect(classesOf(`/providers/openai/${it}`), it).toEqual(['credentials'])
    expect(classesOf('/telemetry/logs/otlp/endpoint')).toEqual(['credentials'])
    expect(classesOf('/rollout/analysis/external/score/url')).toEqual(['credentials'])
    expect(classesOf('/rollout/analysis/external/score/tolerance')).toEqual(['rollout'])
  })

  it('is every class below what changes as a whole', () => {
    expect(classesOf('/providers/new')).toEqual(['credentials', 'providers'])
    expect(classesOf('/tenants')).toEqual(['credentials', 'guardrails', 'limits', 'tenants'])
    expect(classesOf('')).toEqual(CHANGE_CLASSES)
  })

  it('is known for every section that there is', () => {
    for (const section of SECTIONS)
      for (const it of classesOf(`/${section}/x/y/z/w`)) expect(CHANGE_CLASSES, section).toContain(it)
  })

  it('is never none, and a whole has all classes of its parts', () => {
    const step = fc.oneof(
      fc.constantFrom('providers', 'tenants', 'keys', 'credential', 'acme', '*'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), step, (steps, last) => {
        const whole = steps.reduce<string>((at, it) => pointTo(at, it), '')
        const part = pointTo(whole, last)
        expect(classesOf(whole).length).toBeGreaterThan(0)
        const known = classesOf(part).filter((it) => CHANGE_CLASSES.includes(it))
        if (steps.length > 0) expect(classesOfAll([whole, part])).toEqual(expect.arrayContaining(known))
      }),
    )
  })
})

describe('the tenant of a change', () => {
  it('is the entry of tenants that it is in', () => {
    expect(tenantOf('/tenants/acme/limit')).toBe('acme')
    expect(tenantOf('/tenants')).toBeNull()
    expect(tenantOf('/limits/acme')).toBeNull()
  })
})
