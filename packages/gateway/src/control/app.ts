/**
 * The kind of application that the admin API is, and what all its routes share: the body they were sent, the
 * span they run under, the way they describe refusals.
 */

import type { Span } from '@changeover/reload'
import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Identity } from '../contract/access.ts'
import { GatewayError } from '../errors.ts'
import { expectedText } from '../settings/issue-texts.ts'
import { readOrigin } from './origin.ts'
import { readOverrideMs } from './override.ts'
import { readRollout } from './rollout-query.ts'
import { Problem } from './schemas.ts'

export type AdminEnv = {
  /** Given by the server, which has proven it. */
  Bindings: { identity?: Identity }
  Variables: { span: Span; isGuarded?: boolean }
}
export type AdminApp = OpenAPIHono<AdminEnv>
export type AdminContext = Context<AdminEnv>

/** Settings, sealed or not, are smaller; the engine's own limits are tighter and say more. */
export const bodyLimitBytes = 32 * 1024 * 1024

export function createApp(): AdminApp {
  return new OpenAPIHono<AdminEnv>({
    defaultHook: (result, c) => {
      if (result.success) return
      const [first] = result.error.issues
      const field = fieldOf(first, result.target)
      const sent = result.target === 'query' ? c.req.query(field) : undefined
      throw new GatewayError('control.bad_request', {
        field,
        found: sent === undefined ? 'something else' : `"${sent.slice(0, 40)}"`,
        expected: expectedOf(first),
      })
    },
  })
}

type Issue = z.core.$ZodIssue

/** Also of a name that there is not. */
function fieldOf(issue: Issue | undefined, target: string): string {
  if (issue?.code === 'unrecognized_keys') return issue.keys[0] ?? target
  return issue?.path.map(String).join('.') ?? target
}

function expectedOf(issue: Issue | undefined): string {
  if (issue === undefined) return 'what the API document says'
  return issue.code === 'unrecognized_keys' ? 'a name that the API document has' : expectedText(issue)
}

/** `default` response of every route. */
export const refusal = {
  description: 'Refused; `code` says why.',
  content: { 'application/problem+json': { schema: Problem } },
} as const

export function json<Schema>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } } as const
}

/**
 * A body that the engine reads, not we: described, and not parsed. Positions in error messages are those of
 * the bytes that were sent.
 */
export function rawBody(description: string, types: readonly string[]) {
  const content = Object.fromEntries(types.map((it) => [it, { schema: { type: 'string' as const } }]))
  return { requestBody: { description, required: true, content } }
}

export async function readBytes(c: AdminContext): Promise<Uint8Array> {
  return new Uint8Array(await c.req.arrayBuffer())
}

/** How long what is asked for is to serve; `null` for what is to stay. */
export function overrideMsOf(c: AdminContext): number | null {
  const text = c.req.query('override')
  return text === undefined ? null : readOverrideMs(text)
}

/** Who asks. Throws `control.unauthorised` where nobody has proven anything. */
export function identityOf(c: AdminContext): Identity {
  // Without a server around it, as in a test that says nothing, there are no bindings at all.
  const { identity } = c.env ?? {}
  if (identity === undefined) throw new GatewayError('control.unauthorised', {})
  return identity
}

export function originOf(c: AdminContext, more: { reason?: string | undefined } = {}) {
  return readOrigin({
    header: (name) => c.req.header(name),
    route: `${c.req.method} ${c.req.path}`,
    reason: more.reason ?? c.req.query('reason'),
    commit: c.req.query('commit'),
    force: c.req.query('force') === 'true',
    emergency: c.req.query('emergency') === 'true',
    identity: identityOf(c),
    allowShrink: c.req.query('allowShrink') === 'true',
    rollout: readRollout(c.req.query()),
    span: c.var.span.context,
  })
}
