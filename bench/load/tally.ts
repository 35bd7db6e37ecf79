/**
 * What the callers of one run saw, counted only while the measured part lasts.
 *
 * Not here: what it cost (`../measure/window.ts`).
 */
import { type Answer, headerOf } from './answer-reader.ts'
import type { Measured, VersionSeen } from './job.ts'
import { Samples } from './spread.ts'

type Seen = Pick<
  Measured,
  | 'requests'
  | 'failed'
  | 'failures'
  | 'latencyUs'
  | 'latenessUs'
  | 'chunks'
  | 'chunkUs'
  | 'versions'
  | 'versionsBackwards'
>

/** The newest version that one connection has seen. */
export interface VersionTrack {
  newest: string | null
}

export class Tally {
  isOpen = false
  readonly latencyUs = new Samples()
  readonly latenessUs = new Samples()
  readonly chunkUs = new Samples()
  #requests = 0
  readonly #failures = new Map<string, number>()
  readonly #versions = new Map<string, Map<string, number>>()
  #versionsBackwards = 0

  /** A complete answer. Only status 200 counts as one. */
  answered(answer: Answer, latencyUs: number, track: VersionTrack): void {
    if (!this.isOpen) return
    if (answer.status !== 200) {
      this.failed(`status ${answer.status}`)
      return
    }
    this.completed()
    this.latencyUs.add(latencyUs)
    this.#noteVersion(answer, track)
  }

  /** A request that ended as it should, whose latency is noted elsewhere. */
  completed(): void {
    if (this.isOpen) this.#requests++
  }

  failed(reason: string): void {
    if (this.isOpen) this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1)
  }

  results(): Seen {
    const failures = Object.fromEntries(this.#failures)
    const chunkUs = this.chunkUs.spread()
    const latenessUs = this.latenessUs.spread()
    return {
      requests: this.#requests,
      failed: Object.values(failures).reduce((sum, it) => sum + it, 0),
      failures,
      latencyUs: this.latencyUs.spread(),
      ...(latenessUs.count > 0 && { latenessUs }),
      ...(chunkUs.count > 0 && { chunks: chunkUs.count, chunkUs }),
      versions: [...this.#versions].map(writeVersion),
      versionsBackwards: this.#versionsBackwards,
    }
  }

  #noteVersion(answer: Answer, track: VersionTrack): void {
    if (!answer.head.includes('x-changeover-version')) return
    const version = headerOf(answer.head, 'x-changeover-version') ?? 'none'
    if (track.newest !== null && isOlder(version, track.newest)) this.#versionsBackwards++
    else track.newest = version
    const models = this.#versions.get(version) ?? new Map<string, number>()
    this.#versions.set(version, models)
    const model = /reached ([^:"]*):/.exec(answer.body)?.[1] ?? 'none'
    models.set(model, (models.get(model) ?? 0) + 1)
  }
}

function writeVersion([version, models]: [string, Map<string, number>]): VersionSeen {
  return { version, models: Object.fromEntries(models) }
}

/** Versions are `epoch.sequence`, two numbers. */
export function isOlder(left: string, right: string): boolean {
  const [leftEpoch = 0, leftSequence = 0] = left.split('.').map(Number)
  const [rightEpoch = 0, rightSequence = 0] = right.split('.').map(Number)
  return leftEpoch === rightEpoch ? leftSequence < rightSequence : leftEpoch < rightEpoch
}
