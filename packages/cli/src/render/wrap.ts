/** Texts in lines no wider than a terminal. Words stay whole: one that is wider than a line stands alone on it. */

/** `indent` is what every line but the first begins with, in columns. */
export function wrap(text: string, columns: number, indent = 0): string[] {
  const room = Math.max(columns - indent, 20)
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((it, i) => (i === 0 ? it : `${' '.repeat(indent)}${it}`))
}

/** Lines of source that belong to one paragraph are one: a line that ends a sentence ends a line here, too. */
export function wrapParagraphs(text: string, columns: number): string[] {
  const sentences: string[] = []
  for (const line of text.split('\n')) {
    const last = sentences.at(-1)
    if (last === undefined || /[.:]$/.test(last)) sentences.push(line)
    else sentences[sentences.length - 1] = `${last} ${line}`
  }
  return sentences.flatMap((it) => wrap(it, columns))
}
