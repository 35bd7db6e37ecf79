/**
 * An input of a published API as the chat request that it stands for. The rest of its way is that of any request: the
 * context is filled, limits are asked, guards look at it, and a route answers it.
 */
import type { CompiledApi } from '../contract/apis.ts'
import { GatewayError } from '../errors.ts'
import { type Fields, isFields } from '../wire/fields.ts'
import { parseOrRefuse } from '../wire/parse-json.ts'
import { isDeeper } from '../wire/too-deep.ts'

/** Throws `request.too_large`, `request.not_json` or `apis.input`. */
export function readInput(api: CompiledApi, bytes: Buffer): Fields {
  if (bytes.length > api.maxInputBytes)
    throw new GatewayError('request.too_large', { limit: api.maxInputBytes })
  const input = parseOrRefuse(bytes.toString())
  if (!isFields(input)) throw new GatewayError('request.not_json', { reason: 'it is something else' })
  const issues = isDeeper(input, DEEPEST) ? TOO_DEEP : api.checkInput(input)
  if (issues === null) return input
  const { pointer, message: problem } = issues[0] ?? { pointer: '', message: 'is wrong' }
  throw new GatewayError('apis.input', { api: api.id, pointer, problem, issues })
}

/** Deeper than any input is; what follows it down (a schema, the writer of JSON) must not run out of stack. */
const DEEPEST = 100
const TOO_DEEP = [{ pointer: '', message: `is nested deeper than ${DEEPEST} levels` }]

/** In OpenAI's form, with the whole name of the API where a model would stand. */
export function chatRequestFor(
  api: CompiledApi,
  input: Fields,
  { stream, tenant }: { readonly stream: boolean; readonly tenant: string | null },
): Buffer {
  const { variables, message } = api.fill(input, tenant)
  const { outputSchema: schema } = api
  const format =
    schema === null
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: formatName(api), schema } } }
  return Buffer.from(
    JSON.stringify({
      model: askedModelOf(api),
      messages: [{ role: 'user', content: message }],
      ...(stream ? { stream } : {}),
      ...format,
      changeover: { variables },
    }),
  )
}

/** What records and spans say was asked for. */
export function askedModelOf(api: Pick<CompiledApi, 'id'>): string {
  return `apis/${api.id}`
}

/** Providers take letters, digits, "_" and "-". */
function formatName({ name }: CompiledApi): string {
  return name.replaceAll('.', '_')
}

export type Output =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: BadOutput }

type BadOutput = GatewayError<'apis.output'>

/** The JSON of an answer, by itself or in a fence, as many models write it. */
export function readOutput(api: CompiledApi, text: string): Output {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/i.exec(text)
  let value: unknown
  try {
    value = JSON.parse(fenced?.[1] ?? text)
  } catch {
    return bad(api, '', 'is no JSON')
  }
  const [issue] = api.checkOutput(value) ?? []
  return issue === undefined ? { ok: true, value } : bad(api, issue.pointer, issue.message)
}

function bad(api: CompiledApi, pointer: string, problem: string): Output {
  return { ok: false, error: new GatewayError('apis.output', { api: api.id, pointer, problem }) }
}
