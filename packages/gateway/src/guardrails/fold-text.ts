/**
 * Text as words are compared: without regard to case, to how accents are composed, to the width of letters, to how wide
 * a gap is, and to marks that nobody sees.
 *
 * Character by character, so that a text can come in pieces: each gives some units that stand for it.
 */

/** Zero-width characters, soft hyphens, variation selectors: put into a word, they would hide it. */
const UNSEEN = /^\p{Default_Ignorable_Code_Point}$/u
const GAP = /^\s$/u

const known = new Map<number, string>()
const MOST_KNOWN = 4096

/** What stands for one character; a gap is one space, and what nobody sees is nothing. */
export function foldCharacter(codePoint: number): string {
  const seen = known.get(codePoint)
  if (seen !== undefined) return seen
  const folded = fold(String.fromCodePoint(codePoint))
  if (known.size < MOST_KNOWN) known.set(codePoint, folded)
  return folded
}

function fold(character: string): string {
  if (UNSEEN.test(character)) return ''
  if (GAP.test(character)) return ' '
  // Up and down again: what has no lower case of its own (ß) is written as its upper case would be.
  const plain = character.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD')
  return plain.replaceAll(/\s+/gu, ' ')
}

/** A whole word or phrase, with single gaps and none around it. */
export function foldText(text: string): string {
  let folded = ''
  for (const it of text.normalize('NFC')) folded += foldCharacter(it.codePointAt(0) ?? 0)
  return folded.replaceAll(/ +/g, ' ').trim()
}

/** Part of a word in a script that puts gaps between words. */
const IN_WORD = /^[\p{L}\p{M}\p{N}_]$/u
const GAPLESS =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u

export function isInWord(unit: string): boolean {
  const code = unit.charCodeAt(0)
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95
  return IN_WORD.test(unit) && !GAPLESS.test(unit)
}
