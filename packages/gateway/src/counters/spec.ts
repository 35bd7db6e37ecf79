/** What can be set about where limits and budgets are counted that several gateways share. */
import { z } from 'zod'
import { LONGEST_MS, SECRET_EXPECTED, SECRET_PARAMS, setting } from '../contract/setting.ts'

const MOST_MS = 60_000

/** A password in an address has to be named by reference. */
function address(protocols: string, example: string) {
  const plain = new RegExp(`^(?:${protocols})://[^\\s]+$`)
  return z
    .string()
    .max(2000)
    .superRefine((text, context) => {
      if (!text.includes('${') && !plain.test(text)) {
        context.addIssue({ code: 'custom', message: `an address such as ${example}, or a reference to one` })
      }
      const password = /^[^/]+:\/\/[^/?#]*?:([^/?#]*)@/.exec(text)?.[1]
      if (password !== undefined && password !== '' && !password.includes('${')) {
        context.addIssue({ code: 'custom', message: SECRET_EXPECTED, params: SECRET_PARAMS })
      }
    })
}

const prefix = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,47}$/, {
    error: '1 to 48 lower-case letters, digits or "_" that start with a letter',
  })
  .default('changeover')

const redisSpec = z.strictObject({
  url: setting(
    address('rediss?', 'redis://127.0.0.1:6379'),
    'where the Redis is; a password is part of it and named by reference, or the whole address is',
  ),
  cluster: setting(
    z.boolean().default(false),
    'whether that is a node of a cluster; all counts are on one of its shards',
  ),
})

const postgresSpec = z.strictObject({
  url: setting(
    address('postgres(?:ql)?', 'postgres://changeover@127.0.0.1:5432/changeover'),
    'where the PostgreSQL is; a password is part of it and named by reference, or the whole address is',
  ),
})

export const counterStoreSpec = z
  .strictObject({
    redis: setting(redisSpec.optional(), 'counts are kept in a Redis'),
    postgres: setting(postgresSpec.optional(), 'counts are kept in a PostgreSQL'),
    prefix: setting(
      prefix,
      'what keys in Redis begin with, or the schema in PostgreSQL; gateways that name the same share their counts',
    ),
  })
  .refine((it) => (it.redis === undefined) !== (it.postgres === undefined), {
    error: 'either "redis" or "postgres"',
  })

export const counterModeSpec = z.enum(['exact', 'leased']).default('exact')
export const counterPortionSpec = z.number().gt(0).max(1).default(0.1)
export const counterUnreachableSpec = z.enum(['refuse', 'local']).default('refuse')
export const counterLocalShareSpec = z.number().gt(0).max(1).default(0.1)
export const counterTimeoutSpec = z.int().min(1).max(Math.min(MOST_MS, LONGEST_MS)).default(250)

export type CounterStoreSpec = z.output<typeof counterStoreSpec>
