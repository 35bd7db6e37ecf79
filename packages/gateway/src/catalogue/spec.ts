/**
 * What can be set about what models are and cost: entries of the section `catalogue`, by `provider kind/model id`.
 *
 * The list that ships with the gateway (`shipped.json`) has the same form, so that a price which has changed
 * is a reload and not a release: an entry of the settings stands in the place of the shipped one, whole.
 */
import { z } from 'zod'
import { setting } from '../contract/setting.ts'

/** Dearer than any price there is; a price in cents per token, written here by mistake, is above it. */
const DEAREST = 100_000
const MOST_TOKENS = 1_000_000_000

const perMillion = z.number().min(0).max(DEAREST)
const USD = { unit: 'USD per million tokens' } as const

const amounts = {
  input: setting(perMillion, 'tokens of the request', USD),
  output: setting(perMillion.default(0), 'tokens of the reply, those of reasoning among them', USD),
  cachedInput: setting(
    perMillion.optional(),
    "tokens read from the provider's prompt cache; without it as input",
    USD,
  ),
  cacheWrite: setting(
    perMillion.optional(),
    "tokens written to the provider's prompt cache; without it as input",
    USD,
  ),
  cacheWriteHour: setting(
    perMillion.optional(),
    'of those written, the ones that are kept for an hour; without it as cacheWrite',
    USD,
  ),
  inputAudio: setting(perMillion.optional(), 'tokens of audio in the request; without it as input', USD),
  cachedAudio: setting(
    perMillion.optional(),
    "tokens of audio read from the provider's prompt cache; without it as cachedInput",
    USD,
  ),
  outputAudio: setting(perMillion.optional(), 'tokens of audio in the reply; without it as output', USD),
  inputImage: setting(perMillion.optional(), 'tokens of pictures in the request; without it as input', USD),
  outputImage: setting(perMillion.optional(), 'tokens of pictures in the reply; without it as output', USD),
  reasoning: setting(
    perMillion.optional(),
    'tokens of reasoning, where they cost other than the rest of the output',
    USD,
  ),
} as const

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/
const timeOfDay = z.string().regex(CLOCK, { error: 'a time of day as HH:MM, in UTC' })

const tierSpec = z.strictObject({
  tokens: setting(
    z.int().min(1).max(MOST_TOKENS),
    'the tier counts for the whole call when the request has more tokens than this',
    { unit: 'tokens' },
  ),
  ...amounts,
})

const hoursSpec = z
  .strictObject({
    from: setting(timeOfDay, 'begin of the daily period, in UTC'),
    until: setting(timeOfDay, 'end of the daily period, in UTC; before its begin when it spans midnight'),
    ...amounts,
  })
  .refine((it) => it.from !== it.until, {
    error:
      'another time than from: a period of no length never counts, and the price itself is that of all other hours',
    path: ['until'],
  })

/** As `wire/tool-calls.ts` names them. */
const TOOL = /^[a-z][a-z0-9_]{0,31}$/

/** As providers write it. */
const SERVICE = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
const factor = z.number().min(0).max(100)

/** Refuses an entry that stands for the same as one before it: which of the two counts would be chance. */
function once<It>(keyOf: (it: It) => unknown, field: string, expected: string) {
  return (list: readonly It[], context: z.RefinementCtx): void => {
    const seen = new Set<unknown>()
    for (const [i, it] of list.entries()) {
      const key = keyOf(it)
      if (seen.has(key)) context.addIssue({ code: 'custom', path: [i, field], message: expected })
      seen.add(key)
    }
  }
}

const priceSpec = z.strictObject({
  from: setting(
    z.iso.date().optional(),
    'first day of the price, in UTC; without it the price has always been',
  ),
  ...amounts,
  request: setting(z.number().min(0).max(DEAREST).optional(), 'for each call, whatever its length', {
    unit: 'USD',
  }),
  tools: setting(
    z
      .record(
        z.string().regex(TOOL),
        setting(z.number().min(0).max(DEAREST), 'for each call of it', { unit: 'USD' }),
      )
      .optional(),
    'for each call of a tool that the provider runs and counts: web_search, x_search, file_search, … by the word in its answer without `_requests` or `_calls`',
  ),
  above: setting(
    z
      .array(tierSpec)
      .max(8)
      .superRefine(once((it) => it.tokens, 'tokens', 'a bound that no tier before it has'))
      .optional(),
    'prices of long requests',
  ),
  hours: setting(
    z.array(hoursSpec).max(8).optional(),
    'prices at certain hours; the first that fits counts, for requests that are in no tier',
  ),
  services: setting(
    z.record(z.string().regex(SERVICE), setting(factor, 'times all amounts of the price')).optional(),
    "what all amounts are multiplied by when the provider says that it served the call so, by the provider's word: flex, batch, priority",
  ),
})

const tokens = z.int().min(1).max(MOST_TOKENS).optional()
const MODALITIES = ['text', 'image', 'audio', 'video', 'pdf', 'embedding'] as const
const modalities = z.array(z.enum(MODALITIES)).optional()

export const catalogueSpec = z.strictObject({
  contextTokens: setting(tokens, 'request and reply together', { unit: 'tokens' }),
  outputTokens: setting(tokens, 'the longest reply', { unit: 'tokens' }),
  takes: setting(modalities, 'what a request may hold'),
  gives: setting(modalities, 'what a reply may hold'),
  prices: setting(
    z
      .array(priceSpec)
      .max(64)
      .superRefine(once((it) => it.from, 'from', 'a first day that no price before it has'))
      .default([]),
    'prices by their first day, in any order; the latest that has begun counts',
  ),
})

export type CatalogueEntry = z.output<typeof catalogueSpec>
export type PriceSpec = CatalogueEntry['prices'][number]
