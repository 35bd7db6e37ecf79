/** A version that ends its process again and again, under a supervisor that starts it again and again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NodeScript } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MOST_CRASHES } from './kill/ledger.ts'
import type { Character, LifePlan, Operation, Said } from './kill/life.ts'

const victim = fileURLToPath(new URL('kill/victim.ts', import.meta.url))
const sound: Operation = {
  does: 'publish',
  wanted: { marker: 'sound', character: 'sound' },
  after: 'settle',
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changeover-crash-loop-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function live(directory: string, operations: readonly Operation[]): Promise<readonly Said[]> {
  const plan: LifePlan = { directory, operations, killAt: null, bakeMs: 300 }
  // Little, so that a version that takes all of it is soon done.
  const nodeFlags = ['--max-old-space-size=96']
  const script = new NodeScript(victim, { args: [JSON.stringify(plan)], nodeFlags })
  await script.ended
  return script.lines.filter((it) => it.startsWith('{"atMs"')).map((it) => JSON.parse(it) as Said)
}

const backOf = (said: readonly Said[]) => said.find((it) => it.kind === 'back')
const answersOf = (said: readonly Said[]) => said.filter((it) => it.kind === 'answered')

describe('a version that ends its process', () => {
  it.each([
    ['by a signal at the swap', 'kills'],
    ['by an exception that nobody catches', 'throws'],
    ['a while after the swap', 'exits'],
    ['by taking all memory', 'devours'],
  ] satisfies [string, Character][])(
    '%s is tried twice, and then the version before it serves',
    async (_, character) => {
      const directory = join(folder, character)
      const deadly: Operation = { does: 'publish', wanted: { marker: 'deadly', character }, after: 'settle' }
      const first = await live(directory, [sound, deadly])
      expect(first.at(-1)?.kind).not.toBe('idle')
      for (let crash = 2; crash <= MOST_CRASHES; crash += 1) {
        const again = await live(directory, [deadly])
        expect(backOf(again)).toMatchObject({ serving: { version: '1.1' }, quarantine: [] })
        expect(again.at(-1)?.kind).not.toBe('idle')
      }
      for (let start = 1; start <= 2; start += 1) {
        const after = await live(directory, [deadly, sound])
        expect(backOf(after)).toMatchObject({
          serving: { version: '1.1', markers: ['sound', 'sound', 'sound', 'sound'] },
          quarantine: [{ version: '1.2', reason: 'reload.crashed', count: MOST_CRASHES }],
        })
        expect(answersOf(after)).toMatchObject([
          { marker: 'deadly', outcome: 'unchanged', reason: 'quarantined' },
          { marker: 'sound', outcome: 'unchanged', reason: 'already_applied' },
        ])
        expect(after.at(-1)?.kind).toBe('idle')
      }
    },
  )
})
