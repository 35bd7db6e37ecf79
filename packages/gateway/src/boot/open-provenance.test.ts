import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createReloader,
  fileStore,
  type Participant,
  type Reloader,
  type StateStore,
  systemClock,
} from '@changeover/reload'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createAttemptJournal } from '../control/attempt-journal.ts'
import { ownFile } from '../control/own-file.ts'
import { RecordingTelemetry } from '../server/test-gateway.ts'
import { settingsText } from '../settings/edit.ts'
import { settingsReader } from '../settings/reader.ts'
import { keepingTexts } from './keeping-texts.ts'
import { openProvenance, openTexts } from './open-provenance.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-provenance-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const starter = `routes:
  chat:
    targets:
      - model: small
        weight: 90
      - model: large
        weight: 10
`
const weight = '/routes/chat/targets/0/weight'

const all: Participant<string> = { kinds: ['routes', 'limits'], prepare: ({ version }) => version }

let open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open) await close()
  open = []
})

async function start(home: string, store: StateStore = fileStore(join(home, 'reload')), participant = all) {
  mkdirSync(home, { recursive: true })
  const telemetry = new RecordingTelemetry()
  const texts = openTexts(home, telemetry)
  const reloader: Reloader<{ all: string }> = createReloader({
    participants: { all: participant },
    store,
    read: keepingTexts(settingsReader({ bakeMs: 0 }), { texts, starter }),
    clock: systemClock,
    telemetry,
    limits: { burst: 1_000, debounceQuietMs: 0, bakeMs: 0 },
  })
  await reloader.start()
  const path = join(home, 'changeover.yaml')
  const source = {
    kind: 'file',
    place: 'changeover.yaml',
    own: ownFile(path, 'changeover.yaml', settingsText),
  }
  const journal = createAttemptJournal(reloader)
  const { provenance, stop } = openProvenance({ reloader, journal, texts, source })
  const close = async (): Promise<void> => {
    stop()
    journal.close()
    await reloader.close({ drainMs: 0 })
  }
  open.push(close)
  const offer = async (text: string, more: Readonly<Record<string, string>> = {}) => {
    writeFileSync(path, text)
    const receipt = await reloader.offer(Buffer.from(text), {
      trigger: 'file',
      source: 'changeover.yaml',
      mediaType: 'application/yaml',
      ...more,
    })
    if (receipt.outcome !== 'applied') throw new Error(JSON.stringify(receipt))
    await receipt.settled
    return receipt
  }
  const originOf = async (pointer: string, version = reloader.current()?.version ?? '') => {
    const settings = await reloader.settings(version)
    const found = await provenance.originsOf(version, settings ?? {}, [pointer])
    return found.get(pointer)
  }
  return { reloader, offer, originOf, close: () => (open = open.filter((it) => it !== close)) && close() }
}

describe('provenance', () => {
  it('names file, line, version, reload and author of a value, and of the first settings that they are such', async () => {
    const it = await start(join(folder, 'a'))
    await it.offer(starter)
    const second = await it.offer(`# more of large\n${starter.replace('90', '50')}`, {
      actor: 'ann',
      reason: 'large is cheaper now',
    })
    expect(await it.originOf(weight)).toMatchObject({
      kind: 'file',
      place: { file: 'changeover.yaml', line: 6 },
      change: {
        version: '1.2',
        author: 'ann',
        reason: 'large is cheaper now',
        attempt: second.attempt,
        traceId: second.traceId,
        trigger: 'file',
      },
    })
    // It stands one line lower by now.
    expect(await it.originOf('/routes/chat/targets/1/weight')).toMatchObject({
      kind: 'starter',
      place: { file: 'changeover.yaml', line: 8 },
      change: { version: '1.1' },
    })
    expect(await it.originOf(weight, '1.1')).toMatchObject({ kind: 'starter', place: { line: 5 } })
  })

  it('says the same after a restart', async () => {
    const home = join(folder, 'b')
    const first = await start(home)
    await first.offer(starter)
    await first.offer(starter.replace('90', '50'), { actor: 'ann', reason: 'why not' })
    await first.offer(starter.replace('90', '40'), { actor: 'bo' })
    const [before, old] = [await first.originOf(weight), await first.originOf(weight, '1.2')]
    await first.close()
    const again = await start(home)
    expect(await again.originOf(weight)).toEqual(before)
    expect(await again.originOf(weight, '1.2')).toEqual(old)
    expect(old).toMatchObject({ place: { line: 5 }, change: { author: 'ann', reason: 'why not' } })
  })

  it('keeps no text of what was refused: it may hold what is to be nowhere', async () => {
    const home = join(folder, 'refused')
    const refusing: Participant<string> = {
      ...all,
      validate: ({ settings }) =>
        JSON.stringify(settings).includes('secret') ? [{ code: 'x', message: 'no', pointer: '' }] : [],
    }
    const it = await start(home, fileStore(join(home, 'reload')), refusing)
    await it.offer(starter)
    await expect(it.offer(starter.replace('small', 'secret'))).rejects.toThrow('no')
    await it.offer(starter.replace('90', '50'))
    expect(await it.originOf(weight)).toMatchObject({ place: { line: 5 } })
    const texts = readdirSync(join(home, 'texts')).map((name) =>
      readFileSync(join(home, 'texts', name), 'utf8'),
    )
    expect(texts).toHaveLength(2)
    expect(texts.join('')).not.toContain('secret')
  })

  it('leads through a rollback to where the value was written', async () => {
    const it = await start(join(folder, 'c'))
    await it.offer(starter)
    await it.offer(starter.replace('90', '50'))
    const back = await it.reloader.rollback({
      trigger: 'admin_api',
      source: 'POST /v1/rollback',
      actor: 'cy',
    })
    if (back.outcome === 'applied') await back.settled
    expect(await it.originOf(weight)).toMatchObject({
      kind: 'api',
      place: { file: 'changeover.yaml', line: 5 },
      change: { version: '1.3', author: 'cy', restores: '1.1' },
      restored: { kind: 'starter', change: { version: '1.1' } },
    })
  })

  it('names the file for what was sent in its form, whatever the sender called it, and no line for anything else', async () => {
    const it = await start(join(folder, 'f'))
    await it.offer(starter)
    const sent = { trigger: 'cli', actor: 'ann' } as const
    await it.offer(starter.replace('90', '50'), { ...sent, source: 'patch' })
    await it.offer(JSON.stringify({ routes: { chat: { targets: [{ model: 'small', weight: 40 }] } } }), {
      ...sent,
      source: 'new.json',
      mediaType: 'application/json',
    })
    expect(await it.originOf(weight, '1.2')).toMatchObject({
      kind: 'api',
      place: { file: 'changeover.yaml', line: 5 },
    })
    writeFileSync(join(folder, 'f', 'changeover.yaml'), starter)
    expect(await it.originOf(weight)).toMatchObject({ kind: 'api', place: null, change: { author: 'ann' } })
  })

  it('calls a value that is written nowhere a default', async () => {
    const it = await start(join(folder, 'd'))
    await it.offer(starter)
    expect(await it.originOf('/routes/chat/strategy')).toMatchObject({ kind: 'default', place: null })
  })

  it('takes who approved from the audit log', async () => {
    const store = fileStore(join(folder, 'e', 'reload'))
    const it = await start(join(folder, 'e'), {
      ...store,
      readAudit: async (options) =>
        (await store.readAudit(options)).map((line) => ({ ...line, approvals: ['dee', 'eve'] })),
      putBlob: (digest, bytes) => store.putBlob(digest, bytes),
      readBlob: (digest) => store.readBlob(digest),
      sweep: (keep) => store.sweep(keep),
      readRecord: (name) => store.readRecord(name),
      writeRecord: (name, record) => store.writeRecord(name, record),
      clearRecord: (name) => store.clearRecord(name),
      appendAudit: (line) => store.appendAudit(line),
      close: () => store.close(),
    })
    await it.offer(starter)
    expect((await it.originOf(weight))?.change?.approvedBy).toEqual(['dee', 'eve'])
  })
})
