/**
 * Versions: a pair of counting numbers, printed as `epoch.seq`.
 *
 * `seq` grows by one with each publish; `epoch` grows only by an operator's act, when the line itself
 * has to be repaired. Compared as a pair of integers, never as text: "1.10" is above "1.9". One text
 * stands for one version and the other way round, so no leading zeros, signs or blanks are read.
 *
 * Not here: whether a version may follow another (the engine's floor and jump limit).
 */
import type { Version } from '../contract/payload.ts'

const SHAPE = /^([1-9]\d{0,15})\.([1-9]\d{0,15})$/

/** Reads `epoch.seq`; `null` when the text is anything else. Both start at 1. */
export function parseVersion(text: string): Version | null {
  const found = SHAPE.exec(text)
  if (!found) return null
  const epoch = Number(found[1])
  const seq = Number(found[2])
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) ? { epoch, seq } : null
}

export function formatVersion(version: Version): string {
  return `${version.epoch}.${version.seq}`
}

/** Negative when `a` is older, zero when equal, positive when newer. */
export function compareVersions(a: Version, b: Version): number {
  return Math.sign(a.epoch - b.epoch || a.seq - b.seq)
}

/** The version after `version` in the same epoch; `1.1` opens a line. */
export function nextVersion(version: Version | null): Version {
  return version ? { epoch: version.epoch, seq: version.seq + 1 } : { epoch: 1, seq: 1 }
}
