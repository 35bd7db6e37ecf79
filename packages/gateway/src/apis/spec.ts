/**
 * What can be set about published APIs. Keyed `name@version`; what goes in and comes out of a version does not change
 * once it is published.
 */
import { z } from 'zod'
import { PLAIN_NAME, PLAIN_NAME_EXPECTED, setting } from '../contract/setting.ts'
import { isApiName } from './api-name.ts'
import { problemOfSchema } from './schema-shape.ts'

export { API_NAME_EXPECTED, isApiName } from './api-name.ts'

export const API_STATES = ['design', 'published', 'deprecated', 'retired'] as const

const tenantName = z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED })
const instant = z.iso.datetime({ offset: true })

const jsonSchema = z.record(z.string(), z.unknown()).superRefine((schema, context) => {
  const problem = problemOfSchema(schema)
  if (problem === null) return
  const { path, found, expected } = problem
  context.addIssue({ code: 'custom', message: expected, path: [...path], params: { found } })
})

const inputSchema = jsonSchema.refine((it) => it['type'] === 'object', {
  error: 'a schema with "type: object"',
  path: ['type'],
})

export const apiSpec = z
  .strictObject({
    route: setting(z.string(), 'the route or model that answers'),
    context: setting(
      z.string().optional(),
      'name@range of the context whose prompt the model gets, in place of that of the route; its variables are filled from the input, by name',
    ),
    message: setting(
      z.string().min(1).max(100_000).optional(),
      'what the user says to the model; {{name}} stands for the property of the input of that name; without it, the input as JSON',
    ),
    input: setting(
      inputSchema,
      'JSON Schema (2020-12) that the body of a request must keep to; references only within it',
    ),
    output: setting(
      jsonSchema.optional(),
      'JSON Schema (2020-12) that the answer keeps to; without it, the answer is text',
    ),
    invalidOutput: setting(
      z.enum(['refuse', 'retry']).default('refuse'),
      'what becomes of an answer that does not keep to output: refuse says 502, retry asks once more before that, as one of the attempts of the route',
    ),
    maxInputBytes: setting(
      z
        .int()
        .min(1)
        .max(8 * 1024 * 1024)
        .default(256 * 1024),
      'the largest body of a request that is taken',
      { unit: 'bytes' },
    ),
    state: setting(
      z.enum(API_STATES).default('design'),
      'design: for testers alone; published; deprecated: answers, and says that it will go; retired: says 410 and what comes after it',
    ),
    testers: setting(z.array(tenantName).default([]), 'tenants that may call it while it is in design'),
    tenants: setting(
      z.array(tenantName).min(1).optional(),
      'tenants that it is there for; to others it does not exist; without it, all',
    ),
    access: setting(
      z.enum(['open', 'subscription']).default('open'),
      'open: whoever sees it may call it; subscription: tenants ask first, and somebody has to approve',
    ),
    deprecatedAt: setting(instant.optional(), 'since when, or from when on, it should not be used'),
    sunsetAt: setting(instant.optional(), 'when it is expected to be gone'),
    successor: setting(
      z.string().refine(isApiName, { error: 'a name and a version, such as summarise@2.0.0' }).optional(),
      'name@version of what is to be used in its place',
    ),
    description: setting(z.string().max(10_000).optional(), 'what it is for, for those who call it'),
  })
  .superRefine((it, context) => {
    const refuse = (name: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (it.state === 'deprecated' && it.deprecatedAt === undefined)
      refuse('deprecatedAt', 'an instant, because the state is deprecated')
    const isEarly =
      it.deprecatedAt !== undefined &&
      it.sunsetAt !== undefined &&
      Date.parse(it.sunsetAt) < Date.parse(it.deprecatedAt)
    if (isEarly) refuse('sunsetAt', 'an instant that is not before deprecatedAt')
    if (it.invalidOutput === 'retry' && it.output === undefined)
      refuse('invalidOutput', 'refuse, because there is no output to keep to')
  })

export type ApiSpec = z.output<typeof apiSpec>
