/**
 * What every `StateStore` owes the engine, as tests. A new store is finished when they pass.
 *
 * Not here: what a store does when its disk fails or its power goes; that is each store's own test.
 */
import { createHash } from 'node:crypto'
import type { AuditLine, StateStore } from '@changeover/reload'
import { expect } from 'vitest'
import { type Conformance, declareSuite } from './declare-suite.ts'

export interface StoreUnderTest {
  readonly store: StateStore
  /** Opens the same state again, after `store` was closed. */
  reopen(): Promise<StateStore>
  dispose(): Promise<void>
}

export type StoreConformance = Conformance<StoreUnderTest>

type Case = (under: StoreUnderTest) => Promise<void>

/** Declares the suite for one store. */
export function storeConformance(it: StoreConformance): void {
  declareSuite('a store', cases, it)
}

const cases: Record<string, Case> = {
  'has nothing at first': async ({ store }) => {
    expect(await store.readRecord('floor')).toBeNull()
    expect(await store.readBlob(digestOf('absent'))).toBeNull()
    expect(await store.readAudit()).toEqual([])
  },

  'gives back the bytes of a blob, exactly': async ({ store }) => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256)
    await store.putBlob(digestOf(bytes), bytes)
    expect(Buffer.from((await store.readBlob(digestOf(bytes))) ?? []).equals(bytes)).toBe(true)
  },

  'takes an empty blob for a blob': async ({ store }) => {
    await store.putBlob(digestOf(''), new Uint8Array())
    expect(await store.readBlob(digestOf(''))).toHaveLength(0)
  },

  'takes the same blob twice': async ({ store }) => {
    const bytes = Buffer.from('twice')
    await Promise.all([store.putBlob(digestOf(bytes), bytes), store.putBlob(digestOf(bytes), bytes)])
    expect(textOf(await store.readBlob(digestOf(bytes)))).toBe('twice')
  },

  'keeps its own copy of bytes and records': async ({ store }) => {
    const bytes = Buffer.from('mine')
    const digest = digestOf(bytes)
    const line = [lineEntry('1.1')]
    const written = [store.putBlob(digest, bytes), store.writeRecord('line', line)]
    line.push(lineEntry('1.2'))
    await Promise.all(written)
    bytes.fill(0)
    expect(textOf(await store.readBlob(digest))).toBe('mine')
    const read = (await store.readRecord('line')) as unknown as unknown[]
    read.push('not in the store')
    expect((await store.readRecord('line'))?.map((it) => it.version)).toEqual(['1.1'])
  },

  'knows which blobs it has, where it can tell': async ({ store }) => {
    await store.putBlob(digestOf('there'), Buffer.from('there'))
    if (store.hasBlob === undefined) return
    for (let again = 0; again < 2; again += 1) {
      expect(await store.hasBlob(digestOf('there'))).toBe(true)
      expect(await store.hasBlob(digestOf('absent'))).toBe(false)
    }
    await store.sweep(new Set())
    expect(await store.hasBlob(digestOf('there'))).toBe(false)
  },

  'sweeps all blobs but those it is told to keep': async ({ store }) => {
    for (const text of ['a', 'b', 'c']) await store.putBlob(digestOf(text), Buffer.from(text))
    await store.sweep(new Set([digestOf('b'), digestOf('never written')]))
    const left = await Promise.all(['a', 'b', 'c'].map((text) => store.readBlob(digestOf(text))))
    expect(left.map(textOf)).toEqual([null, 'b', null])
  },

  'gives back the last record written under a name': async ({ store }) => {
    await store.writeRecord('floor', { version: '1.1', digest: digestOf('1') })
    await store.writeRecord('floor', { version: '1.2', digest: digestOf('2') })
    await store.writeRecord('applied', { version: '1.1', digest: digestOf('1') })
    expect(await store.readRecord('floor')).toEqual({ version: '1.2', digest: digestOf('2') })
    expect(await store.readRecord('applied')).toEqual({ version: '1.1', digest: digestOf('1') })
    expect(await store.readRecord('baseline')).toBeNull()
  },

  'keeps every character of a record': async ({ store }) => {
    const entry = {
      ...lineEntry('1.1'),
      reason: 'quote " backslash \\ newline \n snowman ☃ pair 🎬',
      author: '',
    }
    await store.writeRecord('line', [entry])
    expect(await store.readRecord('line')).toEqual([entry])
  },

  'keeps the line of roots, exactly, also when it is opened again': async ({ store, reopen }) => {
    const chain = ['{"payload":"MQ==","signatures":[]}', '{"reason":"\\"root\\":\\n ☃"}']
    const root = { version: 2, digest: digestOf('2'), chain }
    await store.writeRecord('root', { ...root, version: 1, chain: chain.slice(0, 1) })
    await store.writeRecord('root', root)
    await store.writeRecord('floor', { version: '1.1', digest: digestOf('1') })
    await store.close()
    const again = await reopen()
    expect(await again.readRecord('root')).toEqual(root)
    expect(await again.readRecord('floor')).toMatchObject({ version: '1.1' })
  },

  'clears a record, also one that is not there': async ({ store }) => {
    const intent = {
      version: '1.1',
      digest: digestOf('1'),
      attempts: 1,
      traceId: '',
      spanId: '',
      attempt: 'rl_1',
    }
    await store.writeRecord('intent', intent)
    await store.clearRecord('intent')
    await store.clearRecord('intent')
    expect(await store.readRecord('intent')).toBeNull()
  },

  'lets writes take effect in the order in which they were made': async ({ store }) => {
    const written = Array.from({ length: 20 }, (_, i) =>
      store.writeRecord('floor', { version: `1.${i}`, digest: digestOf(String(i)) }),
    )
    await Promise.all(written)
    expect((await store.readRecord('floor'))?.version).toBe('1.19')
  },

  'reads the audit oldest first, and the newest lines when limited': async ({ store }) => {
    await Promise.all(['a', 'b', 'c'].map((attempt) => store.appendAudit(auditLine(attempt))))
    const read = async (limit?: number) =>
      (await store.readAudit(limit === undefined ? {} : { limit })).map((it) => it.attempt)
    expect(await read()).toEqual(['a', 'b', 'c'])
    expect(await read(2)).toEqual(['b', 'c'])
    expect(await read(9)).toEqual(['a', 'b', 'c'])
    expect(await read(0)).toEqual([])
    expect(await store.readAudit({ limit: 1 })).toEqual([auditLine('c')])
  },

  'closes twice as once': async ({ store }) => {
    await store.writeRecord('floor', { version: '1.1', digest: digestOf('1') })
    await store.close()
    await store.close()
  },

  'has everything again when it is opened again': async ({ store, reopen }) => {
    await store.putBlob(digestOf('blob'), Buffer.from('blob'))
    await store.writeRecord('floor', { version: '1.1', digest: digestOf('1') })
    await store.writeRecord('applied', { version: '1.1', digest: digestOf('1') })
    await store.clearRecord('applied')
    await store.appendAudit(auditLine('a'))
    await store.close()
    const again = await reopen()
    expect(textOf(await again.readBlob(digestOf('blob')))).toBe('blob')
    expect(await again.readRecord('floor')).toEqual({ version: '1.1', digest: digestOf('1') })
    expect(await again.readRecord('applied')).toBeNull()
    await again.appendAudit(auditLine('b'))
    expect((await again.readAudit()).map((it) => it.attempt)).toEqual(['a', 'b'])
    await again.close()
  },
}

/** An audit line like any other. Its chain is the engine's business and means nothing here. */
export function auditLine(attempt: string): AuditLine {
  return {
    at: '2026-01-01T00:00:00.000Z',
    event: 'config.reload.completed',
    attempt,
    scope: 'default',
    who: 'user:bo',
    trigger: 'file',
    source: 'settings.yaml',
    from: null,
    to: '1.1',
    digest: digestOf('1'),
    status: 'success',
    reason: '',
    changedParameters: ['/routes/main'],
    traceId: '0'.repeat(32),
    spanId: '0'.repeat(16),
    previous: '0'.repeat(64),
    hash: '0'.repeat(64),
  }
}

function lineEntry(version: string) {
  return {
    version,
    digest: digestOf(version),
    author: 'user:bo',
    reason: 'test',
    issuedAt: '2026-01-01T00:00:00.000Z',
    restores: null,
  }
}

function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}
