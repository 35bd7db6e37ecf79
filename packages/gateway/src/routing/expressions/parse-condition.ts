/**
 * Reads a condition into its tree. Recursive descent, bounded: length, nesting and size have limits, so that
 * neither reading nor running one can take long, whoever wrote it.
 */
import { ConditionError } from './condition-error.ts'
import type { Node, PairSign } from './syntax.ts'
import { cutTokens, type Token } from './tokens.ts'

/** A screen full of text; what needs more is several rules. */
export const LONGEST_CONDITION = 2000
const DEEPEST = 32
const MOST_NODES = 512

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

export function parseCondition(source: string): Node {
  if (source.length > LONGEST_CONDITION) {
    throw new ConditionError(
      source,
      0,
      `found ${source.length} characters, expected at most ${LONGEST_CONDITION}`,
    )
  }
  return new Reader(source).whole()
}

class Reader {
  readonly #source: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0
  #nodes = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = cutTokens(source)
  }

  whole(): Node {
    const node = this.#either()
    if (this.#token.kind !== 'end') throw this.#unexpected('"&&", "||" or the end')
    return node
  }

  #either(): Node {
    return this.#chain('||', () => this.#both())
  }

  #both(): Node {
    return this.#chain('&&', () => this.#comparison())
  }

  /** `a || b || c`, from the left; not a nesting, so long chains are no depth. */
  #chain(sign: '||' | '&&', part: () => Node): Node {
    let left = part()
    while (this.#isSign(sign)) {
      const { at } = this.#take()
      left = this.#made({ kind: 'pair', sign, left, right: part(), at })
    }
    return left
  }

  #comparison(): Node {
    const left = this.#unary()
    const { kind, text, at } = this.#token
    const compares = (kind === 'sign' && COMPARISONS.has(text)) || (kind === 'name' && text === 'in')
    if (!compares) return left
    this.#take()
    const node = this.#made({ kind: 'pair', sign: text as PairSign, left, right: this.#unary(), at })
    if (this.#token.kind === 'sign' && COMPARISONS.has(this.#token.text))
      throw this.#unexpected('"&&" or "||"')
    return node
  }

  #unary(): Node {
    if (!this.#isSign('!')) return this.#postfix()
    const { at } = this.#take()
    return this.#deeper(() => this.#made({ kind: 'not', of: this.#unary(), at }))
  }

  #postfix(): Node {
    let node = this.#primary()
    for (;;) {
      if (this.#isSign('.')) node = this.#dotted(node)
      else if (this.#isSign('[')) node = this.#indexed(node)
      else return node
    }
  }

  #dotted(of: Node): Node {
    this.#take()
    const name = this.#token
    if (name.kind !== 'name') throw this.#unexpected('a name after "."')
    this.#take()
    if (!this.#isSign('(')) return this.#made({ kind: 'member', of, key: name.text, at: name.at })
    const args = this.#list('(', ')')
    return this.#made({ kind: 'method', of, name: name.text, args, at: name.at })
  }

  #indexed(of: Node): Node {
    this.#take()
    const key = this.#token
    if (key.kind !== 'text') throw this.#unexpected('a text in quotes')
    this.#take()
    this.#expect(']')
    return this.#made({ kind: 'member', of, key: key.text, at: key.at })
  }

  #primary(): Node {
    const token = this.#token
    if (token.kind === 'text') {
      this.#take()
      return this.#made({ kind: 'literal', value: token.text, at: token.at })
    }
    if (token.kind === 'number' || this.#isSign('-')) return this.#number()
    if (token.kind === 'name') return this.#named()
    if (this.#isSign('[')) return this.#made({ kind: 'list', items: this.#list('[', ']'), at: token.at })
    if (this.#isSign('(')) {
      this.#take()
      const node = this.#deeper(() => this.#either())
      this.#expect(')')
      return node
    }
    throw this.#unexpected('a value')
  }

  #number(): Node {
    const { at } = this.#token
    const negative = this.#isSign('-')
    if (negative) this.#take()
    const token = this.#token
    if (token.kind !== 'number') throw this.#unexpected('a number')
    this.#take()
    return this.#made({ kind: 'literal', value: Number(token.text) * (negative ? -1 : 1), at })
  }

  #named(): Node {
    const { text, at } = this.#take()
    if (text === 'true' || text === 'false')
      return this.#made({ kind: 'literal', value: text === 'true', at })
    if (text === 'null') return this.#made({ kind: 'literal', value: null, at })
    if (text === 'in') throw new ConditionError(this.#source, at, 'found "in", expected a value before it')
    if (!this.#isSign('(')) return this.#made({ kind: 'name', name: text, at })
    return this.#made({ kind: 'call', name: text, args: this.#list('(', ')'), at })
  }

  #list(open: '(' | '[', close: ')' | ']'): readonly Node[] {
    this.#expect(open)
    const items: Node[] = []
    while (!this.#isSign(close)) {
      items.push(this.#deeper(() => this.#either()))
      if (!this.#isSign(',')) break
      this.#take()
    }
    this.#expect(close)
    return items
  }

  #deeper(read: () => Node): Node {
    this.#depth += 1
    if (this.#depth > DEEPEST) {
      throw new ConditionError(this.#source, this.#token.at, `nested deeper than ${DEEPEST}`)
    }
    const node = read()
    this.#depth -= 1
    return node
  }

  #made(node: Node): Node {
    this.#nodes += 1
    if (this.#nodes > MOST_NODES) {
      throw new ConditionError(this.#source, node.at, `more than ${MOST_NODES} parts`)
    }
    return node
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: this.#source.length }
  }

  #take(): Token {
    const token = this.#token
    this.#next += 1
    return token
  }

  #isSign(sign: string): boolean {
    return this.#token.kind === 'sign' && this.#token.text === sign
  }

  #expect(sign: string): void {
    if (!this.#isSign(sign)) throw this.#unexpected(`"${sign}"`)
    this.#take()
  }

  #unexpected(expected: string): ConditionError {
    const { kind, text, at } = this.#token
    const found = kind === 'end' ? 'the end' : kind === 'text' ? 'a text' : `"${text}"`
    return new ConditionError(this.#source, at, `found ${found}, expected ${expected}`)
  }
}
