/**
 * Every setting, changed while requests run under it: what requests notice from then on, and that those which began
 * before notice nothing. The rows are in `rig/settings/`.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settingChanges, settingWorlds } from './rig/settings/list.ts'
import { Seen, type SettingChange, type SettingWorld, World } from './rig/settings/world.ts'

let starting: Promise<unknown> = Promise.resolve()

// Rows of one gateway follow each other; the gateways run beside each other, since most of the time is waited.
describe.concurrent.each(settingWorlds)('among settings of $name, a change of', (plan) => {
  let world: World

  beforeAll(async () => {
    world = await startInTurn(plan)
  }, 240_000)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
  })

  const rows = plan.changes.map((change, index) => ({ ...change, index }))

  it.each(rows)('$setting: $effect', { concurrent: false }, async (change) => {
    await seeChange(world, change, change.index)
  })
})

/** One after the other: each start keeps a core busy, and a gateway has half a minute for it. */
function startInTurn(plan: SettingWorld): Promise<World> {
  const start = () => World.start(plan)
  const started = starting.then(start, start)
  starting = started
  return started
}

async function seeChange(world: World, change: SettingChange, index: number): Promise<void> {
  const seen = new Seen(world, index)
  await world.prepare(change, index)
  const before = await world.gateway.version()
  const stream = change.streams === false ? null : await world.hold(index)
  try {
    expect(await change.see(seen), 'before').toEqual(change.was)
    const after = await world.apply(change, index)
    seen.isChanged = true
    expect(after).not.toBe(before)
    expect(await change.see(seen), 'after').toEqual(change.becomes)
    if (stream === null) return
    const chunks = stream.contents.length
    await stream.chunks(chunks + 3)
    expect([stream.version, stream.end]).toEqual([before, null])
  } finally {
    stream?.leave()
  }
}

describe('settings', () => {
  it('have each a row here, unless they only hold other settings', () => {
    const reference = readFileSync(new URL('../../docs/reference/settings.md', import.meta.url), 'utf8')
    const known = [...reference.matchAll(/^`(\/[^`]*)` \|/gm)].map(([, it = '']) => it)
    const listed = settingChanges.map((it) => it.setting)
    const wanted = known.filter((it) => !known.some((other) => other.startsWith(`${it}/`)))
    expect(wanted.length).toBeGreaterThan(150)
    expect(wanted.filter((it) => !listed.includes(it))).toEqual([])
    expect(listed.filter((it) => !known.includes(it))).toEqual([])
    expect(listed.filter((it, i) => listed.indexOf(it) !== i)).toEqual([])
  })
})
