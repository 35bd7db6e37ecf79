/**
 * What the instance writes down, and in which order, so that it comes back after any crash on one version:
 *
 *   blob, floor    before any work on a version; a failed write refuses it
 *   intent         before the swap; if it is there at boot, its version was not confirmed
 *   applied, line  after the swap
 *   baseline       before a version counts as confirmed
 *   intent gone    after that
 *
 * What comes before the swap is awaited, and its failure stops the attempt. What comes after it describes
 * what already is: it is kept as a wish, and tried again until the store takes it. A wish is the newest value
 * of a record, so a late write can never bring back an older one.
 *
 * Everything goes through one queue: whatever the store does with parallel calls, it gets none.
 */
import type { Clock } from '../../contract/clock.ts'
import type { InstanceRecords, StateStore, StoredVersion } from '../../contract/store.ts'
import { ReloadError } from '../../errors.ts'
import { Retrying } from './retrying.ts'

export type Intent = InstanceRecords['intent']
type Wish = 'root' | 'baseline' | 'quarantine' | 'applied' | 'line' | 'scheduled' | 'intent'

/**
 * Where a store takes them one by one: the way back first, what marks trouble last, so that a crash between two of
 * them leaves a state that boot knows.
 */
const WISH_ORDER: readonly Wish[] = [
  'root',
  'baseline',
  'quarantine',
  'applied',
  'line',
  'scheduled',
  'intent',
]

export class Recorder {
  /** Highest authentic version seen. Raised in memory first, so that two offers cannot both be next. */
  floor: StoredVersion | null = null
  /** As it is in the store, or will be once the store is well again. */
  intent: Intent | null = null
  /** Likewise. */
  scheduled: InstanceRecords['scheduled'] | null = null
  private readonly store: StateStore
  private readonly failed: (error: unknown) => void
  private readonly retrying: Retrying
  private readonly wishes = new Map<Wish, InstanceRecords[Wish] | null>()
  private turn: Promise<void> = Promise.resolve()

  constructor(store: StateStore, clock: Clock, failed: (error: unknown) => void) {
    this.store = store
    this.failed = failed
    this.retrying = new Retrying(clock, () => void this.flush())
  }

  async writeBlob(what: string, digest: string, bytes: Uint8Array): Promise<void> {
    await this.strictly(what, () => this.store.putBlob(digest, bytes))
  }

  /** Takes a version's number, at once. The caller has made sure that the floor does not fall. */
  claim(ref: StoredVersion): void {
    this.floor = ref
  }

  async writeFloor(ref: StoredVersion): Promise<void> {
    await this.strictly('the floor', () => this.store.writeRecord('floor', ref))
  }

  /** Before it is in force, so that no start ever knows an older one. */
  async writeRoot(root: InstanceRecords['root']): Promise<void> {
    this.wishes.delete('root')
    await this.strictly('the root', () => this.store.writeRecord('root', root))
  }

  async writeIntent(intent: Intent): Promise<void> {
    try {
      await this.strictly('the intent', async () => {
        await this.store.writeRecord('intent', intent)
        // Here, before the queue goes on: a wish to clear the intent before this one must not clear this one.
        this.wishes.delete('intent')
        this.intent = intent
      })
    } catch (error) {
      // The store may hold either; what is true is the one before.
      this.note('intent', this.intent)
      throw error
    }
  }

  /** In place of another that waited. */
  async writeScheduled(it: InstanceRecords['scheduled']): Promise<void> {
    await this.strictly('the version for later', async () => {
      await this.store.writeRecord('scheduled', it)
      this.wishes.delete('scheduled')
      this.scheduled = it
    })
  }

  /** Clears the intent of this version, and of no other. */
  clearIntent(digest: string): void {
    if (this.intent?.digest === digest) this.note('intent', null)
  }

  async writeBaseline(ref: InstanceRecords['baseline']): Promise<void> {
    // Before, not after: a wish that comes meanwhile takes this version back, and must stay.
    this.wishes.delete('baseline')
    await this.strictly('the baseline', () => this.store.writeRecord('baseline', ref))
  }

  /** Wishes for a record to be so; `null` for it to be gone. */
  note<Name extends Wish>(name: Name, value: InstanceRecords[Name] | null): void {
    if (name === 'intent') this.intent = value as Intent | null
    if (name === 'scheduled') this.scheduled = value as InstanceRecords['scheduled'] | null
    this.wishes.set(name, value)
    void this.flush()
  }

  /** Drops blobs that nothing needs. Asks what is needed when its turn has come. */
  async sweep(needed: () => Promise<ReadonlySet<string>>): Promise<void> {
    await this.strictly('the sweep', async () => this.store.sweep(await needed()))
  }

  /** The store holds everything that was wished for. */
  get isSettled(): boolean {
    return this.wishes.size === 0
  }

  /**
   * Resolves when the way back and the quarantine in the store are those in memory. What the store has refused is asked
   * for once more, for it may be well again; rejects when it is not.
   */
  async told(): Promise<void> {
    await this.turn
    if (this.isTold) return
    await this.flush()
    if (!this.isTold) throw new ReloadError('store.failed', { what: 'the baseline or the quarantine' })
  }

  private get isTold(): boolean {
    return !this.wishes.has('baseline') && !this.wishes.has('quarantine')
  }

  /** Resolves when the writes that were asked for have been tried. */
  async tried(): Promise<void> {
    await this.turn
  }

  /** Tries once more to write what is wished for, and gives up the rest. */
  async close(): Promise<void> {
    if (this.wishes.size > 0) await this.flush()
    await this.turn
    this.retrying.stop()
  }

  private async strictly(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await this.inTurn(act)
    } catch (cause) {
      throw new ReloadError('store.failed', { what }, { cause })
    }
  }

  private async flush(): Promise<void> {
    try {
      await this.inTurn(() => this.fulfil())
      this.retrying.stop()
    } catch (error) {
      this.failed(error)
      this.retrying.later()
    }
  }

  private async fulfil(): Promise<void> {
    if (this.store.writeRecords !== undefined && this.wishes.size > 1) {
      const wished = new Map(this.wishes)
      await this.store.writeRecords(Object.fromEntries(wished))
      for (const [name, value] of wished) this.fulfilled(name, value)
      return
    }
    for (const name of WISH_ORDER) {
      const value = this.wishes.get(name)
      if (value === undefined) continue
      if (value === null) await this.store.clearRecord(name)
      else await this.store.writeRecord(name, value)
      this.fulfilled(name, value)
    }
  }

  /** Unless something newer is wished for since. */
  private fulfilled(name: Wish, value: InstanceRecords[Wish] | null): void {
    if (this.wishes.get(name) === value) this.wishes.delete(name)
  }

  private inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.turn.then(act)
    this.turn = done.catch(() => {})
    return done
  }
}
