/**
 * `docs/reference/admin-api.md`: the OpenAPI document as a page to read. What it has to say beyond the document
 * (the token, preconditions, refusals) stands here, once.
 */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly schema: Schema
}

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

const head = `# Admin API

Made from the API's own description by \`npm run generate\`; the document itself is
[admin-api.openapi.json](../../spec/admin-api.openapi.json), and a running gateway serves it at \`/openapi.json\`.

It listens on \`127.0.0.1:8701\` unless \`--admin-host\` and \`--admin-port\` say otherwise.

**Token.** Everything but \`/healthz\`, \`/readyz\` and, on this machine, \`/metrics\` needs \`Authorization: Bearer TOKEN\`. The
token is \`CHANGEOVER_ADMIN_TOKEN\` of the gateway's environment, else it is made once and kept in \`.changeover/admin-token\`,
readable by its owner alone. There is no CORS, and bound to a loopback address the API answers only to loopback names in
\`Host\`.

**Changing.** A change answers at the swap. \`If-Match: "1.42"\` (or the digest) refuses it unless that version is in force;
without it, a change is refused when another came between. \`Idempotency-Key\` makes sending the same change twice the same as
once. \`traceparent\` becomes the parent of the request's span, and the reload is below that. Three headers are the caller's
own word, for history and audit: \`x-changeover-client\` (\`cli\` or \`console\`), \`x-changeover-actor\`, and
\`x-changeover-source\`, the name by which error messages call what was sent.

**Refusals** are \`application/problem+json\` (RFC 9457) with a stable \`code\`; see [Problem](#problem). Decide by \`code\` and
\`retry\`, never by a text. The version in force stays.

**One truth.** Where the settings are a file of the gateway's own, a change is written back into it, comments kept, after
it was taken; see [the decision](../decisions/2026-11-21-write-back.md).
`

export function writeReference(document: Record<string, unknown>): string {
  const { paths, components } = document as unknown as Document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, it]) => writeOperation(method, path, it)),
  )
  const schemas = Object.entries(components.schemas)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, it]) => writeSchema(name, it))
  return [head, '## Requests', '', ...operations, '## Bodies', '', ...schemas].join('\n')
}

function writeOperation(method: string, path: string, it: Operation): string {
  const body = Object.keys(it.requestBody?.content ?? {})
  const answer = Object.entries(it.responses['200']?.content ?? {})
  return [
    `### ${method.toUpperCase()} ${path}`,
    '',
    `${it.summary ?? ''}.${it.description === undefined ? '' : ` ${it.description}`}`,
    '',
    ...(it.parameters ?? []).map(writeParameter),
    ...(body.length === 0 ? [] : [`- body: ${body.map((type) => `\`${type}\``).join(', ')}${bodyName(it)}`]),
    ...answer.map(
      ([type, { schema }]) => `- answer: ${type === 'application/json' ? nameOf(schema) : `\`${type}\``}`,
    ),
    '',
  ].join('\n')
}

function bodyName(it: Operation): string {
  const schema = it.requestBody?.content['application/json']?.schema
  return schema?.$ref === undefined ? '' : ` ${nameOf(schema)}`
}

function writeParameter(it: Parameter): string {
  const fallback = it.schema.default === undefined ? '' : `, default ${JSON.stringify(it.schema.default)}`
  const about = it.description === undefined ? '' : `: ${it.description}`
  return `- ${it.in} \`${it.name}\` (${nameOf(it.schema)}${fallback})${about}`
}

function writeSchema(name: string, schema: Schema): string {
  const about = schema.description === undefined ? [] : [schema.description, '']
  const body = schema.enum === undefined ? writeFields(schema) : [nameOf(schema), '']
  return [`### ${name}`, '', ...about, ...body].join('\n')
}

function writeFields(schema: Schema): string[] {
  const parents = (schema.allOf ?? []).filter((it) => it.$ref !== undefined)
  const own = schema.allOf?.find((it) => it.properties !== undefined) ?? schema
  const fields = Object.entries(own.properties ?? {}).map(([name, it]) => {
    const optional = own.required?.includes(name) === true ? '' : '?'
    return `| \`${name}${optional}\` | ${nameOf(it).replaceAll('|', '\\|')} | ${it.description ?? ''} |`
  })
  const inherits = parents.length === 0 ? [] : [`All of ${parents.map(nameOf).join(' and ')}, and:`, '']
  return [...inherits, '| field | type | |', '|---|---|---|', ...fields, '']
}

function nameOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/components/schemas/', '')
    return `[${name}](#${name.toLowerCase()})`
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined) return schema.enum.map((it) => `\`${String(it)}\``).join(' | ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(nameOf).join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map(nameOf).join(' and ')
  if (schema.type === 'array') return `list of ${nameOf(schema.items ?? {})}`
  if (schema.type === undefined) return 'any'
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type
  return types.join(' | ')
}
