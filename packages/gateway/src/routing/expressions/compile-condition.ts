/**
 * A condition compiled to closures, once at a reload. Running one can neither throw nor loop.
 *
 * Where CEL fails at run time, this does not: what is missing is null, null equals only null, and any other
 * question about it is answered with false. A rule that failed for one caller in a thousand would be found by
 * that caller. Types that are known beforehand are checked beforehand.
 */
import { nearest } from '@changeover/reload'
import type { RouteAsk } from '../../contract/route-ask.ts'
import { isSecretHeader } from '../../contract/secret.ts'
import { ConditionError } from './condition-error.ts'
import { parseCondition } from './parse-condition.ts'
import type { Node, PairSign } from './syntax.ts'
import { maps, type Value, type ValueType, variables } from './variables.ts'

export type Condition = (ask: RouteAsk) => boolean

type Read = (ask: RouteAsk) => Value

interface Typed {
  readonly type: ValueType
  readonly read: Read
}

const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  text: 'a text',
  number: 'a number',
  truth: 'true or false',
  list: 'a list',
  any: 'a value',
}

const METHODS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
}

/** Throws `ConditionError`. */
export function compileCondition(source: string): Condition {
  const compiler = new Compiler(source)
  const { read } = compiler.needing(parseCondition(source), 'truth')
  return (ask) => read(ask) === true
}

/** What is wrong with it, as `line:column problem`, or `null`. */
export function faultOfCondition(source: string): string | null {
  try {
    compileCondition(source)
    return null
  } catch (thrown) {
    if (thrown instanceof ConditionError) return thrown.message
    throw thrown
  }
}

class Compiler {
  readonly #source: string

  constructor(source: string) {
    this.#source = source
  }

  needing(node: Node, type: ValueType): Typed {
    const typed = this.#compile(node)
    if (typed.type === type || typed.type === 'any') return typed
    throw this.#fault(node.at, `found ${TYPE_NAMES[typed.type]}, expected ${TYPE_NAMES[type]}`)
  }

  #compile(node: Node): Typed {
    switch (node.kind) {
      case 'literal':
        return constant(node.value)
      case 'list':
        return this.#list(node.items)
      case 'name':
        return this.#variable(node.name, node.at)
      case 'member':
        return this.#member(node.of, node.key, node.at)
      case 'not': {
        const { read } = this.needing(node.of, 'truth')
        return { type: 'truth', read: (ask) => read(ask) !== true }
      }
      case 'call':
        return this.#call(node)
      case 'method':
        return this.#method(node)
      case 'pair':
        return this.#pair(node)
    }
  }

  #list(items: readonly Node[]): Typed {
    const texts = items.map((it) => {
      if (it.kind === 'literal' && typeof it.value === 'string') return it.value
      throw this.#fault(it.at, 'expected a text in quotes: lists hold texts')
    })
    const list = Object.freeze(texts)
    return { type: 'list', read: () => list }
  }

  #variable(name: string, at: number): Typed {
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (variable !== undefined) return { type: variable.type, read: (ask) => variable.read(ask) }
    if (Object.hasOwn(maps, name)) {
      throw this.#fault(at, `"${name}" is a map, expected one of its entries: ${name}["name"]`)
    }
    const known = [...Object.keys(variables), ...Object.keys(maps)]
    const meant = nearest(name, known)
    const hint = meant === null ? `, expected one of ${known.join(', ')}` : `; did you mean "${meant}"?`
    throw this.#fault(at, `there is no "${name}"${hint}`)
  }

  #member(of: Node, key: string, at: number): Typed {
    const map = of.kind === 'name' && Object.hasOwn(maps, of.name) ? maps[of.name] : undefined
    if (map === undefined) throw this.#fault(at, `only ${Object.keys(maps).join(' and ')} have entries`)
    if (of.kind === 'name' && of.name === 'headers') {
      if (isSecretHeader(key)) throw this.#fault(at, `"${key}" carries a credential and cannot be asked for`)
      const name = key.toLowerCase()
      return { type: 'text', read: (ask) => map.read(ask, name) }
    }
    return { type: 'any', read: (ask) => map.read(ask, key) }
  }

  #call(node: Node & { kind: 'call' }): Typed {
    const [first, ...rest] = node.args
    if (first === undefined || rest.length > 0) {
      throw this.#fault(node.at, `"${node.name}" takes one value`)
    }
    if (node.name === 'has') {
      if (first.kind !== 'member' && first.kind !== 'name') {
        throw this.#fault(first.at, 'expected an entry such as metadata.team')
      }
      const { read } = this.#compile(first)
      return { type: 'truth', read: (ask) => read(ask) !== null }
    }
    if (node.name === 'size') return this.#size(first)
    const meant = nearest(node.name, ['has', 'size'])
    const hint = meant === null ? ', expected has() or size()' : `; did you mean "${meant}"?`
    throw this.#fault(node.at, `there is no "${node.name}()"${hint}`)
  }

  #size(node: Node): Typed {
    const { type, read } = this.#compile(node)
    if (type === 'number' || type === 'truth') {
      throw this.#fault(node.at, `found ${TYPE_NAMES[type]}, expected a text or a list`)
    }
    return {
      type: 'number',
      read: (ask) => {
        const value = read(ask)
        return typeof value === 'string' || Array.isArray(value) ? value.length : null
      },
    }
  }

  #method(node: Node & { kind: 'method' }): Typed {
    const run = Object.hasOwn(METHODS, node.name) ? METHODS[node.name] : undefined
    if (run === undefined) {
      const meant = nearest(node.name, Object.keys(METHODS))
      const hint =
        meant === null ? `, expected one of ${Object.keys(METHODS).join(', ')}` : `; did you mean "${meant}"?`
      throw this.#fault(node.at, `there is no "${node.name}()"${hint}`)
    }
    const [argument, ...rest] = node.args
    if (argument === undefined || rest.length > 0) throw this.#fault(node.at, `"${node.name}" takes one text`)
    const text = this.needing(node.of, 'text').read
    const part = this.needing(argument, 'text').read
    return {
      type: 'truth',
      read: (ask) => {
        const [a, b] = [text(ask), part(ask)]
        return typeof a === 'string' && typeof b === 'string' && run(a, b)
      },
    }
  }

  #pair(node: Node & { kind: 'pair' }): Typed {
    const { sign } = node
    if (sign === '&&' || sign === '||') return this.#logic(node, sign)
    if (sign === 'in') return this.#isIn(node)
    const left = this.#compile(node.left)
    const right = this.#compile(node.right)
    this.#needSame(left, right, node)
    if (sign === '==' || sign === '!=') {
      const equal = sign === '=='
      return { type: 'truth', read: (ask) => (left.read(ask) === right.read(ask)) === equal }
    }
    return { type: 'truth', read: order(sign, left.read, right.read) }
  }

  #logic(node: Node & { kind: 'pair' }, sign: '&&' | '||'): Typed {
    const left = this.needing(node.left, 'truth').read
    const right = this.needing(node.right, 'truth').read
    if (sign === '&&') return { type: 'truth', read: (ask) => left(ask) === true && right(ask) === true }
    return { type: 'truth', read: (ask) => left(ask) === true || right(ask) === true }
  }

  #isIn(node: Node & { kind: 'pair' }): Typed {
    const item = this.needing(node.left, 'text').read
    const { right } = node
    if (right.kind === 'list') {
      const { read } = this.#list(right.items)
      const known = new Set(read(NOBODY) as readonly string[])
      return {
        type: 'truth',
        read: (ask) => {
          const value = item(ask)
          return typeof value === 'string' && known.has(value)
        },
      }
    }
    const list = this.needing(right, 'list').read
    return {
      type: 'truth',
      read: (ask) => {
        const [value, among] = [item(ask), list(ask)]
        return typeof value === 'string' && Array.isArray(among) && among.includes(value)
      },
    }
  }

  #needSame(left: Typed, right: Typed, node: Node & { kind: 'pair' }): void {
    const { at, sign } = node
    if (left.type === 'list' || right.type === 'list') {
      throw this.#fault(at, `lists cannot be compared with "${sign}", expected "in" or size()`)
    }
    const ordered = sign !== '==' && sign !== '!='
    if (ordered && (left.type === 'truth' || right.type === 'truth')) {
      throw this.#fault(at, `true and false have no order, expected "==" or "!="`)
    }
    if (left.type === 'any' || right.type === 'any' || left.type === right.type) return
    throw this.#fault(
      node.right.at,
      `found ${TYPE_NAMES[right.type]}, expected ${TYPE_NAMES[left.type]} to compare with`,
    )
  }

  #fault(at: number, problem: string): ConditionError {
    return new ConditionError(this.#source, at, problem)
  }
}

/** Constants ask nobody. */
const NOBODY = null as unknown as RouteAsk

function constant(value: string | number | boolean | null): Typed {
  return { type: typeOf(value), read: () => value }
}

function typeOf(value: string | number | boolean | null): ValueType {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number') return 'number'
  return typeof value === 'boolean' ? 'truth' : 'any'
}

/** Texts by code units, as CEL orders them but for characters beyond U+FFFF; what is of two kinds has no order. */
function order(sign: Exclude<PairSign, '==' | '!=' | 'in' | '&&' | '||'>, left: Read, right: Read): Read {
  const holds = ORDERS[sign]
  return (ask) => {
    const [a, b] = [left(ask), right(ask)]
    if (typeof a === 'number' && typeof b === 'number') return holds(a - b)
    if (typeof a === 'string' && typeof b === 'string') return holds(a < b ? -1 : a > b ? 1 : 0)
    return false
  }
}

const ORDERS = {
  '<': (it: number) => it < 0,
  '<=': (it: number) => it <= 0,
  '>': (it: number) => it > 0,
  '>=': (it: number) => it >= 0,
} as const
