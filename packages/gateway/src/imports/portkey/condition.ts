/** A query of Portkey's (`{"metadata.plan": {"$eq": "paid"}}`) as a condition of ours. */
import { isOldFields } from '../old-fields.ts'

export type ConditionText = { readonly text: string } | { readonly fault: string }

const COMPARISONS: Readonly<Record<string, string>> = {
  $eq: '==',
  $ne: '!=',
  $gt: '>',
  $gte: '>=',
  $lt: '<',
  $lte: '<=',
}

/** Deeper than any that people write. */
const MOST_DEPTH = 8

export function conditionOf(query: unknown, depth = 0): ConditionText {
  if (!isOldFields(query) || depth > MOST_DEPTH) return { fault: 'its query is not a map that could be read' }
  const parts = Object.entries(query).map(([name, value]) => partOf(name, value, depth))
  return join(parts, '&&')
}

function partOf(name: string, value: unknown, depth: number): ConditionText {
  if (name === '$and' || name === '$or') {
    const parts = Array.isArray(value) ? value.map((it) => conditionOf(it, depth + 1)) : []
    return join(parts, name === '$and' ? '&&' : '||')
  }
  const variable = variableOf(name)
  if (variable === null) return { fault: `there is nothing here for "${name}"` }
  if (!isOldFields(value)) return compare(variable, '==', value)
  return join(
    Object.entries(value).map(([operator, operand]) => testOf(variable, operator, operand)),
    '&&',
  )
}

function testOf(variable: string, operator: string, operand: unknown): ConditionText {
  const sign = COMPARISONS[operator]
  if (sign !== undefined) return compare(variable, sign, operand)
  if (operator !== '$in' && operator !== '$nin') return { fault: `"${operator}" has no counterpart here` }
  if (!Array.isArray(operand) || !operand.every((it) => typeof it === 'string')) {
    return { fault: `"${operator}" with other than texts has no counterpart here` }
  }
  const test = `${variable} in ${JSON.stringify(operand)}`
  return { text: operator === '$in' ? test : `!(${test})` }
}

function compare(variable: string, sign: string, operand: unknown): ConditionText {
  if (!['string', 'number', 'boolean'].includes(typeof operand))
    return { fault: 'it compares with a list or a map' }
  return { text: `${variable} ${sign} ${JSON.stringify(operand)}` }
}

function variableOf(name: string): string | null {
  if (name === 'params.model') return 'model'
  const key = /^metadata\.(.+)$/.exec(name)?.[1]
  return key === undefined ? null : `metadata[${JSON.stringify(key)}]`
}

function join(parts: readonly ConditionText[], sign: '&&' | '||'): ConditionText {
  const fault = parts.find((it) => 'fault' in it)
  if (fault !== undefined) return fault
  const texts = parts.flatMap((it) => ('text' in it ? [it.text] : []))
  if (texts.length === 0) return { fault: 'its query is empty' }
  return { text: texts.length === 1 ? (texts[0] ?? '') : texts.map((it) => `(${it})`).join(` ${sign} `) }
}
