import { createReloader, type Manifest, type Participant } from '@changeover/reload'
import { expect, it } from 'vitest'
import { overrideInForce, readOverrideMs } from './override.ts'

it.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['168h', 604_800_000],
])('%s is a time', (text, ms) => expect(readOverrideMs(text)).toBe(ms))

it.each(['', '0s', '15', '15 m', '-1m', '1d', '169h', '1.5h', '9999999h', 'soon'])('"%s" is none', (text) => {
  expect(() => readOverrideMs(text)).toThrow('a time such as 90s, 15m or 2h')
})

const origin = { trigger: 'admin_api', source: 'test', actor: 'admin' } as const

it('is found by what the version in force says of itself', async () => {
  const participant: Participant<number> = { kinds: ['numbers'], prepare: () => 1 }
  const reloader = createReloader({ participants: { participant }, limits: { bakeMs: 0 } })
  const publish = (one: number, serveTtlMs: number | null) =>
    reloader.publish({ settings: { numbers: { one } }, serveTtlMs, reason: `one is ${one}` }, origin)
  try {
    expect(overrideInForce(reloader)).toBeNull()
    await publish(1, null)
    expect(overrideInForce(reloader)).toBeNull()
    await publish(2, 60_000)
    const { since = 0 } = reloader.current() ?? {}
    expect(overrideInForce(reloader)).toEqual({
      version: '1.2',
      until: since + 60_000,
      back: '1.1',
      author: 'admin',
      reason: 'one is 2',
    })
    const manifest = JSON.parse(
      new TextDecoder().decode((await reloader.manifest('1.2')) ?? undefined),
    ) as Manifest
    expect(manifest.serveTtlMs).toBe(60_000)
    await reloader.rollback(origin)
    expect(overrideInForce(reloader)).toBeNull()
  } finally {
    await reloader.close()
  }
})
