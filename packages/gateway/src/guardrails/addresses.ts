/**
 * Addresses in answers: of what is cited, and of what was found. They are read as people read them, without escapes: in
 * `?q=ann%40example.com` stands what a guard for mail looks for. An address in which nothing is found stays as it was.
 */

export function changeAddress(address: string, change: (text: string) => string): string {
  const plain = withoutEscapes(address)
  const changed = change(plain)
  if (changed === plain) return address
  return plain === address ? changed : escaped(changed)
}

function withoutEscapes(address: string): string {
  if (!address.includes('%')) return address
  try {
    return decodeURIComponent(address)
  } catch {
    return address
  }
}

/** But for the brackets of what stands in the place of something. */
function escaped(address: string): string {
  return address.isWellFormed() ? encodeURI(address).replaceAll('%5B', '[').replaceAll('%5D', ']') : address
}
