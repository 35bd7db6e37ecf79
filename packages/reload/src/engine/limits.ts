/**
 * What an engine allows when it is not told otherwise, with the reason for each number.
 *
 * Not here: the caps of the format (`format/defaults.ts`).
 */
import type { ReloaderLimits } from '../contract/reloader.ts'
import { FORMAT_LIMITS } from '../format/defaults.ts'

export const DEFAULT_LIMITS: ReloaderLimits = {
  ...FORMAT_LIMITS,
  // A model of some hundred megabytes over a slow line. What never comes must not hold up the next offer.
  fetchMs: 60_000,
  // Long enough for a connection and a probe, short enough that a person still waits for the answer.
  warmupMs: 15_000,
  // Faults that show at all under traffic show within seconds; a crash in this time counts as the version's.
  bakeMs: 10_000,
  // The longest answers of language models take minutes.
  drainMs: 600_000,
  generations: 4,
  // A reload must not cut a stream, so it waits for room; services that would rather cut say so.
  atGenerationCap: 'wait',
  debounceQuietMs: 100,
  debounceMaxMs: 10_000,
  // Ten saves in a row go through at once; a source that flaps brings in a version every three seconds.
  burst: 10,
  refillMs: 3_000,
  breakerFailures: 3,
  breakerWindowMs: 600_000,
  breakerOpenMs: 60_000,
  // Once may be the machine's fault; twice is the version's.
  maxCrashAttempts: 2,
  fetchAttempts: 5,
  // Some small files are read and one text is hashed: nothing that anybody would notice once in a minute.
  driftEveryMs: 60_000,
}

/** The version in force, the baseline, and one that drains: with fewer, no version could ever follow another. */
const FEWEST_GENERATIONS = 3

export function limitsWith(wanted: Partial<ReloaderLimits> = {}): ReloaderLimits {
  const limits = { ...DEFAULT_LIMITS, ...wanted }
  return { ...limits, generations: Math.max(FEWEST_GENERATIONS, limits.generations) }
}

/** How far a version may be ahead of the floor: a stolen key cannot use up the line. */
export const WIDEST_JUMP = 1_000_000

/** Versions that history, rollback and difference can reach. */
export const LINE_LENGTH = 100

/** Longest time that letting go of one thing may hold up the next. */
export const RELEASE_MS = 5_000
