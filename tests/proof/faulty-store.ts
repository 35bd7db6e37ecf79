/**
 * A disk that outlives the process: what was written stays, writes can fail, and the power can go at any
 * write, before or after it took effect. A process that has died can touch it no more.
 */
import type { AuditLine, InstanceRecords, RecordName, StateStore } from '@changeover/reload'

export class Disk {
  readonly blobs: Map<string, Uint8Array> = new Map()
  readonly records: Map<RecordName, string> = new Map()
  readonly lines: AuditLine[] = []
  /** Every value the floor ever had, oldest first. */
  readonly floors: string[] = []
  failWrites = 0
  /** The power goes at this write from now (1 is the next); 0 means it stays. */
  dieAtWrite = 0
  dieAfter = false
  writes = 0
}

export class FaultyStore implements StateStore {
  readonly kind = 'faulty'
  alive = true
  private readonly disk: Disk
  private readonly touched: () => Promise<void>

  constructor(disk: Disk, touched: () => Promise<void>) {
    this.disk = disk
    this.touched = touched
  }

  putBlob(digest: string, bytes: Uint8Array): Promise<void> {
    return this.write(() => void this.disk.blobs.set(digest, Uint8Array.from(bytes)))
  }

  readBlob(digest: string): Promise<Uint8Array | null> {
    return this.read(() => copyOf(this.disk.blobs.get(digest)))
  }

  sweep(keep: ReadonlySet<string>): Promise<void> {
    return this.write(() => {
      for (const digest of this.disk.blobs.keys()) if (!keep.has(digest)) this.disk.blobs.delete(digest)
    })
  }

  readRecord<K extends RecordName>(name: K): Promise<InstanceRecords[K] | null> {
    return this.read(() => JSON.parse(this.disk.records.get(name) ?? 'null') as InstanceRecords[K] | null)
  }

  writeRecord<K extends RecordName>(name: K, record: InstanceRecords[K]): Promise<void> {
    return this.write(() => {
      this.disk.records.set(name, JSON.stringify(record))
      if (name === 'floor') this.disk.floors.push((record as InstanceRecords['floor']).version)
    })
  }

  clearRecord(name: RecordName): Promise<void> {
    return this.write(() => void this.disk.records.delete(name))
  }

  appendAudit(line: AuditLine): Promise<void> {
    return this.write(() => void this.disk.lines.push(structuredClone(line)))
  }

  readAudit(options: { limit?: number } = {}): Promise<readonly AuditLine[]> {
    return this.read(() => this.disk.lines.slice(options.limit === undefined ? 0 : -options.limit))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  private async read<T>(take: () => T): Promise<T> {
    if (!this.alive) return never()
    await this.touched()
    return this.alive ? take() : never()
  }

  private async write(put: () => void): Promise<void> {
    if (!this.alive) return never()
    await this.touched()
    if (!this.alive) return never()
    this.disk.writes += 1
    if (this.disk.dieAtWrite > 0) {
      this.disk.dieAtWrite -= 1
      if (this.disk.dieAtWrite === 0) {
        if (this.disk.dieAfter) put()
        this.alive = false
        return never()
      }
    }
    if (this.disk.failWrites > 0) {
      this.disk.failWrites -= 1
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    put()
    await this.touched()
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}

/** A copy of its own: of a Buffer, `slice` would be a view. */
function copyOf(bytes: Uint8Array | undefined): Uint8Array | null {
  return bytes === undefined ? null : Uint8Array.from(bytes)
}
