/** Classes of characters as tables, for walking over runs of them without an expression. */

/** Characters below 128 that are in a class. */
export function charTable(characters: RegExp): Uint8Array {
  const table = new Uint8Array(128)
  for (let code = 0; code < 128; code += 1) table[code] = Number(characters.test(String.fromCharCode(code)))
  return table
}

export function isInTable(table: Uint8Array, code: number): boolean {
  return code < 128 && table[code] === 1
}

/** Where the run of such characters begins that the text ends with, `most` characters before the end at the earliest. */
export function runStart(text: string, table: Uint8Array, from: number, most: number): number {
  const first = Math.max(from, text.length - most - 1)
  let at = text.length
  while (at > first && isInTable(table, text.charCodeAt(at - 1))) at -= 1
  return at
}
