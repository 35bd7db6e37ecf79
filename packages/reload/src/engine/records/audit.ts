/**
 * The audit log: one line when work on an attempt begins, one when the attempt has ended, chained by hash.
 *
 * The line that opens an attempt is written before anything is done, or the attempt is refused. The line that
 * ends it comes after the fact and cannot stop anything, so it waits its turn until the store takes it; lines
 * are never written out of order, for each holds the hash of the one before.
 *
 * A line may have to come after the records that it speaks of: a baseline that was being written when its version was
 * taken back or overtaken is put right before the line says so. Else a crash in between would leave a baseline that
 * its own log calls superseded.
 *
 * Not here: reading and checking old lines (`StateStore.readAudit`, the control plane).
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../contract/clock.ts'
import type { AuditLine, StateStore } from '../../contract/store.ts'
import { ReloadError } from '../../errors.ts'
import { Retrying } from './retrying.ts'

export type AuditEntry = Omit<AuditLine, 'previous' | 'hash'>

/** What the first line names as the one before it. */
export const NO_LINE = '0'.repeat(64)

interface Waiting {
  readonly entry: AuditEntry
  /** Resolves when it may be written; rejects when not yet. */
  readonly after: () => Promise<void>
}

const AT_ONCE = (): Promise<void> => Promise.resolve()

/** Lines kept for a store that takes none. Beyond it the oldest go: the newest say what is. */
const MOST_WAITING = 1_000

export class AuditChain {
  private readonly store: StateStore
  private readonly failed: (error: unknown) => void
  private readonly retrying: Retrying
  private readonly waiting: Waiting[] = []
  private lastHash = NO_LINE
  private turn: Promise<void> = Promise.resolve()

  constructor(store: StateStore, clock: Clock, failed: (error: unknown) => void) {
    this.store = store
    this.failed = failed
    this.retrying = new Retrying(clock, () => void this.flush())
  }

  /** Continues the chain of an earlier process. */
  continueFrom(last: AuditLine | undefined): void {
    this.lastHash = last?.hash ?? NO_LINE
  }

  /** Writes a line now, after those that wait. Throws `store.failed` when it cannot be written. */
  async write(entry: AuditEntry): Promise<void> {
    try {
      await this.inTurn(async () => {
        await this.sendWaiting()
        await this.send(entry)
      })
    } catch (cause) {
      throw new ReloadError('store.failed', { what: 'the audit line' }, { cause })
    }
  }

  /** Writes a line as soon as the store takes it, and what it has to come `after` is written. */
  add(entry: AuditEntry, after: () => Promise<void> = AT_ONCE): void {
    this.waiting.push({ entry, after })
    if (this.waiting.length > MOST_WAITING) this.waiting.shift()
    void this.flush()
  }

  /** Resolves when the lines that were added have been tried. */
  async tried(): Promise<void> {
    await this.turn
  }

  /** Tries once more to write what waits, and gives up the rest. */
  async close(): Promise<void> {
    await this.flush()
    this.retrying.stop()
  }

  private async flush(): Promise<void> {
    try {
      await this.inTurn(() => this.sendWaiting())
      this.retrying.stop()
    } catch (error) {
      this.failed(error)
      this.retrying.later()
    }
  }

  private async sendWaiting(): Promise<void> {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      await next.after()
      await this.send(next.entry)
      if (this.waiting[0] === next) this.waiting.shift()
    }
  }

  private async send(entry: AuditEntry): Promise<void> {
    const chained = { ...entry, previous: this.lastHash }
    const hash = createHash('sha256').update(JSON.stringify(chained)).digest('hex')
    await this.store.appendAudit({ ...chained, hash })
    this.lastHash = hash
  }

  private inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.turn.then(act)
    this.turn = done.catch(() => {})
    return done
  }
}
