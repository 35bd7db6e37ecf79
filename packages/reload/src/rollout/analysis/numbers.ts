/** The few functions of probability that the analysis needs; each is good to at least six digits where it is used. */

/** Probability that a standard normal number is below `z`. */
export function normalBelow(z: number): number {
  if (z < -8) return Math.exp(-0.5 * z * z) / (-z * Math.sqrt(2 * Math.PI))
  if (z > 8) return 1
  // Series around 0: converges for all z in range, and has no table of constants to get wrong.
  let term = z
  let sum = z
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 300; k += 1) {
    term *= (z * z) / (2 * k + 1)
    sum += term
  }
  return 0.5 + (sum * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI)
}

/** The value below which a chi-square number falls that a normal one falls below `-z` (Wilson and Hilferty). */
export function chiSquareLow(freedom: number, z: number): number {
  if (freedom <= 0) return 0
  const part = 2 / (9 * freedom)
  return freedom * Math.max(0, 1 - part - z * Math.sqrt(part)) ** 3
}

/** Logarithm of the gamma function, above 0 (Stirling's series, after steps up to where it is exact). */
export function logGamma(x: number): number {
  let shift = 0
  let at = x
  while (at < 10) {
    shift += Math.log(at)
    at += 1
  }
  const inverse = 1 / (at * at)
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift
}

export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b)
}

/** ln(sum of weight * e^exponent), without leaving the range of numbers. */
export function logMix(exponents: readonly number[], weights: readonly number[]): number {
  const top = Math.max(...exponents)
  if (!Number.isFinite(top)) return top
  return top + Math.log(exponents.reduce((sum, it, i) => sum + (weights[i] ?? 0) * Math.exp(it - top), 0))
}
