/**
 * State that lasts as long as the process: for tests, and for services that start from a file anyway.
 *
 * Keeps copies and hands out copies, as a disk would: what a caller does to its bytes or records afterwards
 * is not in the store.
 */
import type { AuditLine, InstanceRecords, RecordName, StateStore } from '../contract/store.ts'

export function memoryStore(): StateStore {
  const blobs = new Map<string, Uint8Array>()
  const records = new Map<RecordName, string>()
  const audit: AuditLine[] = []
  return {
    kind: 'memory',
    async putBlob(digest, bytes) {
      if (!blobs.has(digest)) blobs.set(digest, copyOf(bytes))
    },
    async readBlob(digest) {
      const bytes = blobs.get(digest)
      return bytes === undefined ? null : copyOf(bytes)
    },
    async sweep(keep) {
      for (const digest of blobs.keys()) if (!keep.has(digest)) blobs.delete(digest)
    },
    async readRecord<K extends RecordName>(name: K): Promise<InstanceRecords[K] | null> {
      return JSON.parse(records.get(name) ?? 'null') as InstanceRecords[K] | null
    },
    async writeRecord(name, record) {
      records.set(name, JSON.stringify(record))
    },
    async clearRecord(name) {
      records.delete(name)
    },
    async appendAudit(line) {
      audit.push(structuredClone(line))
    },
    async readAudit(options = {}) {
      return structuredClone(options.limit === undefined ? audit : newest(audit, options.limit))
    },
    async close() {},
  }
}

/** `slice` of a `Buffer` is a view of it, not a copy. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function newest(lines: readonly AuditLine[], limit: number): readonly AuditLine[] {
  return limit > 0 ? lines.slice(-limit) : []
}
