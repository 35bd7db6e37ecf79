/** Folders on the way to a secret that are exchanged between the look and the reading, as whoever may write there can do. */
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { createSecrets } from './secrets.ts'

/** What happens once somebody has looked where the secret is. */
let looked: (path: unknown) => void = () => undefined

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const realpath = async (path: string): Promise<string> => {
    const found = await real.realpath(path)
    looked(path)
    return found
  }
  return { ...real, realpath }
})

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'changeover-exchanged-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const state = join(folder, 'state')
const team = join(folder, 'team')
const path = join(team, 'admin-token')
const reference = `\${file:${path}}`

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(state, { recursive: true })
  mkdirSync(team)
  writeFileSync(join(state, 'admin-token'), 'co_of-the-owner')
  writeFileSync(path, 'harmless')
  looked = () => undefined
})

function secrets() {
  return createSecrets({
    env: {},
    redactor: { add: () => undefined },
    own: { environment: [], directory: state },
  })
}

it('reads what is where it was looked at', async () => {
  const values = secrets()
  expect(await values.resolve([reference])).toEqual([])
  expect(values.fill(reference)).toBe('harmless')
})

it.each([
  ['the folder that it is in', () => (renameSync(team, `${team}.old`), symlinkSync(state, team))],
  ['the file', () => (rmSync(path), symlinkSync(join(state, 'admin-token'), path))],
])('reads nothing of its own where %s leads there by now', async (_, exchange) => {
  looked = (at) => {
    if (at !== path) return
    looked = () => undefined
    exchange()
  }
  const values = secrets()
  expect(await values.resolve([reference])).toMatchObject([{ reference }])
  expect(() => values.fill(reference)).toThrow('names nothing')
})
