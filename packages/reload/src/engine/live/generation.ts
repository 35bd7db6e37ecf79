/**
 * One version as it runs: its snapshot, who holds it, and how to let go of it.
 *
 * Pins are kept in a list that runs through the pins themselves, so that taking one costs one object and a
 * few writes, and cutting a generation finds all that hold it.
 *
 * Not here: which generation serves (`cell.ts`), and when one may be let go (`generations.ts`).
 */
import type { Manifest } from '../../contract/payload.ts'
import type { Arm, RolloutUnit } from '../../contract/rollout.ts'
import type { Pin, Snapshot } from '../../contract/snapshot.ts'
import type { InstanceRecords, Proof, StoredVersion } from '../../contract/store.ts'
import { kindsIn, type OfKind } from '../../format/of-kind.ts'

export type Parts = Record<string, unknown>

/** What a version is, besides its snapshot. */
export interface VersionFacts {
  readonly manifest: Manifest
  readonly digest: string
  readonly version: string
  /** Digest of what it holds, whatever its number. */
  readonly tree: string
  /** As they were sealed: what the digest is of. */
  readonly manifestBytes: Uint8Array
  /** Signatures that speak for it; `null` when nobody has signed. */
  readonly proof: Proof | null
}

/** What the shadow that it was goes on doing for it. */
export interface Life {
  committed(): void
  release(): Promise<void>
}

/** What pins of one side of a split say. */
export interface Side {
  readonly role: Pin<Parts>['role']
  readonly rollout: string
  /** By which its requests were placed; `null` where nobody is assigned. */
  readonly unit: RolloutUnit | null
  readonly arm: Arm | null
}

export class Generation {
  readonly snapshot: Snapshot<Parts>
  readonly facts: VersionFacts
  readonly ref: StoredVersion
  /** Told when the last pin is let go. Must be quick: it runs on a request's way out. */
  onUnpinned: ((it: Generation) => void) | null = null
  pins = 0
  private last: HeldPin | null = null
  private readonly life: Life

  constructor(snapshot: Snapshot<Parts>, facts: VersionFacts, life: Life) {
    this.snapshot = snapshot
    this.facts = facts
    this.ref = { version: facts.version, digest: facts.digest }
    this.life = life
  }

  /** What it holds, kind by kind. */
  get kinds(): readonly OfKind[] {
    return kindsIn(this.facts.manifest.resources)
  }

  /** How it stands in the store as the way back. */
  get record(): InstanceRecords['baseline'] {
    const { proof } = this.facts
    return proof === null ? this.ref : { ...this.ref, proof }
  }

  /** Tells its parts that they serve, for the first time or again. Never throws. */
  committed(): void {
    this.life.committed()
  }

  /** Lets go of its parts and of what it kept. Later calls return the first one's promise. */
  release(): Promise<void> {
    return this.life.release()
  }

  pin(): Pin<Parts> {
    return this.hold(new HeldPin(this))
  }

  /** A pin of a request that a rollout has placed. */
  pinFor(side: Side, cohort: number | null): Pin<Parts> {
    return this.hold(new PlacedPin(this, side, cohort))
  }

  /** Takes a pin out of the list. Called by the pin, once. */
  unpin(pin: HeldPin): void {
    if (pin.newer === null) this.last = pin.older
    else pin.newer.older = pin.older
    if (pin.older !== null) pin.older.newer = pin.newer
    this.pins -= 1
    if (this.pins === 0) this.onUnpinned?.(this)
  }

  /** Takes every pin away, oldest first, once all who asked to be told have been told. Returns how many. */
  cut(failed: (error: unknown) => void): number {
    const held: HeldPin[] = []
    for (let it = this.last; it !== null; it = it.older) held.push(it)
    held.reverse()
    for (const pin of held) {
      try {
        pin.onCut?.()
      } catch (error) {
        failed(error)
      }
    }
    for (const pin of held) pin.release()
    return held.length
  }

  private hold(pin: HeldPin): HeldPin {
    const { last } = this
    pin.older = last
    if (last !== null) last.newer = pin
    this.last = pin
    this.pins += 1
    return pin
  }
}

class HeldPin implements Pin<Parts> {
  readonly snapshot: Snapshot<Parts>
  onCut: (() => void) | null = null
  older: HeldPin | null = null
  newer: HeldPin | null = null
  private generation: Generation | null

  constructor(generation: Generation) {
    this.generation = generation
    this.snapshot = generation.snapshot
  }

  // Nothing is split for most pins: these cost them no memory.
  get role(): Pin<Parts>['role'] {
    return 'current'
  }

  get cohort(): number | null {
    return null
  }

  get rollout(): string | null {
    return null
  }

  get unit(): RolloutUnit | null {
    return null
  }

  get arm(): Arm | null {
    return null
  }

  release(): void {
    const { generation } = this
    if (generation === null) return
    this.generation = null
    generation.unpin(this)
    this.older = null
    this.newer = null
  }
}

const NOWHERE = -1

class PlacedPin extends HeldPin {
  private readonly side: Side
  /** `NOWHERE` where nobody is assigned: a number in any case, or the first cohort would have V8 compile all of this anew. */
  private readonly point: number

  constructor(generation: Generation, side: Side, cohort: number | null) {
    super(generation)
    this.side = side
    this.point = cohort ?? NOWHERE
  }

  override get role(): Pin<Parts>['role'] {
    return this.side.role
  }

  override get cohort(): number | null {
    return this.point === NOWHERE ? null : this.point
  }

  override get rollout(): string | null {
    return this.side.rollout
  }

  override get unit(): RolloutUnit | null {
    return this.side.unit
  }

  override get arm(): Arm | null {
    return this.side.arm
  }
}
