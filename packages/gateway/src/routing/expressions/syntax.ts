/**
 * What a condition is made of: a tree, small enough to be walked without fear.
 *
 * The language is a subset of CEL (Common Expression Language): literals, lists, comparison, `in`, `&&`, `||`,
 * `!`, `has()`, `size()`, `startsWith`, `endsWith`, `contains`. No loops, no regular expressions, no arithmetic:
 * a condition costs at most its own length. Why not a library: docs/decisions/2026-11-21-own-conditions.md.
 */

export type Node =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly at: number }
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  /** `metadata.team`, `headers["x-tier"]` */
  | { readonly kind: 'member'; readonly of: Node; readonly key: string; readonly at: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[]; readonly at: number }
  /** `model.startsWith("gpt-")` */
  | {
      readonly kind: 'method'
      readonly of: Node
      readonly name: string
      readonly args: readonly Node[]
      readonly at: number
    }
  | { readonly kind: 'not'; readonly of: Node; readonly at: number }
  | {
      readonly kind: 'pair'
      readonly sign: PairSign
      readonly left: Node
      readonly right: Node
      readonly at: number
    }

export type PairSign = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '&&' | '||'
