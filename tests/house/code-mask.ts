/**
 * Tells code from what only looks like it: a text with its comments, or also its strings, blanked out.
 *
 * Lengths and line breaks stay, so that a place in the masked text is the place in the file. It knows as much of
 * the language as that takes and no more; where a slash could be a division or a regular expression it goes by the
 * character before, as people do.
 */

export interface Masked {
  /** Comments blanked. */
  readonly withStrings: string
  /** Comments, and the insides of strings, templates and regular expressions blanked. */
  readonly code: string
}

export function maskOf(text: string): Masked {
  const scanner = new Scanner(text)
  scanner.run()
  return { withStrings: scanner.withStrings.join(''), code: scanner.code.join('') }
}

/** The line on which a place in the text is, from 1. */
export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

class Scanner {
  readonly code: string[]
  readonly withStrings: string[]
  private readonly text: string
  private at = 0
  /** Depth of braces at which each open template's expression began. */
  private readonly templates: number[] = []
  private depth = 0

  constructor(text: string) {
    this.text = text
    this.code = text.split('')
    this.withStrings = [...this.code]
  }

  run(): void {
    if (this.text.startsWith('#!')) this.blankTo(this.endOfLine(), true)
    while (this.at < this.text.length) this.step()
  }

  private step(): void {
    const two = this.text.slice(this.at, this.at + 2)
    const one = two[0] ?? ''
    if (two === '//') this.blankTo(this.endOfLine(), true)
    else if (two === '/*') this.blankTo(this.endAfter('*/', this.at + 2), true)
    else if (one === "'" || one === '"') this.quoted(one)
    else if (one === '`') this.template()
    else if (one === '/' && this.mayStartExpression()) this.blankTo(this.endOfExpression(), false)
    else this.bracket(one)
  }

  private bracket(one: string): void {
    this.at += 1
    if (one === '{') this.depth += 1
    if (one !== '}') return
    this.depth -= 1
    if (this.templates.at(-1) !== this.depth) return
    this.templates.pop()
    this.templateText()
  }

  private quoted(quote: string): void {
    let end = this.at + 1
    while (end < this.text.length && this.text[end] !== quote && this.text[end] !== '\n') {
      end += this.text[end] === '\\' ? 2 : 1
    }
    this.at += 1
    this.blankTo(end, false)
    this.at = end + 1
  }

  private template(): void {
    this.at += 1
    this.templateText()
  }

  private templateText(): void {
    let end = this.at
    while (end < this.text.length && this.text[end] !== '`' && this.text.slice(end, end + 2) !== '${') {
      end += this.text[end] === '\\' ? 2 : 1
    }
    this.blankTo(end, false)
    if (this.text[end] === '`') {
      this.at = end + 1
      return
    }
    this.templates.push(this.depth)
    this.depth += 1
    this.at = end + 2
  }

  private mayStartExpression(): boolean {
    const before = this.code
      .slice(Math.max(0, this.at - 20), this.at)
      .join('')
      .trimEnd()
    return /(^|[(,=:[!&|?{};+\-*%<>~^]|\b(return|typeof|case|of|in))$/.test(before)
  }

  private endOfExpression(): number {
    let isInClass = false
    for (let end = this.at + 1; end < this.text.length; end += 1) {
      const one = this.text[end]
      if (one === '\\') end += 1
      else if (one === '[') isInClass = true
      else if (one === ']') isInClass = false
      else if (one === '\n') return end
      else if (one === '/' && !isInClass) return end + 1
    }
    return this.text.length
  }

  private endOfLine(): number {
    const end = this.text.indexOf('\n', this.at)
    return end === -1 ? this.text.length : end
  }

  private endAfter(closing: string, from: number): number {
    const end = this.text.indexOf(closing, from)
    return end === -1 ? this.text.length : end + closing.length
  }

  private blankTo(end: number, isComment: boolean): void {
    for (; this.at < Math.min(end, this.text.length); this.at += 1) {
      if (this.text[this.at] === '\n') continue
      this.code[this.at] = ' '
      if (isComment) this.withStrings[this.at] = ' '
    }
  }
}
