/** What the routes of `apis.ts` take and answer. */
import { z } from '@hono/zod-openapi'

const instant = z.string().describe('RFC 3339')
const state = z.enum(['design', 'published', 'deprecated', 'retired'])

export const SubscriptionState = z.enum(['pending', 'approved', 'refused', 'revoked'])

export const ListedApi = z
  .object({
    id: z.string().describe('`summarise@1.2.0`'),
    name: z.string(),
    version: z.string(),
    state,
    access: z.enum(['open', 'subscription']),
    route: z.string(),
    context: z.string().nullable(),
    tenants: z.array(z.string()).readonly().nullable().describe('that it is there for; `null` for all'),
    testers: z.array(z.string()).readonly(),
    deprecatedAt: instant.nullable(),
    sunsetAt: instant.nullable(),
    successor: z.string().nullable(),
    description: z.string().nullable(),
  })
  .openapi('ListedApi')

export const ListedApiPage = z
  .object({
    version: z.string().describe('of the settings in force'),
    apis: z.array(ListedApi).readonly().describe('by name, newest version first'),
  })
  .openapi('ListedApiPage')

export const Subscription = z
  .object({
    api: z.string(),
    tenant: z.string(),
    state: SubscriptionState,
    askedBy: z.string().describe('tenant and name of the key, never the key'),
    askedAt: instant,
    note: z.string(),
    decidedBy: z.string().nullable(),
    decidedAt: instant.nullable(),
    reason: z.string(),
  })
  .openapi('Subscription')

export const SubscriptionPage = z
  .object({ subscriptions: z.array(Subscription).readonly() })
  .openapi('SubscriptionPage')

export const SubscriptionHistory = z
  .object({
    subscription: Subscription,
    words: z
      .array(z.object({ at: instant, state: SubscriptionState, who: z.string(), reason: z.string() }))
      .readonly()
      .describe('everything that was ever said about it, oldest first'),
  })
  .openapi('SubscriptionHistory')
