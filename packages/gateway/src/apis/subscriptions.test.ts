import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Telemetry } from '@changeover/reload'
import { ManualClock } from '@changeover/testkit'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { openSubscriptions, type Subscriptions } from './subscriptions.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-apis-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const opened: Subscriptions[] = []
afterEach(() => {
  for (const it of opened.splice(0)) it.close()
})
let files = 0
const newPath = (): string => join(folder, `apis-${(files += 1)}.db`)
const clock = new ManualClock()
let logged: string[] = []
const telemetry = {
  logger: { log: (it: { readonly message: string }) => void logged.push(it.message) },
} as unknown as Telemetry

async function open(path = newPath()): Promise<Subscriptions> {
  const it = await openSubscriptions({ path, clock, telemetry })
  opened.push(it)
  return it
}

const asked = { api: 'sum', tenant: 'acme', key: 'acme/ci', note: 'for the shop' }
const decided = (to: 'approved' | 'refused' | 'revoked') =>
  ({ api: 'sum', tenant: 'acme', to, by: 'person:ann', reason: 'because' }) as const

describe('a subscription', () => {
  it('waits until somebody approves it, and ends when somebody revokes it', async () => {
    const book = await open()
    expect(book.stateOf('sum', 'acme')).toBeNull()
    expect((await book.ask(asked)).state).toBe('pending')
    expect((await book.decide(decided('approved'))).decidedBy).toBe('person:ann')
    expect(book.stateOf('sum', 'acme')).toBe('approved')
    expect(book.stateOf('sum', 'other')).toBeNull()
    expect(book.stateOf('other', 'acme')).toBeNull()
    await book.decide(decided('revoked'))
    expect(book.stateOf('sum', 'acme')).toBe('revoked')
  })

  it('is there after a restart, with every word that was said of it', async () => {
    const path = newPath()
    const book = await open(path)
    await book.ask(asked)
    await book.decide(decided('refused'))
    await book.ask({ ...asked, note: 'once more' })
    await book.decide(decided('approved'))
    const before = book.list()
    book.close()
    const again = await open(path)
    expect(again.list()).toEqual(before)
    expect(again.stateOf('sum', 'acme')).toBe('approved')
    const words = await again.history('sum', 'acme')
    expect(words.map((it) => [it.state, it.who, it.reason])).toEqual([
      ['pending', 'acme/ci', 'for the shop'],
      ['refused', 'person:ann', 'because'],
      ['pending', 'acme/ci', 'once more'],
      ['approved', 'person:ann', 'because'],
    ])
  })

  it('is asked for once: asking again says how it stands and writes nothing', async () => {
    const book = await open()
    await book.ask(asked)
    expect(await book.ask({ ...asked, note: 'louder' })).toMatchObject({ note: 'for the shop' })
    await book.decide(decided('approved'))
    expect((await book.ask(asked)).state).toBe('approved')
    expect(await book.history('sum', 'acme')).toHaveLength(2)
  })

  it('is decided only where there is something to decide', async () => {
    const book = await open()
    await expect(book.decide(decided('approved'))).rejects.toMatchObject({
      code: 'apis.no_such_subscription',
    })
    await book.ask(asked)
    await expect(book.decide(decided('revoked'))).rejects.toMatchObject({ code: 'apis.cannot_decide' })
    await book.decide(decided('approved'))
    await expect(book.decide(decided('approved'))).rejects.toMatchObject({ code: 'apis.cannot_decide' })
    expect(book.stateOf('sum', 'acme')).toBe('approved')
  })

  it('makes no file before the first is asked for', async () => {
    const path = newPath()
    const book = await open(path)
    expect(book.list()).toEqual([])
    expect(existsSync(path)).toBe(false)
    await book.ask(asked)
    expect(existsSync(path)).toBe(true)
  })

  it('is not guessed: while the file cannot be read nobody has one, and nothing is written over it', async () => {
    const path = newPath()
    const damaged = 'no database at all, and long enough to be taken for one'.repeat(100)
    writeFileSync(path, damaged)
    logged = []
    const book = await open(path)
    expect(logged).toEqual(['the subscriptions to APIs cannot be read; calls that need one are refused'])
    await expect(book.ask(asked)).rejects.toMatchObject({ code: 'apis.subscriptions_not_kept' })
    expect(book.stateOf('sum', 'acme')).toBeNull()
    expect(readFileSync(path, 'utf8')).toBe(damaged)
  })

  it('that cannot be written down is refused, and nothing has changed', async () => {
    const book = await open(join(folder, 'no', 'such', 'folder.db'))
    await expect(book.ask(asked)).rejects.toMatchObject({ code: 'apis.subscriptions_not_kept' })
    expect(book.stateOf('sum', 'acme')).toBeNull()
  })

  it('asked for many times at once is one', async () => {
    const book = await open()
    await Promise.all(Array.from({ length: 20 }, () => book.ask(asked)))
    expect(await book.history('sum', 'acme')).toHaveLength(1)
  })
})
