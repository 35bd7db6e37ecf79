/** Bodies of the admin API's answers about money: bills, and calls by other prices. */
import { z } from '@hono/zod-openapi'

const instant = z.string().describe('RFC 3339')
const recordsFrom = instant
  .nullable()
  .describe('when the oldest record began that is still kept: calls before it are in no sum; null for none')
const microUsd = z.number().int().describe('millionths of a dollar')

export const BillLine = z
  .object({
    name: z.string().nullable().describe('null: of nobody that is named'),
    copies: z.boolean().describe('of copies to mirrors and shadows, which are in no cost of a caller'),
    calls: z.number().int().describe('copies, where the line is of those'),
    inputTokens: z.number().int(),
    outputTokens: z.number().int(),
    costMicroUsd: microUsd,
    estimatedMicroUsd: microUsd.describe(
      'of that, what is estimated because the provider’s count never came',
    ),
    unpriced: z
      .number()
      .int()
      .describe(
        'calls with an attempt that nobody had said a price for, by model such attempts; what those cost is in no sum',
      ),
  })
  .openapi('BillLine')

export const Bill = z
  .object({
    from: instant,
    to: instant.describe('not in it any more'),
    recordsFrom,
    by: z.enum(['tenant', 'key', 'model']),
    repricing: z.string().nullable().describe('at whose costs; null at those of the records'),
    total: BillLine,
    lines: z.array(BillLine).readonly().describe('the dearest first; they add up to the total'),
  })
  .openapi('Bill')

export const RepricedLine = z
  .object({
    name: z.string().nullable(),
    copies: z.boolean(),
    beforeMicroUsd: microUsd,
    afterMicroUsd: microUsd,
    kept: z
      .number()
      .int()
      .describe('calls, by model attempts of them, that the prices name nothing for: they are as they were'),
    unpriced: z
      .number()
      .int()
      .describe('those with something that has no price by these either: what that cost is in no sum'),
  })
  .openapi('RepricedLine')

const sums = {
  prices: z.string().describe('by which: `version 1.7`, or the name of a file and the digest of its bytes'),
  from: instant,
  to: instant.describe('not in it any more'),
  calls: z.number().int().describe('of which anything was counted'),
  repriced: z
    .number()
    .int()
    .describe('of those, the ones with a new cost; the others are taken as they were'),
  beforeMicroUsd: microUsd,
  afterMicroUsd: microUsd,
}

export const Repriced = z
  .object({
    id: z.string().nullable().describe('`rp_…`, to ask for bills by; null for a look'),
    ...sums,
    recordsFrom,
    unpriced: z.number().int().describe('as of its lines, in calls'),
    byModel: z.array(RepricedLine).readonly(),
    byTenant: z.array(RepricedLine).readonly(),
  })
  .openapi('Repriced')

export const RepricingPage = z
  .object({
    repricings: z
      .array(z.object({ id: z.string().describe('`rp_…`'), at: instant, by: z.string(), ...sums }))
      .readonly(),
  })
  .openapi('RepricingPage')
