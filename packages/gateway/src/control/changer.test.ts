import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json, Origin, Receipt, Reloader, Snapshot } from '@changeover/reload'
import { afterAll, describe, expect, it } from 'vitest'
import { settingsText } from '../settings/edit.ts'
import { type Changer, createChanger } from './changer.ts'
import { ownFile } from './own-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-changer-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const origin: Origin = { trigger: 'admin_api', source: 'test' }
const starter = 'models:\n  small: { provider: sim }\n'
const weigh = (retries: number) => (): Json => ({
  models: { small: { provider: 'sim', model: `m${retries}` } },
})

interface World {
  readonly changer: Changer
  readonly path: string
  /** What the engine was asked, in order: texts that were offered, and readings that were passed on. */
  readonly asked: string[]
  /** How often a text was parsed. */
  readonly counts: { reads: number }
  /** What the file's handle does when it has read the file. */
  readFile(again?: boolean): Promise<Receipt>
}

let worlds = 0

/** An engine that takes everything at once, and what comes under one key once. */
function world(): World {
  const path = join(folder, `${worlds++}.yaml`)
  writeFileSync(path, starter)
  const asked: string[] = []
  const counts = { reads: 0 }
  let seq = 1
  const snapshotOf = (text: string) =>
    ({
      version: `1.${seq}`,
      settings: Object.freeze(settingsText.read(Buffer.from(text), path)),
    }) as Snapshot<unknown>
  let current = snapshotOf(starter)
  const answered = new Map<string, Receipt>()
  const offer = async (bytes: Uint8Array, by: Origin): Promise<Receipt> => {
    const known = answered.get(by.idempotencyKey ?? '')
    if (known !== undefined) return known
    const receipt = await take(bytes, by)
    if (by.idempotencyKey !== undefined) answered.set(by.idempotencyKey, receipt)
    return receipt
  }
  const take = async (bytes: Uint8Array, by: Origin): Promise<Receipt> => {
    const text = Buffer.from(bytes).toString()
    asked.push(`${by.trigger}: ${text}`)
    await Promise.resolve()
    const previous = current.version
    seq++
    current = snapshotOf(text)
    return {
      outcome: 'applied',
      attempt: 'rl_1',
      traceId: '',
      version: current.version,
      digest: '',
      previous,
      changedParameters: [],
      settled: new Promise(() => undefined),
    }
  }
  const reloader = {
    current: () => current,
    pointers: () => ({ applied: null, baseline: null, candidate: null }),
    baseFor: () => current,
    offer,
  } as unknown as Reloader<unknown>
  const text = {
    ...settingsText,
    read: (bytes: Uint8Array, of: string) => {
      counts.reads++
      return settingsText.read(bytes, of)
    },
  }
  const telemetry = { logger: { log: () => undefined } } as never
  const changer = createChanger({
    reloader,
    source: { kind: 'file', place: 'x.yaml', own: ownFile(path, 'x.yaml', text) },
    telemetry,
  })
  return {
    changer,
    path,
    asked,
    counts,
    readFile: (again) => {
      const bytes = readFileSync(path)
      return changer.offerRead(bytes, () => offer(bytes, { trigger: 'file', source: path }), again)
    },
  }
}

describe('what the handle of the own file reads', () => {
  it('is no offer when a change has just written it', async () => {
    const { changer, readFile, asked } = world()
    await changer.patch(weigh(2), origin)
    expect(await readFile()).toMatchObject({ outcome: 'unchanged', version: '1.2' })
    expect(asked).toHaveLength(1)
  })

  it('is an offer when it was read a second time, or is asked for again', async () => {
    const { changer, readFile, asked } = world()
    await changer.patch(weigh(2), origin)
    await readFile(true)
    await changer.patch(weigh(3), origin)
    await readFile()
    await readFile()
    expect(asked.map((it) => it.split(':')[0])).toEqual(['admin_api', 'file', 'admin_api', 'file'])
  })

  it('is an offer when somebody else wrote it, and when they put back what we had written', async () => {
    const { changer, path, readFile, asked } = world()
    await changer.patch(weigh(2), origin)
    const ours = readFileSync(path)
    writeFileSync(path, `${starter}# edited\n`)
    await readFile()
    writeFileSync(path, ours)
    expect(await readFile()).toMatchObject({ outcome: 'applied' })
    expect(asked).toHaveLength(3)
  })

  it('is dropped when the file holds something else by now', async () => {
    const { changer, path, asked } = world()
    const bytes = readFileSync(path)
    writeFileSync(path, `${starter}# edited\n`)
    const receipt = await changer.offerRead(bytes, () => Promise.reject(new Error('offered')))
    expect(receipt).toMatchObject({ outcome: 'superseded' })
    expect(asked).toEqual([])
  })

  it('is offered before the change that was asked for after it, and not while one is under way', async () => {
    const { changer, path, readFile, asked } = world()
    const first = changer.patch(weigh(2), origin)
    const read = readFile()
    const second = changer.patch(weigh(3), origin)
    // The reading was of the text before the first change: it is dropped, not offered in between.
    expect((await read).outcome).toBe('superseded')
    expect((await Promise.all([first, second])).map((it) => it.receipt.outcome)).toEqual([
      'applied',
      'applied',
    ])
    expect(asked.every((it) => it.startsWith('admin_api'))).toBe(true)
    expect(readFileSync(path, 'utf8')).toContain('m3')
  })

  it('does not hold up changes while its offer waits for an answer', async () => {
    const { changer, path } = world()
    const bytes = readFileSync(path)
    const never = changer.offerRead(bytes, () => new Promise<Receipt>(() => undefined))
    expect((await changer.patch(weigh(2), origin)).receipt.outcome).toBe('applied')
    expect(await Promise.race([never, Promise.resolve('waits')])).toBe('waits')
  })
})

describe('the own file', () => {
  it('is left alone when a change is answered as it was before, and other settings are in force by now', async () => {
    const { changer, path } = world()
    const keyed = { ...origin, idempotencyKey: 'k' }
    await changer.patch(weigh(2), keyed)
    await changer.patch(weigh(3), origin)
    const held = readFileSync(path, 'utf8')
    expect(await changer.patch(weigh(2), keyed)).toMatchObject({ receipt: { version: '1.2' }, file: null })
    expect(readFileSync(path, 'utf8')).toBe(held)
  })

  it('is not parsed again to know that it says what is in force', async () => {
    const { changer, counts } = world()
    await changer.patch(weigh(2), origin)
    expect(counts.reads).toBe(1)
    for (const it of [3, 4, 5]) await changer.patch(weigh(it), origin)
    expect(counts.reads).toBe(1)
  })

  it('is parsed again when somebody else wrote it', async () => {
    const { changer, counts, path } = world()
    await changer.patch(weigh(2), origin)
    writeFileSync(path, `# ours\n${readFileSync(path, 'utf8')}`)
    await changer.patch(weigh(3), origin)
    expect(counts.reads).toBe(2)
    expect(readFileSync(path, 'utf8')).toContain('# ours')
    writeFileSync(path, starter)
    await expect(changer.patch(weigh(4), origin)).rejects.toMatchObject({ code: 'settings.file_changed' })
  })
})
