/** Bodies of the admin API's answers about calls. The rest: `schemas.ts`. */
import { z } from '@hono/zod-openapi'

const instant = z.string().describe('RFC 3339')
const version = z.string().describe('`epoch.seq`, such as `1.42`')

const tokens = z.number().optional()
/** As the provider counted them, kind by kind. */
const Tokens = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedInputTokens: tokens,
  cacheWriteTokens: tokens,
  cacheWriteHourTokens: tokens,
  reasoningTokens: tokens,
  inputAudioTokens: tokens,
  outputAudioTokens: tokens,
  inputImageTokens: tokens,
  outputImageTokens: tokens,
  cachedAudioTokens: tokens,
  cachedImageTokens: tokens,
  serviceTier: z.string().optional(),
  toolCalls: z.record(z.string(), z.number()).optional(),
})

const AttemptBill = z
  .object({
    price: z.string(),
    costMicroUsd: z.number().int().nullable(),
    tokens: Tokens,
    estimated: z.literal(true).optional(),
  })
  .openapi('AttemptBill')

export const CallAttempt = z
  .object({
    bill: AttemptBill.optional().describe(
      'of one that failed before it answered or was outrun, and was billed',
    ),
    target: z.string(),
    status: z.number().nullable(),
    error: z.string(),
    durationMs: z.number(),
    kind: z
      .enum(['hedge', 'mirror', 'embedding'])
      .optional()
      .describe(
        'beside the others: to be faster, as a copy that nobody was answered from, or to find an answer to the like',
      ),
    by: z
      .string()
      .optional()
      .describe(
        'why it was made after the first: `key`, `retry`, `other`, `fallback`, or `fallback:` and a kind of failure',
      ),
  })
  .openapi('CallAttempt')

export const Call = z
  .object({
    id: z.string(),
    startedAt: instant,
    durationMs: z.number(),
    firstTokenMs: z.number().nullable(),
    version,
    tenant: z.string().nullable(),
    key: z.string().nullable().describe('tenant and name of the key, never the key'),
    route: z.string().nullable(),
    target: z.string().nullable(),
    context: z.string().nullable(),
    stream: z.boolean(),
    status: z.number().int(),
    error: z.string().describe('a code; empty on success'),
    inputTokens: z.number().nullable().describe('all of the request, those of the cache among them'),
    outputTokens: z.number().nullable().describe('all of the reply, those of reasoning among them'),
    cachedInputTokens: z.number().nullable(),
    cacheWriteTokens: z.number().nullable(),
    reasoningTokens: z.number().nullable(),
    inputAudioTokens: z.number().nullable(),
    outputAudioTokens: z.number().nullable(),
    costMicroUsd: z
      .number()
      .int()
      .nullable()
      .describe("of all attempts that were billed, at the prices of the call's version and day"),
    pricedBy: z
      .enum(['settings', 'shipped'])
      .nullable()
      .describe('whose prices: of the settings, or of the catalogue that ships with the gateway'),
    price: z
      .string()
      .nullable()
      .optional()
      .describe('entry of the catalogue and digest of its prices: `openai/gpt-5.4@3f2a9c1d0b7e`'),
    estimated: z
      .literal(true)
      .optional()
      .describe('the provider’s last count never came: tokens and cost are estimated by what did'),
    cacheWriteHourTokens: z.number().optional(),
    inputImageTokens: z.number().optional(),
    outputImageTokens: z.number().optional(),
    cachedAudioTokens: z.number().optional(),
    cachedImageTokens: z.number().optional(),
    serviceTier: z.string().optional().describe('how the provider served the call, where not as usual'),
    toolCalls: z
      .record(z.string(), z.number())
      .optional()
      .describe('of tools that the provider ran itself, as it counted them'),
    attempts: z.array(CallAttempt).readonly(),
    traceId: z.string(),
    requestBytes: z.number(),
    replyBytes: z.number(),
    rollout: z.string().nullable().describe('the rollout that split traffic when the call began'),
    role: z
      .enum(['candidate', 'current'])
      .nullable()
      .describe('which of the two versions answered, where two were compared'),
    cohort: z.number().int().nullable().describe('the point, 0 to 9999, that the unit of the call hashes to'),
    unit: z.enum(['request', 'session', 'tenant', 'key']).nullable().describe('what was assigned as one'),
    askedModel: z.string().nullable().describe('what the caller put into `model`'),
    endpoint: z.string().nullable().describe('the pattern of the path'),
    session: z.string().nullable().describe('a hash over tenant and session; never the session itself'),
    finish: z
      .enum([
        'stop',
        'length',
        'tool_calls',
        'content_filter',
        'refusal',
        'context_length',
        'pause',
        'error',
        'malformed',
      ])
      .nullable()
      .describe('why the model stopped'),
    schemaValid: z
      .boolean()
      .nullable()
      .describe(
        'whether the reply kept to the JSON schema that the caller asked for; null when not looked at',
      ),
    rule: z.string().nullable().describe('JSON pointers of the rules that led to the route'),
    choice: z.string().nullable().describe('among which targets one was chosen, and how'),
    cache: z
      .enum(['exact', 'semantic', 'joined', 'miss', 'bypass'])
      .optional()
      .describe('what the cache of the route made of it; absent where there was none'),
    asked: z
      .object({
        sensitive: z.boolean(),
        region: z.string(),
        inputTokens: z.number(),
        maxOutputTokens: z.number().nullable(),
        modalities: z.array(z.enum(['text', 'image', 'audio', 'file', 'tools'])).readonly(),
        prompt: z.tuple([z.number(), z.number()]).readonly().describe('a hash over so many characters'),
        headers: z.record(z.string(), z.string().nullable()),
        metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
        variables: z.array(z.string()).readonly().describe('names of the prompt variables that were sent'),
        claims: z
          .object({ team: z.string().nullable(), allow: z.array(z.string()).readonly() })
          .partial()
          .describe("what the caller's token said beside who it is of, as far as settings read it"),
      })
      .partial()
      .optional()
      .describe('what rules ask of a request, as far as it was at hand: for plans'),
    guards: z
      .array(
        z.object({
          guard: z.string(),
          did: z.enum(['blocked', 'masked', 'unmasked', 'noted', 'shadowed', 'unsure']),
          count: z.int(),
        }),
      )
      .readonly()
      .optional()
      .describe('what guardrails found, by guard; never what it was'),
    skipped: z
      .array(
        z.object({
          target: z.string(),
          reason: z.enum(['breaker', 'ejected', 'sensitive', 'region', 'full']),
        }),
      )
      .readonly()
      .optional()
      .describe('targets that were passed by'),
    feedback: z
      .object({ at: z.string(), score: z.number(), comment: z.string().nullable() })
      .optional()
      .describe('what its user said of it; only of one call'),
    warnings: z
      .array(z.string())
      .readonly()
      .optional()
      .describe('what the caller asked for and the target could not honour'),
  })
  .openapi('Call')

export const CallPage = z
  .object({
    calls: z.array(Call).readonly(),
    next: z.string().nullable().describe('`cursor` of the next page'),
  })
  .openapi('CallPage')
