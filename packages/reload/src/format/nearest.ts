/**
 * "Did you mean …?": the known word that a mistyped one is closest to.
 *
 * Words are cut off at a length, and compared only with words of similar length, because the mistyped
 * word comes from outside and may be as long as it likes.
 */

const LONGEST = 64

/** The closest known word within a third of its length in typing slips (at least one); `null` when none is. */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length === 0 || word.length > LONGEST) return null
  const typed = word.toLowerCase()
  let best: string | null = null
  let fewest = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    if (candidate.length > LONGEST) continue
    const allowed = Math.max(1, Math.floor(Math.max(candidate.length, typed.length) / 3))
    if (Math.abs(candidate.length - typed.length) > allowed) continue
    const slips = countSlips(typed, candidate.toLowerCase())
    if (slips <= allowed && slips < fewest) {
      best = candidate
      fewest = slips
    }
  }
  return best
}

/** Letters added, left out, changed or swapped with their neighbour (optimal string alignment). */
function countSlips(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let fewest = Math.min(at(last, j) + 1, at(row, j - 1) + 1, changed)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) fewest = Math.min(fewest, at(beforeLast, j - 2) + 1)
      row.push(fewest)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
