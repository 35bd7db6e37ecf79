/** Versions as numbers that compare, for the model's own books. */
export function order(version: string): number {
  const [epoch = 0, seq = 0] = version.split('.').map(Number)
  return epoch * 1e9 + seq
}
