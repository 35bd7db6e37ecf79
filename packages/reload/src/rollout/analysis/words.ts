/** How numbers of a judgement are said to people. */

export function percent(share: number): string {
  const points = share * 100
  const digits = Math.abs(points) >= 10 ? 0 : Math.abs(points) >= 1 ? 1 : 2
  return `${points.toFixed(digits)} %`
}

export function count(samples: number): string {
  const whole = Math.round(samples)
  // What knows how every language writes its numbers takes ten times as long, and a look says some sixty of them.
  if (!(whole >= 0 && whole < 1_000_000)) return whole.toLocaleString('en-US')
  if (whole < 1000) return String(whole)
  return `${Math.floor(whole / 1000)},${String(whole % 1000).padStart(3, '0')}`
}

/** Three digits that matter. */
export function amount(value: number): string {
  if (value >= 1000) return count(value)
  return String(Number(value.toPrecision(3)))
}

export function moreOrLess(change: number): string {
  return `${percent(Math.abs(change))} ${change < 0 ? 'less' : 'more'}`
}
