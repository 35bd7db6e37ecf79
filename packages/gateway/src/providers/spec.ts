/** What can be set about providers: where they are, by which credential, and what they want otherwise than others. */
import { z } from 'zod'
import { isSecretHeader, isSecretReference, REFERENCE_PATTERN } from '../contract/secret.ts'
import {
  LONGEST_MS,
  refuseLiteralSecrets,
  SECRET_EXPECTED,
  SECRET_PARAMS,
  setting,
} from '../contract/setting.ts'
import type { ProviderKind } from '../contract/settings.ts'

export const PROVIDER_DEFAULTS = {
  // HTTP/1.1 carries one call a connection, and a stream holds it for minutes: this is the number of
  // calls in flight to one provider. Beyond it they wait; below it, idle connections close by themselves.
  connections: 4096,
} as const

export const SIMULATE_DEFAULTS = {
  // About what a small hosted model does, but quick enough that nobody waits for a demonstration.
  firstTokenMs: 80,
  tokensPerSecond: 120,
  tokens: 40,
  failureRate: 0,
  failureStatus: 503,
} as const

const simulateSpec = z.strictObject({
  firstTokenMs: setting(
    z.number().min(0).max(LONGEST_MS).default(SIMULATE_DEFAULTS.firstTokenMs),
    'wait before the first token',
    { unit: 'ms' },
  ),
  tokensPerSecond: setting(
    z.number().positive().max(1_000_000).default(SIMULATE_DEFAULTS.tokensPerSecond),
    'pace of the tokens after the first',
    { unit: 'tokens/s' },
  ),
  tokens: setting(z.int().min(1).max(1_000_000).default(SIMULATE_DEFAULTS.tokens), 'length of each reply', {
    unit: 'tokens',
  }),
  failureRate: setting(
    z.number().min(0).max(1).default(SIMULATE_DEFAULTS.failureRate),
    'share of the requests that fail, 0 to 1',
  ),
  failureStatus: setting(
    z.int().min(400).max(599).default(SIMULATE_DEFAULTS.failureStatus),
    'HTTP status of those that fail',
  ),
})

const secretReference = z.string().refine(isSecretReference, {
  error: SECRET_EXPECTED,
  params: SECRET_PARAMS,
})

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
const HEADER_NAME_EXPECTED = 'a header name (RFC 9110 token)'

/** Values may name secrets; where the header is for a credential, they must. */
const headersSpec = z
  .record(
    z.string().regex(HEADER_NAME, { error: HEADER_NAME_EXPECTED }),
    z.string().refine(isHeaderValue, { error: 'text without line breaks', params: { hidden: true } }),
  )
  .superRefine(refuseLiteralSecrets)

const KINDS = [
  'anthropic',
  'azure',
  'bedrock',
  'cerebras',
  'cohere',
  'deepseek',
  'fireworks',
  'gemini',
  'groq',
  'llama-cpp',
  'mistral',
  'ollama',
  'openai',
  'openai-compatible',
  'openrouter',
  'perplexity',
  'simulated',
  'together',
  'vertex',
  'vertex-anthropic',
  'vllm',
  'xai',
] as const satisfies readonly ProviderKind[]

/** Have no address of their own. */
const WITHOUT_ADDRESS: ReadonlySet<ProviderKind> = new Set(['azure', 'openai-compatible'])
/** Formats that their paths are of can be said in settings. */
const SPOKEN = ['openai-chat', 'openai-responses', 'openai-completions', 'anthropic-messages'] as const

const headerName = z.string().regex(HEADER_NAME, { error: HEADER_NAME_EXPECTED })
/** Headers of one exchange, and those that carry somebody's key, are nobody's to pass on. */
const passedHeader = headerName.refine((it) => !isKeptHeader(it), {
  error: 'a header that is neither of the connection nor for credentials',
})
const names = z.array(z.string().min(1).max(128)).max(128)
const nameMap = z.record(z.string().min(1).max(128), z.string().min(1).max(128))

const quirksSpec = z.strictObject({
  rename: setting(
    nameMap.optional(),
    'its own names for fields of a request, such as max_tokens for max_completion_tokens',
  ),
  takes: setting(
    names.optional(),
    'the only fields that it takes, by its own names; all others are left out with a warning',
  ),
  drops: setting(names.optional(), 'fields that it does not take, by its own names; left out with a warning'),
  needless: setting(
    names.optional(),
    'fields that it does without, because what they ask for is given anyway; left out without a warning',
  ),
  messageDrops: setting(
    names.optional(),
    'fields of messages that it does not take; left out with a warning',
  ),
  roles: setting(nameMap.optional(), 'its own names for the roles of messages, such as system for developer'),
  toolChoices: setting(nameMap.optional(), 'its own words for tool_choice, such as any for required'),
  callIdLength: setting(
    z.int().min(8).max(40).optional(),
    'takes ids of tool calls of exactly so many letters and digits; others are replaced, always in the same way',
    { unit: 'characters' },
  ),
  jsonSchema: setting(
    z.boolean().optional(),
    'false where it can answer with JSON, but not after a schema; any JSON object is asked for then, with a warning',
  ),
  mends: setting(
    z.boolean().optional(),
    'its answers are not quite of the format: they are read and written anew instead of passed on as they are',
  ),
})

const path = z
  .string()
  .regex(/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~:@!$&'()*+,;=-]+)+$/, {
    error: 'a path such as /chat/completions, without query, dots that climb, or escapes',
  })
  .nullable()
  .optional()

const pathsSpec = z.strictObject({
  'openai-chat': setting(path, 'path of chat completions'),
  'openai-responses': setting(path, 'path of responses'),
  'openai-completions': setting(path, 'path of text completions'),
  'openai-embeddings': setting(path, 'path of embeddings'),
  'anthropic-messages': setting(path, "path of Anthropic's messages"),
})

const keyHeaderSpec = z.strictObject({
  name: setting(headerName, 'name of the header, such as api-key'),
  scheme: setting(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]*$/, { error: 'one word' })
      .optional(),
    'word before the key, such as Bearer; without it the key stands alone',
  ),
})

const awsSpec = z.strictObject({
  accessKeyId: setting(secretReference, 'reference to the id of the key', { pattern: REFERENCE_PATTERN }),
  secretAccessKey: setting(secretReference, 'reference to the key', { pattern: REFERENCE_PATTERN }),
  sessionToken: setting(
    secretReference.optional(),
    'reference to the token of keys that are lent for a time',
    {
      pattern: REFERENCE_PATTERN,
    },
  ),
})

/** They become part of an address. */
const placeName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: 'small letters, digits and hyphens',
})

export const providerSpec = z
  .strictObject({
    kind: setting(z.enum(KINDS), 'which API it speaks; simulated answers by itself, without any network'),
    baseUrl: setting(
      z
        .string()
        .refine(isBaseUrl, { error: 'an http or https URL without query, user or trailing slash' })
        .optional(),
      'address up to the part that all calls share, such as https://api.openai.com/v1; each kind but azure and openai-compatible has its own',
    ),
    credential: setting(secretReference.optional(), 'reference to the API key', {
      pattern: REFERENCE_PATTERN,
    }),
    credentials: setting(
      z.array(secretReference).min(1).max(64).optional(),
      'references to several API keys, in place of credential: one is used until the provider refuses it (401, 403, 429), then the next',
    ),
    headers: setting(
      headersSpec.optional(),
      'further headers for each call; values may hold references, and those of credential headers must',
    ),
    connections: setting(
      z.int().min(1).max(65_535).default(PROVIDER_DEFAULTS.connections),
      'keep-alive connections at most; further calls wait for one',
      { unit: 'connections' },
    ),
    apiVersion: setting(
      z
        .string()
        .regex(/^\d{4}-\d{2}-\d{2}(?:-preview)?$/, { error: 'a version of the API such as 2024-10-21' })
        .optional(),
      'only for kind azure: dated version of the API, with which the deployment is in the path and baseUrl ends in /openai; without it baseUrl ends in /openai/v1',
    ),
    wire: setting(
      z.enum(SPOKEN).optional(),
      'format that requests of formats without a path of their own are translated into',
    ),
    paths: setting(
      pathsSpec.optional(),
      'paths below baseUrl of the formats that it speaks itself, so that callers of these formats are passed on untranslated; null takes one away that its kind has',
    ),
    keyHeader: setting(
      keyHeaderSpec.optional(),
      'header of the credential, where it is not that of its kind',
    ),
    quirks: setting(
      quirksSpec.optional(),
      'what it wants otherwise than OpenAI in chat requests; each goes before that of its kind',
    ),
    errorTexts: setting(
      z
        .array(z.string().regex(/^(?:\/[^/]+)+$/, { error: 'a JSON pointer' }))
        .max(16)
        .optional(),
      'JSON pointers to the text of its errors, beside the usual places',
    ),
    callerHeaders: setting(
      z.array(passedHeader).max(64).optional(),
      'headers of callers that are passed on to it; all others end at the gateway',
    ),
    replyHeaders: setting(
      z.array(passedHeader).max(64).optional(),
      'headers of its answers that are passed on to callers; all others end at the gateway',
    ),
    versionInBaggage: setting(
      z.boolean().default(false),
      'tells it the version that each request was made under, as config.version in the baggage header (W3C), beside what callers say there if callerHeaders names it',
    ),
    region: setting(
      placeName.optional(),
      'only for the kinds of bedrock and vertex: where it is, such as eu-central-1 or europe-west4; global is one of vertex',
    ),
    project: setting(
      placeName.optional(),
      'only for the kinds of vertex: the project whose models are asked',
    ),
    aws: setting(
      awsSpec.optional(),
      'only for kind bedrock: keys of an account that each request is signed with, in place of credential',
    ),
    passThrough: setting(
      z.boolean().default(false),
      'lets callers send it any request below its address, at /providers/{name}/…, with its credential; callers with an allow-list need providers/{name} on it',
    ),
    simulate: setting(simulateSpec.optional(), 'how a provider of kind simulated behaves'),
  })
  .superRefine((it, context) => {
    if (WITHOUT_ADDRESS.has(it.kind) && it.baseUrl === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['baseUrl'],
        message: `a URL, because kind ${it.kind} has no address of its own`,
      })
    }
    if (it.apiVersion !== undefined && it.kind !== 'azure') {
      context.addIssue({
        code: 'custom',
        path: ['apiVersion'],
        message: `no such setting for kind ${it.kind}, only for azure`,
      })
    }
    for (const [name, message] of placeIssues(it)) {
      context.addIssue({ code: 'custom', path: [name], message })
    }
    if (it.wire !== undefined && it.paths?.[it.wire] === null) {
      context.addIssue({ code: 'custom', path: ['wire'], message: 'a format that has a path' })
    }
    if (it.credentials !== undefined && it.credential !== undefined) {
      context.addIssue({ code: 'custom', path: ['credentials'], message: 'either credential or credentials' })
    }
    if (it.simulate !== undefined && it.kind !== 'simulated') {
      context.addIssue({
        code: 'custom',
        path: ['simulate'],
        message: `no such setting for kind ${it.kind}, only for simulated`,
      })
    }
  })

interface Placed {
  readonly kind: ProviderKind
  readonly baseUrl?: string | undefined
  readonly region?: string | undefined
  readonly project?: string | undefined
  readonly credential?: string | undefined
  readonly credentials?: readonly string[] | undefined
  readonly aws?: object | undefined
}

/** A region is signed for, so Bedrock needs one even at an address of one's own. */
function placeIssues(it: Placed): readonly (readonly [string, string])[] {
  const issues: [string, string][] = []
  const only = (name: 'region' | 'project' | 'aws', kinds: readonly ProviderKind[]) => {
    if (it[name] === undefined || kinds.includes(it.kind)) return
    issues.push([name, `no such setting for kind ${it.kind}, only for ${kinds.join(' and ')}`])
  }
  only('region', ['bedrock', 'vertex', 'vertex-anthropic'])
  only('project', ['vertex', 'vertex-anthropic'])
  only('aws', ['bedrock'])
  if (it.kind === 'bedrock' && it.region === undefined) {
    issues.push(['region', 'a region such as eu-central-1'])
  }
  const isVertex = it.kind === 'vertex' || it.kind === 'vertex-anthropic'
  if (isVertex && it.baseUrl === undefined) {
    if (it.region === undefined) issues.push(['region', 'a region such as europe-west4, or global'])
    if (it.project === undefined) issues.push(['project', 'the id of a project'])
  }
  if (it.aws !== undefined && (it.credential ?? it.credentials) !== undefined) {
    issues.push(['aws', 'either aws or credential'])
  }
  return issues
}

export type ProviderSpec = z.output<typeof providerSpec>
export type SimulateSpec = z.output<typeof simulateSpec>

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return (
    !text.endsWith('/') && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  )
}

/** Of the connection, of the message's frame, of the call itself, or for a credential. */
function isKeptHeader(name: string): boolean {
  return isSecretHeader(name) || KEPT_HEADER.test(name)
}

const KEPT_HEADER =
  /^(?:host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|via|forwarded|content-.*|accept-encoding|proxy-.*|x-forwarded-.*|x-real-ip|x-changeover-.*|traceparent|tracestate|set-cookie2?|date|server|location|retry-after)$/i

function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text)
}
