/**
 * Every setting of routes and models, changed while requests run under it: what requests notice from then on, and that
 * those which began before notice nothing. The rows are in `rig/settings/`.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settingChanges } from './rig/settings/list.ts'
import { Seen, World } from './rig/settings/world.ts'

let world: World

beforeAll(async () => {
  world = await World.start(settingChanges)
}, 60_000)
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
})

const rows = settingChanges.map((change, index) => ({ ...change, index }))

describe('a change of', () => {
  it.each(rows)('$setting: $effect', async (change) => {
    const { index } = change
    const seen = new Seen(world, index)
    const before = await world.gateway.version()
    const stream = change.streams === false ? null : await world.hold(index)
    try {
      expect(await change.see(seen), 'before').toEqual(change.was)
      const after = await world.apply(change, index)
      expect(after).not.toBe(before)
      expect(await change.see(seen), 'after').toEqual(change.becomes)
      if (stream === null) return
      const chunks = stream.contents.length
      await stream.chunks(chunks + 3)
      expect([stream.version, stream.end]).toEqual([before, null])
    } finally {
      stream?.leave()
    }
  })
})

describe('the settings of routes and models', () => {
  it('have each a row here', () => {
    const reference = readFileSync(new URL('../../docs/reference/settings.md', import.meta.url), 'utf8')
    const known = [...reference.matchAll(/^`(\/[^`]*)` \|/gm)].map(([, it = '']) => it)
    const wanted = known.filter((it) => /^\/(?:routes|models)\//.test(it))
    const listed = new Set(settingChanges.map((it) => it.setting))
    expect(wanted.filter((it) => !listed.has(it))).toEqual([])
    expect([...listed].filter((it) => !known.includes(it))).toEqual([])
  })
})
