/** What can be set about providers: where they are, by which credential, and how a simulated one behaves. */
import { z } from 'zod'
import { isSecretReference, REFERENCE_PATTERN } from '../contract/secret.ts'
import {
  LONGEST_MS,
  refuseLiteralSecrets,
  SECRET_EXPECTED,
  SECRET_PARAMS,
  setting,
} from '../contract/setting.ts'

export const PROVIDER_DEFAULTS = {
  // HTTP/1.1 carries one call a connection, and a stream holds it for minutes: this is the number of
  // calls in flight to one provider. Beyond it they wait; below it, idle connections close by themselves.
  connections: 1024,
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

/** Values may name secrets; where the header is for a credential, they must. */
const headersSpec = z
  .record(
    z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: 'a header name (RFC 9110 token)' }),
    z.string().refine(isHeaderValue, { error: 'text without line breaks', params: { hidden: true } }),
  )
  .superRefine(refuseLiteralSecrets)

const KINDS = ['openai', 'openai-compatible', 'anthropic', 'simulated'] as const

export const providerSpec = z
  .strictObject({
    kind: setting(z.enum(KINDS), 'which API it speaks; simulated answers by itself, without any network'),
    baseUrl: setting(
      z
        .string()
        .refine(isBaseUrl, { error: 'an http or https URL without query, user or trailing slash' })
        .optional(),
      'address up to the part that all calls share, such as https://api.openai.com/v1; each kind but openai-compatible has its own',
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
    simulate: setting(simulateSpec.optional(), 'how a provider of kind simulated behaves'),
  })
  .superRefine((it, context) => {
    if (it.kind === 'openai-compatible' && it.baseUrl === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['baseUrl'],
        message: 'a URL, because kind openai-compatible has no address of its own',
      })
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

export type ProviderSpec = z.output<typeof providerSpec>
export type SimulateSpec = z.output<typeof simulateSpec>

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return (
    !text.endsWith('/') && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  )
}

function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text)
}
