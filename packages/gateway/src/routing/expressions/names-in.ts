/**
 * What a condition speaks of, without running it: for keeping of a request what its rules ask, and for saying which
 * rules cannot be judged from a record.
 */
import { parseCondition } from './parse-condition.ts'
import type { Node } from './syntax.ts'

export interface NamesIn {
  /** `tokens`, `session`, … */
  readonly variables: ReadonlySet<string>
  /** In lower case. */
  readonly headers: ReadonlySet<string>
  readonly metadata: ReadonlySet<string>
}

/** The condition has been checked: throws where it cannot be read. */
export function namesIn(condition: string): NamesIn {
  const found = { variables: new Set<string>(), headers: new Set<string>(), metadata: new Set<string>() }
  const waiting: Node[] = [parseCondition(condition)]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.kind === 'name') found.variables.add(node.name)
    else if (node.kind === 'member' && node.of.kind === 'name') {
      if (node.of.name === 'headers') found.headers.add(node.key.toLowerCase())
      else if (node.of.name === 'metadata') found.metadata.add(node.key)
    } else waiting.push(...partsOf(node))
  }
  return found
}

function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'list':
      return node.items
    case 'member':
    case 'not':
      return [node.of]
    case 'call':
      return node.args
    case 'method':
      return [node.of, ...node.args]
    case 'pair':
      return [node.left, node.right]
    case 'literal':
    case 'name':
      return []
  }
}
