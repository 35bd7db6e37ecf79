import type { SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import type { CallRecord } from '../contract/call.ts'
import { testCall } from '../contract/test-call.ts'
import type { Provenance } from './provenance.ts'
import type { ShareSince } from './reload-facts.ts'
import { explainCall } from './why.ts'

const route = (weight: number): SettingsTree => ({
  routes: {
    chat: {
      targets: [
        { model: 'fast', weight },
        { model: 'careful', weight: 10 },
      ],
    },
  },
})

interface Asked {
  readonly share?: number
  readonly candidate?: string
  readonly settings?: SettingsTree | null
  readonly now?: SettingsTree
}

function explain(call: CallRecord, more: Asked) {
  const shared: ShareSince | null =
    more.share === undefined ? null : { rollout: 'sha256:1', since: 0, step: 0, share: more.share }
  const provenance: Provenance = {
    originsOf: (_version, _settings, pointers) =>
      Promise.resolve(
        new Map(
          pointers.map((pointer) => [
            pointer,
            { pointer, kind: 'file', place: null, change: null, restored: null, heldSince: null },
          ]),
        ),
      ),
    step: () => Promise.resolve(null),
    shareAt: () => Promise.resolve(shared),
    broughtBetween: () => Promise.resolve([]),
  }
  return explainCall(
    {
      provenance,
      versionOf: () => more.candidate ?? null,
      settings: () => Promise.resolve(more.settings === undefined ? route(90) : more.settings),
      inForce: () => ({ version: '1.9', settings: more.now ?? route(90) }),
      describe: (_before, _after, found) =>
        found.map(({ pointer, before, after }) => ({
          text: `${pointer}: ${String(before)} to ${String(after)}`,
          pointers: [pointer],
        })),
    },
    call,
  )
}

const split = { rollout: 'sha256:1', unit: 'tenant', cohort: 312 } as const

describe('why a call went as it did', () => {
  it('says which version answered, and by what share and point of the caller', async () => {
    const says = async (more: Partial<CallRecord>, share?: number) =>
      (await explain(testCall(more), { candidate: '1.3', ...(share === undefined ? {} : { share }) })).version
        .says
    expect(await says({})).toBe('1.2 was in force, for everybody')
    expect(await says({ ...split, role: 'candidate' }, 0.05)).toBe(
      '1.2 was on trial with 5 % of the traffic, by tenant: tenant acme falls on 312 of 10000, below 500',
    )
    expect(await says({ ...split, role: 'current' }, 0.01)).toBe(
      '1.2 was in force, while 1.3 was on trial with 1 % of the traffic, by tenant: ' +
        'tenant acme falls on 312 of 10000, not below 100',
    )
    expect(await says({ ...split, role: 'candidate' })).toBe(
      '1.2 was on trial with a share of the traffic, by tenant: tenant acme falls on 312 of 10000',
    )
    expect(await says({ version: '' })).toBe('no settings were in force yet')
  })

  it('names each value that decided, and what of it is different now', async () => {
    const { steps, now } = await explain(testCall(), { now: route(50) })
    expect(steps.find((it) => it.about === 'choice')?.values.map((it) => it.value)).toEqual([
      'fast',
      90,
      'careful',
      10,
    ])
    expect(now).toMatchObject({
      version: '1.9',
      says: '1.9 is in force; of what decided, one thing is different',
      changes: [{ says: '/routes/chat/targets/0/weight: 90 to 50' }],
    })
  })

  it('leaves out what is different and decided nothing', async () => {
    const other = { ...route(90), limits: { std: { requests: 1, perMs: 1 } } }
    const { now } = await explain(testCall(), { now: other })
    expect(now).toMatchObject({ says: '1.9 is in force; nothing that decided is different', changes: [] })
  })

  it('says that settings are not kept any more, and then names no values', async () => {
    const { version, steps, now } = await explain(testCall(), { settings: null })
    expect(version.isKept).toBe(false)
    expect(steps.flatMap((it) => it.values)).toEqual([])
    expect(now?.says).toBe('1.9 is in force; what is different cannot be said')
  })
})
