/** What the route of `limits.ts` answers. */
import { z } from '@hono/zod-openapi'

export const LimitCount = z
  .object({
    kind: z.enum(['tenant', 'team', 'key']),
    holder: z.string().describe('who is counted: `acme`, `acme/research`, `acme/ci`'),
    of: z.enum(['limit', 'budget']),
    entry: z.string().describe('of `limits` or `budgets`'),
    counts: z.enum(['requests', 'inputTokens', 'outputTokens', 'tokens', 'concurrent', 'usd', 'calls']),
    most: z.number().describe('in requests, tokens, calls; dollars in millionths'),
    used: z.number().describe('or held by calls under way; more than `most` where estimates were too low'),
    left: z.number(),
    perMs: z.number().nullable().describe('period of a rate, in which as much drains as it takes'),
    period: z.string().nullable().describe('of a budget'),
    endsAt: z.iso.datetime().nullable().describe('when a budget begins anew'),
    shared: z.boolean().describe('counted together with other processes'),
  })
  .openapi('LimitCount')

export const LimitPage = z
  .object({ version: z.string(), counts: z.array(LimitCount).readonly() })
  .openapi('LimitPage')
