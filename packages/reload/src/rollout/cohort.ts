/**
 * Who comes to the candidate: each unit has a point for each rollout, and those below the share are in.
 *
 * Nothing is stored, so nothing can be lost: the same unit has the same point after a restart and in every process.
 * Raising the share only adds units, and no unit changes sides while the share stays. The rollout is part of what is
 * hashed, so that it is not the same units that suffer every trial.
 *
 * The hash is MurmurHash3 (x86, 32 bits) over UTF-16 in little-endian order, the unit's seeded with the rollout's. It is
 * asked on every request's way while traffic is split, and nobody is kept from anything by it: whoever knows a rollout
 * can look for a unit that is in it whatever the hash. SHA-256 cost a microsecond, most of it the way to the library.
 */

/** Points run from 0 to one less than this. */
export const POINTS = 10_000

/** What all units of a rollout are hashed with; 32 bits, signed. */
export function seedOf(rollout: string): number {
  return murmur(rollout, 0)
}

/** Of a unit in the rollout with that seed, 0 to 9999; even over all units. */
export function cohortOf(seed: number, unit: string): number {
  // The remainder is uneven by less than one in 400,000.
  return (murmur(unit, seed) >>> 0) % POINTS
}

/** As `cohortOf`, of a unit that nobody can name: its place in the order of arrival stands for it. */
export function cohortOfPlace(seed: number, place: number): number {
  return (mixed(seed ^ place) >>> 0) % POINTS
}

/** Points below this belong to the candidate. */
export function thresholdOf(share: number): number {
  return Math.round(share * POINTS)
}

function murmur(text: string, seed: number): number {
  const { length } = text
  const even = length & ~1
  let hash = seed
  for (let i = 0; i < even; i += 2) {
    hash ^= scramble(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  if (even < length) hash ^= scramble(text.charCodeAt(even))
  return mixed(hash ^ (length * 2))
}

/** What neighbours come to lies far apart. */
function mixed(sum: number): number {
  const once = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
