/** Money in words: whole micro-dollars, written out to the last one. */

/** `12.345678`, exact: made of digits and not by dividing. */
export function sayUsd(microUsd: number): string {
  const digits = String(Math.abs(microUsd)).padStart(7, '0')
  return `${microUsd < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`
}

/** With its sign: `+0.000001`. */
export function sayDifference(microUsd: number): string {
  return microUsd > 0 ? `+${sayUsd(microUsd)}` : sayUsd(microUsd)
}
