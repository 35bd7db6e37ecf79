/**
 * The admin API's OpenAPI document as TypeScript: one type for each schema, one entry for each operation.
 *
 * Why our own: the document is ours, so only what it uses need be understood, and what the document says
 * that this does not understand is an error here instead of an `any` there.
 *
 * Used by `scripts/generate/sdk.mjs` and by the test that compares; nothing of it is part of the SDK.
 */
export interface ApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

export interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Content>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>
}

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

interface Content {
  readonly schema: Schema
}

export function writeTypes(document: ApiDocument): string {
  const schemas = Object.entries(document.components.schemas).sort(([a], [b]) => (a < b ? -1 : 1))
  const operations = listOperations(document)
  return [
    '/** Made from the OpenAPI document of the admin API by `npm run generate`. Do not edit. */',
    ...schemas.map(([name, schema]) => writeNamed(name, schema)),
    `/** What can be asked, by operation: its parts of the path, its query, its body, and the answer. */
export interface Operations {
${operations.map(writeOperation).join('\n')}
}`,
    `export const routes = {
${operations.map((it) => `  ${it.id}: { method: '${it.method.toUpperCase()}', path: '${it.path}' },`).join('\n')}
} as const satisfies Record<keyof Operations, { method: string; path: string }>`,
    '',
  ].join('\n\n')
}

export interface ListedOperation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** In the order of the document. */
export function listOperations(document: ApiDocument): ListedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const id = operation.operationId
      if (id === undefined) throw new Error(`${method} ${path} has no operationId`)
      return { id, method, path, operation }
    }),
  )
}

function writeNamed(name: string, schema: Schema): string {
  return `${writeComment(schema.description, '')}export type ${name} = ${writeSchema(schema, '')}`
}

function writeOperation({ id, operation }: ListedOperation): string {
  const lines = [
    `    params: ${writeParameters(operation, 'path')}`,
    `    query: ${writeParameters(operation, 'query')}`,
    `    body: ${writeBody(operation)}`,
    `    answer: ${writeAnswer(operation)}`,
  ]
  return `${writeComment(operation.summary, '  ')}  ${id}: {\n${lines.join('\n')}\n  }`
}

function writeParameters({ parameters = [] }: Operation, place: string): string {
  const found = parameters.filter((it) => it.in === place)
  if (found.length === 0) return '{}'
  const lines = found.map((it) => {
    const optional = it.required === true ? '' : '?'
    return `${writeComment(it.description, '      ')}      readonly ${it.name}${optional}: ${writeSchema(it.schema, '      ')}`
  })
  return `{\n${lines.join('\n')}\n    }`
}

/** Bodies that the server does not parse are described as text; they are sent as bytes or text. */
function writeBody({ requestBody }: Operation): string {
  if (requestBody === undefined) return 'undefined'
  const [type] = Object.keys(requestBody.content)
  const isJson = type === 'application/json' && Object.keys(requestBody.content).length === 1
  const schema = requestBody.content['application/json']?.schema
  const body = isJson && schema !== undefined ? writeSchema(schema, '    ') : 'string | Uint8Array'
  return requestBody.required === true ? body : `${body} | undefined`
}

function writeAnswer({ responses }: Operation): string {
  const content = responses['200']?.content ?? {}
  const schema = content['application/json']?.schema
  return schema === undefined ? 'string' : writeSchema(schema, '    ')
}

function writeSchema(schema: Schema, indent: string): string {
  if (schema.$ref !== undefined) return schema.$ref.replace('#/components/schemas/', '')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((it) => quote(it)).join(' | ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.map((it) => writeSchema(it, indent)).join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map((it) => writeSchema(it, indent)).join(' & ')
  if (schema.type === undefined) return 'unknown'
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type
  return types.map((it) => writeType(it, schema, indent)).join(' | ')
}

function writeType(type: string, schema: Schema, indent: string): string {
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'string' || type === 'boolean' || type === 'null') return type
  if (type === 'array') return writeList(writeSchema(schema.items ?? {}, indent))
  if (type === 'object') return writeObject(schema, indent)
  throw new Error(`the document has a type "${type}" that the generator does not know`)
}

function writeList(items: string): string {
  return /^\w+$/.test(items) ? `readonly ${items}[]` : `readonly (${items})[]`
}

function writeObject(schema: Schema, indent: string): string {
  const { properties, additionalProperties } = schema
  if (properties === undefined) {
    const value =
      typeof additionalProperties === 'object' ? writeSchema(additionalProperties, indent) : 'unknown'
    return `{ readonly [name: string]: ${value} }`
  }
  const inner = `${indent}  `
  const lines = Object.entries(properties).map(([name, it]) => {
    const optional = schema.required?.includes(name) === true ? '' : '?'
    return `${writeComment(it.description, inner)}${inner}readonly ${name}${optional}: ${writeSchema(it, inner)}`
  })
  return `{\n${lines.join('\n')}\n${indent}}`
}

function writeComment(text: string | undefined, indent: string): string {
  return text === undefined ? '' : `${indent}/** ${text} */\n`
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}
