/**
 * Who comes to the candidate: each unit has a point for each rollout, and those below the share are in.
 *
 * Nothing is stored, so nothing can be lost: the same unit has the same point after a restart and in every process.
 * Raising the share only adds units, and no unit changes sides while the share stays. The rollout is part of what is
 * hashed, so that it is not the same units that suffer every trial.
 */
import { hash } from 'node:crypto'

/** Points run from 0 to one less than this. */
export const POINTS = 10_000

/** Of a unit in a rollout, 0 to 9999; even over all units. */
export function cohortOf(rollout: string, unit: string): number {
  // As bytes: digits would have to be made and read again, on every request's way.
  const bytes = hash('sha256', `${rollout}:${unit}`, 'binary')
  const [a, b, c, d] = [bytes.charCodeAt(0), bytes.charCodeAt(1), bytes.charCodeAt(2), bytes.charCodeAt(3)]
  // 32 of 256 bits: the remainder is uneven by less than one in 400,000.
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % POINTS
}

/** Points below this belong to the candidate. */
export function thresholdOf(share: number): number {
  return Math.round(share * POINTS)
}
