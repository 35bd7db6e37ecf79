/**
 * What a history of lives and deaths must have kept true, by the word of the processes that died and by their
 * files, read with eyes of our own.
 */
import type { StoredVersion } from '@changeover/reload'
import { chainBreak, endingsOf, isMove, readAuditFiles } from './audit-chain.ts'
import type { Said } from './life.ts'
import { readRecordsFile } from './records-file.ts'

export const MOST_CRASHES = 2

const STARTED = 'config.reload.started'

type Back = Said & { kind: 'back' }

/** A version that was in service when the process died, and not yet confirmed as far as it could say. */
interface Trial {
  readonly version: string
  readonly swappedMs: number
  /** When the process began to write it down as the baseline. */
  writtenMs: number | null
}

export class Ledger {
  /** Every broken promise, said in one line. */
  readonly broken: string[] = []
  readonly versions = new Set<string>()
  private readonly directory: string
  private readonly bakeMs: number
  private readonly quarantined = new Map<string, string>()
  private readonly crashes = new Map<string, number>()
  private lastConfirmed: string | null = null
  private trial: Trial | null = null
  /** The last trial that did not end well: it may have been on its way to the disk as the baseline. */
  private overtaken: Trial | null = null
  private baselineOnDisk: string | null = null
  private hasWrittenIntent = false
  private floor: string | null = null
  private floorOnDisk: string | null = null

  constructor(directory: string, bakeMs: number) {
    this.directory = directory
    this.bakeMs = bakeMs
  }

  /** Takes in what one life said, in order, and what it left on the disk. */
  async takeIn(said: readonly Said[]): Promise<void> {
    this.hasWrittenIntent = false
    for (const it of said) {
      if (it.kind === 'back') this.checkBack(it)
      else if (it.kind === 'state') this.noteState(it)
      else if (it.kind === 'step') this.noteStep(it)
      else if (it.kind === 'answered') this.checkAnswer(it)
    }
    await this.readDisk()
  }

  /** Digests that are not to be tried again by themselves. */
  get locked(): readonly string[] {
    return [...this.quarantined.keys()]
  }

  private noteState({ state, version, status, atMs }: Said & { kind: 'state' }): void {
    if (version === null) return
    // Earlier states are told before the number has been written down.
    if (['validated', 'loading', 'warming', 'ready', 'observing'].includes(state)) this.raiseFloor(version)
    if (state === 'observing') {
      this.versions.add(version)
      this.trial = { version, swappedMs: atMs, writtenMs: null }
    }
    if (status === 'success') this.lastConfirmed = version
    if (status === null || this.trial?.version !== version) return
    if (status !== 'success') this.overtaken = this.trial
    this.trial = null
  }

  private noteStep({ name, version, atMs }: Said & { kind: 'step' }): void {
    if (/^intent (?:write|rename) after$/.test(name)) this.hasWrittenIntent = true
    if (!/^baseline (?:write|rename) before$/.test(name)) return
    // Any other version is the old baseline, put right after a trial was overtaken.
    const trial = [this.trial, this.overtaken].find((it) => it?.version === version)
    if (trial == null) return
    trial.writtenMs ??= atMs
    const isFirst = this.lastConfirmed === null
    // A timer may come a millisecond early by the other clock.
    if (!isFirst && trial.writtenMs - trial.swappedMs < this.bakeMs - 2)
      this.broken.push(`version ${trial.version} was written down as the baseline before its time was over`)
  }

  private checkAnswer({ serving, version, marker }: Said & { kind: 'answered' }): void {
    if (serving !== null && new Set(serving.markers).size !== 1)
      this.broken.push(`a snapshot of two versions: ${serving.markers.join(', ')}`)
    if (version !== null && serving?.version === version && marker !== '' && serving.markers[0] !== marker)
      this.broken.push(`version ${version} serves ${serving.markers[0]}, not ${marker}`)
    if (version !== null) this.raiseFloor(version)
  }

  private checkBack(back: Back): void {
    this.checkServing(back)
    this.checkFloor(back.floor, 'the process')
    const chain = chainBreak(back.audit)
    if (chain !== null) this.broken.push(`the audit log as it was read back: ${chain}`)
    const { open, wrong } = endingsOf(back.audit)
    if (open.length > 0) this.broken.push(`attempts without an end: ${open.join(', ')}`)
    if (wrong.length > 0) this.broken.push(`attempts with two ends: ${wrong.join(', ')}`)
    this.checkStory(back)
    const aside = back.files.filter((it) => it.endsWith('.tmp'))
    const locks = back.files.filter((it) => it.startsWith('lock.'))
    if (aside.length > 0) this.broken.push(`files left aside: ${aside.join(', ')}`)
    if (locks.length !== 1) this.broken.push(`${locks.length} locks`)
    this.checkQuarantine(back)
    this.trial = null
    this.overtaken = null
  }

  /** What became of the version that the next process found as its baseline: it had been confirmed. */
  private checkStory({ audit, baseline }: Back): void {
    const attempts = new Set(audit.filter((it) => it.event === STARTED).map((it) => it.attempt))
    const last = audit.findLast(
      ({ digest, attempt, event }) =>
        digest === baseline?.digest && attempts.has(attempt) && event !== STARTED && !isMove(event),
    )
    if (baseline !== null && last !== undefined && last.status !== 'success')
      this.broken.push(`${baseline.version} is the baseline, and the audit log calls it ${last.status}`)
  }

  private checkServing({ serving, applied, confirmed, baseline, quarantine }: Back): void {
    const named = [serving, applied, confirmed, baseline].map((it) => it?.version ?? 'none')
    if (new Set(named).size !== 1)
      this.broken.push(`serving, applied, confirmed and baseline differ: ${named.join(', ')}`)
    if (serving === null) {
      if (this.lastConfirmed !== null)
        this.broken.push(`nothing serves, ${this.lastConfirmed} had been confirmed`)
      return
    }
    if (new Set(serving.markers).size !== 1)
      this.broken.push(`a snapshot of two versions: ${serving.markers.join(', ')}`)
    const begun = [this.trial, this.overtaken].filter((it) => it !== null && it.writtenMs !== null)
    const mayServe = [this.lastConfirmed, ...begun.map((it) => it?.version)]
    if (serving.version !== this.baselineOnDisk)
      this.broken.push(`${serving.version} serves, the baseline on the disk was ${this.baselineOnDisk}`)
    if (!mayServe.includes(serving.version))
      this.broken.push(
        `${serving.version} serves, expected the last one confirmed: ${mayServe.filter(Boolean).join(' or ')}`,
      )
    const isLocked = quarantine.some((it) => it.digest === serving.digest) || this.isQuarantined(serving)
    if (isLocked) this.broken.push(`${serving.version} serves although it is in quarantine`)
    this.lastConfirmed = serving.version
  }

  private checkQuarantine({ quarantine }: Back): void {
    for (const [digest, version] of this.quarantined) {
      if (!quarantine.some((it) => it.digest === digest))
        this.broken.push(`version ${version} has left the quarantine`)
    }
    for (const [digest, count] of this.crashes) {
      const isIn = quarantine.some((it) => it.digest === digest)
      if (count >= MOST_CRASHES && !isIn)
        this.broken.push(`${digest} was there at ${count} crashes and is not in quarantine`)
    }
    for (const { digest, version } of quarantine) this.quarantined.set(digest, version)
  }

  private isQuarantined({ digest }: StoredVersion): boolean {
    return this.quarantined.has(digest)
  }

  private raiseFloor(version: string): void {
    if (this.floor === null || seqOf(version) > seqOf(this.floor)) this.floor = version
  }

  private checkFloor(floor: StoredVersion | null, who: string): void {
    if (this.floor !== null && (floor === null || seqOf(floor.version) < seqOf(this.floor)))
      this.broken.push(`the floor of ${who} is ${floor?.version ?? 'none'}, it was ${this.floor}`)
    if (floor !== null) this.raiseFloor(floor.version)
  }

  /** What lies there when the process is dead. */
  private async readDisk(): Promise<void> {
    const lines = await readAuditFiles(this.directory)
    const chain = chainBreak(lines)
    if (chain !== null) this.broken.push(`the audit log on the disk: ${chain}`)
    const { records, damage } = await readRecordsFile(this.directory)
    if (damage !== null) this.broken.push(`the records: ${damage}`)
    const { floor = null, intent = null, baseline = null, quarantine } = records
    if (this.floorOnDisk !== null && seqOf(floor?.version ?? '0.0') < seqOf(this.floorOnDisk))
      this.broken.push(`the floor on the disk fell from ${this.floorOnDisk} to ${floor?.version ?? 'none'}`)
    this.floorOnDisk = floor?.version ?? null
    this.baselineOnDisk = baseline?.version ?? null
    if (intent !== null && this.hasWrittenIntent && intent.digest !== baseline?.digest) {
      const count = (this.crashes.get(intent.digest) ?? 0) + 1
      this.crashes.set(intent.digest, Math.min(count, MOST_CRASHES + 1))
    }
    for (const it of quarantine ?? []) this.quarantined.set(it.digest, it.version)
  }
}

function seqOf(version: string): number {
  return Number(version.split('.')[1])
}
