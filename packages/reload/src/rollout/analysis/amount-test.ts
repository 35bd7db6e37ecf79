/**
 * Tests of amounts that may be looked at whenever one likes.
 *
 * The difference of two means of logarithms is asymptotically normal, and Robbins' mixture of normal likelihood ratios is
 * a bound that it crosses with the given probability at any of all looks together (asymptotic confidence sequences:
 * Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas). `EFFECT` is where the mixture looks hardest: it costs little elsewhere.
 */
import { normalBelow } from './numbers.ts'

/** Of a logarithm: about 15 %. */
const EFFECT = 0.15

/** ln of the evidence that the true difference is above `limit`: it exceeds ln(1/alpha) with probability alpha if it is not. */
export function evidenceAbove(difference: number, variance: number, limit: number): number {
  if (!(variance > 0) || !Number.isFinite(variance)) return Number.NEGATIVE_INFINITY
  const growth = 1 + (EFFECT * EFFECT) / variance
  const z = ((difference - limit) / Math.sqrt(variance)) * Math.sqrt(1 - 1 / growth)
  return Math.log(2) - 0.5 * Math.log(growth) + 0.5 * z * z + Math.log(normalBelow(z))
}

/** Half the width of the interval that holds the true difference at all looks together, but for a probability of `alpha`. */
export function halfWidth(variance: number, alpha: number, effect = EFFECT): number {
  const growth = 1 + (effect * effect) / variance
  return Math.sqrt((variance * growth * (Math.log(growth) - 2 * Math.log(alpha))) / (growth - 1))
}
