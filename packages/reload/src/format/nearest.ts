/**
 * "Did you mean …?": the known word that a mistyped one is closest to.
 *
 * Words are cut off at a length, compared only with words of similar length, and no further than they can still be
 * near, because the mistyped word comes from outside: it may be as long as it likes, and be asked about without end.
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
    const meant = candidate.toLowerCase()
    const allowed = Math.max(1, Math.floor(Math.max(meant.length, typed.length) / 3))
    if (Math.abs(meant.length - typed.length) > allowed) continue
    const slips = countSlips(typed, meant, Math.min(allowed, fewest - 1))
    if (slips !== null) {
      best = candidate
      fewest = slips
    }
  }
  return best
}

/** A row of the comparison and the two before it, for one word at a time. In lower case a letter may be two. */
const rows = [0, 1, 2].map(() => new Uint8Array(2 * LONGEST + 1)) as [Uint8Array, Uint8Array, Uint8Array]

/** Letters added, left out, changed or swapped with their neighbour (optimal string alignment); `null` for more than `most`. */
function countSlips(a: string, b: string, most: number): number | null {
  let [beforeLast, last, row] = rows
  for (let j = 0; j <= b.length; j++) last[j] = j
  for (let i = 1; i <= a.length; i++) {
    row[0] = i
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const changed = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let fewest = Math.min(at(last, j) + 1, at(row, j - 1) + 1, changed)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) fewest = Math.min(fewest, at(beforeLast, j - 2) + 1)
      row[j] = fewest
      least = Math.min(least, fewest)
    }
    // No later row has fewer than the fewest of this one, even by a swap.
    if (least > most) return null
    ;[beforeLast, last, row] = [last, row, beforeLast]
  }
  const slips = at(last, b.length)
  return slips <= most ? slips : null
}

function at(row: Uint8Array, index: number): number {
  return row[index] ?? 0
}
