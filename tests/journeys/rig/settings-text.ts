/**
 * Settings as text, from a tree: YAML as a person writes it, one value a line, so that a test can change a line by
 * what stands in it.
 */
export type Tree = { readonly [name: string]: Value }
type Value = string | number | boolean | readonly Value[] | Tree

export function toYaml(tree: Tree): string {
  return `${linesOf(tree).join('\n')}\n`
}

function linesOf(tree: Tree): string[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    if (Array.isArray(value)) return [`${name}:`, ...itemsOf(value as readonly Value[])]
    if (typeof value !== 'object') return [`${name}: ${JSON.stringify(value)}`]
    const lines = linesOf(value as Tree)
    return lines.length === 0 ? [`${name}: {}`] : [`${name}:`, ...indent(lines)]
  })
}

function itemsOf(list: readonly Value[]): string[] {
  return list.flatMap((item) => {
    if (typeof item !== 'object') return [`  - ${JSON.stringify(item)}`]
    const [first = '', ...rest] = linesOf(item as Tree)
    return [`  - ${first}`, ...indent(indent(rest))]
  })
}

function indent(lines: readonly string[]): string[] {
  return lines.map((it) => `  ${it}`)
}
