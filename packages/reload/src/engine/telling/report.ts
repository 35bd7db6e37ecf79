/** Writes down how long each stage of an attempt took, as a tree: what `changeover status` prints. */
import type { Clock } from '../../contract/clock.ts'
import type { StageReport } from '../../contract/reloader.ts'

interface Entry {
  readonly name: string
  readonly startMs: number
  endMs: number | null
  note: string | null
  failed: string | null
  readonly stages: Entry[]
}

export class StageLog {
  private readonly clock: Clock
  private readonly originMs: number
  private readonly entries: Entry[] = []
  private readonly open: Entry[] = []

  constructor(clock: Clock, originMs: number) {
    this.clock = clock
    this.originMs = originMs
  }

  /** Opens a stage inside those that are open. Returns the function that closes it. */
  begin(name: string): (how?: { note?: string; failed?: string }) => void {
    const entry: Entry = { name, startMs: this.nowMs(), endMs: null, note: null, failed: null, stages: [] }
    const parent = this.open.at(-1)
    ;(parent?.stages ?? this.entries).push(entry)
    this.open.push(entry)
    return (how = {}) => {
      entry.endMs ??= this.nowMs()
      entry.note = how.note ?? null
      entry.failed = how.failed ?? null
      const at = this.open.indexOf(entry)
      if (at >= 0) this.open.splice(at, 1)
    }
  }

  /** Notes something that took place aside, such as one artifact among several. */
  add(name: string, startMs: number, how: { note?: string; failed?: string } = {}): void {
    const { note = null, failed = null } = how
    const parent = this.open.at(-1)
    const entry = { name, startMs: startMs - this.originMs, endMs: this.nowMs(), note, failed, stages: [] }
    ;(parent?.stages ?? this.entries).push(entry)
  }

  toReports(): readonly StageReport[] {
    return this.entries.map((it) => this.show(it))
  }

  private show(entry: Entry): StageReport {
    const { name, startMs, note, failed, stages } = entry
    return {
      name,
      startMs: round(startMs),
      durationMs: round((entry.endMs ?? this.nowMs()) - startMs),
      ...(note !== null && { note }),
      ...(failed !== null && { failed }),
      ...(stages.length > 0 && { stages: stages.map((it) => this.show(it)) }),
    }
  }

  private nowMs(): number {
    return this.clock.monotonic() - this.originMs
  }
}

/** Microseconds are as fine as anybody reads. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
