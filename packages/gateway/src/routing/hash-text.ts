/** Hashes for spreading, not for safety: 32 bits, the same on every instance and in every version. */

/** FNV-1a over UTF-16 units, with a finish that spreads short texts too. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return finish(hash)
}

/** One hash of two. */
export function mixHash(a: number, b: number): number {
  return finish(Math.imul(a, 0x9e3779b1) ^ finish(b ^ 0x85ebca6b))
}

/** The last steps of MurmurHash3: each bit of the input moves half of those of the result. */
function finish(hash: number): number {
  let it = hash
  it = Math.imul(it ^ (it >>> 16), 0x85ebca6b)
  it = Math.imul(it ^ (it >>> 13), 0xc2b2ae35)
  return (it ^ (it >>> 16)) >>> 0
}
