/**
 * What tenants are told of the APIs that there are for them: a page with all of them and how to call each, a page of
 * one name with its versions, and an OpenAPI document for each version.
 *
 * Nothing here says which route, model or context is behind an API: that may change, and is not theirs to know.
 */
import type { CompiledApi, CompiledApis, SubscriptionState } from '../contract/apis.ts'
import { LATEST } from './api-name.ts'
import { exampleOf } from './example-input.ts'
import { withReferencesBelow } from './schema-shape.ts'

export interface DescribeFor {
  readonly tenant: string | null
  /** `https://gateway.example`; empty where it is not known. */
  readonly origin: string
  subscriptionTo(name: string): SubscriptionState | null
}

export function describeApis(apis: CompiledApis, it: DescribeFor): object {
  return { apis: apis.names(it.tenant).flatMap((name) => describeName(apis, name, it) ?? []) }
}

/** `null` when there is no such API for this tenant. */
export function describeName(apis: CompiledApis, name: string, it: DescribeFor): object | null {
  const versions = apis.versions(name, it.tenant)
  const usual = apis.find(name, LATEST, it.tenant)
  const shown = usual ?? versions[0]
  if (shown === undefined) return null
  return {
    name,
    description: shown.description,
    latest: usual?.version ?? null,
    ...(shown.needsSubscription
      ? {
          access: 'subscription',
          subscription: it.subscriptionTo(name),
          subscribe: `/v1/apis/${name}/subscriptions`,
        }
      : { access: 'open' }),
    versions: versions.map((api) => describeVersion(api, it)),
  }
}

function describeVersion(api: CompiledApi, it: DescribeFor): object {
  const path = pathOf(api)
  return {
    version: api.version,
    state: api.state,
    ...announced(api),
    output: api.outputSchema === null ? 'text' : 'json',
    ...(api.state === 'retired' ? {} : { call: { method: 'POST', path, curl: curlOf(api, it.origin) } }),
    openapi: `${path}/openapi.json`,
  }
}

function announced({ headers, successor }: CompiledApi): object {
  const said = (name: string): string | undefined => {
    const at = headers.indexOf(name)
    return at === -1 ? undefined : headers[at + 1]
  }
  const [deprecation, sunset] = [said('deprecation'), said('sunset')]
  const instant = (ms: number): string => new Date(ms).toISOString()
  return {
    ...(deprecation === undefined ? {} : { deprecatedAt: instant(Number(deprecation.slice(1)) * 1000) }),
    ...(sunset === undefined ? {} : { sunsetAt: instant(Date.parse(sunset)) }),
    ...(successor === null ? {} : { successor }),
  }
}

function pathOf({ name, version }: CompiledApi): string {
  return `/apis/${name}/${version}`
}

/** Of a value in single quotes only the quote itself means anything to a shell. */
function curlOf(api: CompiledApi, origin: string): string {
  const body = JSON.stringify(exampleOf(api.inputSchema)).replaceAll("'", `'\\''`)
  const headers = `-H "Authorization: Bearer $KEY" -H 'Content-Type: application/json'`
  return `curl ${headers} -d '${body}' '${origin}${pathOf(api)}'`
}

/** OpenAPI 3.1, whole by itself. */
export function openApiDocument(api: CompiledApi): object {
  const { name, version, outputSchema } = api
  return {
    openapi: '3.1.0',
    info: { title: name, version, ...(api.description === null ? {} : { description: api.description }) },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths: { [pathOf(api)]: { post: operationOf(api) } },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Input: withReferencesBelow(api.inputSchema, '/components/schemas/Input'),
        ...(outputSchema === null
          ? {}
          : { Output: withReferencesBelow(outputSchema, '/components/schemas/Output') }),
        Error: ERROR_SCHEMA,
      },
    },
  }
}

function operationOf(api: CompiledApi): object {
  const output =
    api.outputSchema === null
      ? { 'text/plain': { schema: { type: 'string' } } }
      : { 'application/json': { schema: { $ref: '#/components/schemas/Output' } } }
  const refusals = api.state === 'retired' ? { 410: REFUSALS[410] } : REFUSALS
  return {
    operationId: 'call',
    ...(api.state === 'deprecated' || api.state === 'retired' ? { deprecated: true } : {}),
    parameters: [
      {
        name: 'stream',
        in: 'query',
        description: 'whether the answer comes as it is made, as server-sent events',
        schema: { type: 'boolean', default: false },
      },
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Input' } } },
    },
    responses: {
      200: {
        description: 'The output',
        headers: {
          'x-changeover-api': { schema: { type: 'string' }, description: 'the version that answered' },
        },
        content: { ...output, 'text/event-stream': { schema: { type: 'string' } } },
      },
      ...Object.fromEntries(
        Object.entries(refusals).map(([status, description]) => [
          status,
          {
            description,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
          },
        ]),
      ),
    },
  }
}

const REFUSALS = {
  400: 'The input does not keep to its schema',
  401: 'No key, or one that is not known',
  403: 'The key may not call this',
  404: 'There is no such API',
  410: 'This version is retired',
  413: 'The input is too large',
  429: 'Too many requests',
  502: 'No usable answer was to be had',
} as const

const ERROR_SCHEMA = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', description: 'stable; what to decide by' },
        message: { type: 'string' },
        issues: {
          type: 'array',
          items: {
            type: 'object',
            required: ['pointer', 'message'],
            properties: { pointer: { type: 'string' }, message: { type: 'string' } },
          },
        },
      },
    },
  },
} as const
