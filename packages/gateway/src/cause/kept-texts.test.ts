import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openKeptTexts } from './kept-texts.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-texts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fail = (error: unknown): never => {
  throw error
}
const text = (it: string) => ({ source: 'changeover.yaml', text: it })

describe('kept texts', () => {
  it('are found again by another process, once a version has come of them', async () => {
    const place = join(folder, 'again')
    const first = openKeptTexts(place, fail)
    const [kept, dropped] = [first.hold(text('a: 1')), first.hold(text('b: 2'))]
    await first.keep(kept)
    const again = openKeptTexts(place, fail)
    expect(await again.find(kept)).toEqual(text('a: 1'))
    expect(await again.find(dropped)).toBeNull()
    expect(await first.find(dropped)).toEqual(text('b: 2'))
  })

  it('are not believed when they are not what they were', async () => {
    const place = join(folder, 'damaged')
    const first = openKeptTexts(place, fail)
    const digest = first.hold(text('a: 1'))
    await first.keep(digest)
    const [name = ''] = readdirSync(place)
    writeFileSync(join(place, name), JSON.stringify(text('a: 2')))
    expect(await openKeptTexts(place, fail).find(digest)).toBeNull()
    writeFileSync(join(place, name), '{')
    expect(await openKeptTexts(place, fail).find(digest)).toBeNull()
  })

  it('are bounded: the oldest go', async () => {
    const place = join(folder, 'many')
    const texts = openKeptTexts(place, fail)
    for (let i = 0; i < 140; i += 1) await texts.keep(texts.hold(text(`a: ${i}`)))
    expect(readdirSync(place)).toHaveLength(128)
    expect(await texts.find(texts.hold(text('a: 139')))).toEqual(text('a: 139'))
  })

  it('tell of what cannot be written, and know it no more', async () => {
    const place = join(folder, 'file')
    writeFileSync(place, '')
    const failures: unknown[] = []
    const texts = openKeptTexts(place, (error) => failures.push(error))
    const digest = texts.hold(text('a: 1'))
    await texts.keep(digest)
    expect(failures).toHaveLength(1)
    expect(await openKeptTexts(place, fail).find(digest)).toBeNull()
  })
})
