/** What can be set about kept answers. */
import { z } from 'zod'
import { secretReferencesIn } from '../contract/secret.ts'
import { LONGEST_MS, SECRET_EXPECTED, SECRET_PARAMS, setting } from '../contract/setting.ts'

export const CACHE_DEFAULTS = {
  // Long enough for what many ask in the same hour, short enough that what models say of today is of today.
  ttlMs: 600_000,
  // Some thirty thousand answers of a page; a tenth of what a small machine has.
  maxBytes: 67_108_864,
  // Longer answers are rare, and each would push a hundred others out.
  maxEntryBytes: 262_144,
  // Below the patience of most clients, above what most answers take.
  waitMs: 30_000,
  // Paraphrases lie above it in the usual models of embeddings, and most questions that differ in a word below.
  threshold: 0.95,
  // An embedding takes some 100 ms; whoever waits longer would have had the answer's first token.
  embedMs: 500,
  // Compared one by one: at 1,536 dimensions this is a few milliseconds at the worst.
  entries: 5_000,
  // On the same network an answer comes in one; a cache that is slower is worse than none.
  redisMs: 50,
} as const

const duration = z.int().min(1).max(LONGEST_MS)

const semanticSpec = z.strictObject({
  model: setting(
    z.string(),
    'the entry of models that embeds the last message of a request; asked before the model of the route is, and paid for',
  ),
  threshold: setting(
    z.number().min(0.5).max(1).default(CACHE_DEFAULTS.threshold),
    'how alike two messages must be, as the cosine of their embeddings',
  ),
  timeoutMs: setting(
    duration.default(CACHE_DEFAULTS.embedMs),
    'how long an embedding may take; then the request goes on without',
    { unit: 'ms' },
  ),
  maxEntries: setting(
    z.int().min(1).max(50_000).default(CACHE_DEFAULTS.entries),
    'messages that are remembered for comparison; beyond it the oldest are forgotten',
    { unit: 'messages' },
  ),
})

const redisUrl = z
  .string()
  .max(512)
  .refine((it) => secretReferencesIn(it).length > 0 || /^rediss?:\/\/[^@\s]+$/.test(it), {
    error: `redis://host:port/database or rediss://…; with a password ${SECRET_EXPECTED}`,
    params: SECRET_PARAMS,
  })

const redisSpec = z.strictObject({
  url: setting(redisUrl, 'where it is: redis://host:6379/0, or a secret reference where it holds a password'),
  timeoutMs: setting(
    duration.default(CACHE_DEFAULTS.redisMs),
    'how long it may take to answer; then nothing was kept there',
    { unit: 'ms' },
  ),
})

export const cacheSpec = z
  .strictObject({
    kind: setting(
      z.enum(['exact', 'semantic']).default('exact'),
      'exact: the same request; semantic: also one whose last message is alike while all else is the same',
    ),
    ttlMs: setting(duration.default(CACHE_DEFAULTS.ttlMs), 'how old an answer may be', { unit: 'ms' }),
    maxBytes: setting(
      z
        .int()
        .min(1024)
        .max(64 * 1024 ** 3)
        .default(CACHE_DEFAULTS.maxBytes),
      'memory for answers; beyond it the oldest go that nobody asked for since',
      { unit: 'bytes' },
    ),
    maxEntryBytes: setting(
      z
        .int()
        .min(64)
        .max(64 * 1024 ** 2)
        .default(CACHE_DEFAULTS.maxEntryBytes),
      'a larger answer is not kept',
      { unit: 'bytes' },
    ),
    waitMs: setting(
      duration.default(CACHE_DEFAULTS.waitMs),
      'how long a request waits for the answer to another that asked the same before it; then it asks for itself',
      { unit: 'ms' },
    ),
    sampled: setting(
      z.boolean().default(false),
      'whether answers are kept to requests that ask for a temperature above 0, which ask for different answers',
    ),
    store: setting(
      z.enum(['memory', 'redis']).default('memory'),
      'where answers are kept: in this process, or where other processes find them too',
    ),
    redis: setting(redisSpec.optional(), 'for store redis'),
    semantic: setting(semanticSpec.optional(), 'for kind semantic'),
  })
  .superRefine((it, context) => {
    const lacks = (path: string, expected: string) =>
      context.addIssue({ code: 'custom', path: [path], message: expected })
    if (it.kind === 'semantic' && it.semantic === undefined)
      lacks('semantic', 'semantic.model, for kind semantic')
    if (it.store === 'redis' && it.redis === undefined) lacks('redis', 'redis.url, for store redis')
  })

export type CacheSpec = z.output<typeof cacheSpec>
