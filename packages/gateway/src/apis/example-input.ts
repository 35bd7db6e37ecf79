/**
 * An input that shows what a schema asks for: the example that the schema brings, else one with its required
 * properties, each as short as can be. For people to start from; it need not pass every check.
 */
type Fields = Readonly<Record<string, unknown>>

const DEEPEST = 4

export function exampleOf(schema: Fields): unknown {
  return example(schema, 0)
}

function example(schema: unknown, depth: number): unknown {
  if (!isFields(schema)) return 'text'
  const { examples, default: usual, const: only, enum: allowed, type, anyOf, oneOf } = schema
  for (const list of [examples, allowed])
    if (Array.isArray(list) && list.length > 0) return list[0] as unknown
  if (usual !== undefined) return usual
  if (only !== undefined) return only
  if (depth > DEEPEST) return null
  for (const list of [anyOf, oneOf])
    if (type === undefined && Array.isArray(list) && list.length > 0) return example(list[0], depth + 1)
  return ofType(Array.isArray(type) ? type[0] : type, schema, depth)
}

function ofType(type: unknown, schema: Fields, depth: number): unknown {
  switch (type) {
    case 'object':
      return objectExample(schema, depth)
    case 'array':
      return schema['items'] === undefined ? [] : [example(schema['items'], depth + 1)]
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return 'text'
  }
}

function objectExample({ properties, required }: Fields, depth: number): Fields {
  const known = isFields(properties) ? properties : {}
  const names = Array.isArray(required) ? required.map(String) : Object.keys(known)
  return Object.fromEntries(names.map((name) => [name, example(known[name], depth + 1)]))
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
