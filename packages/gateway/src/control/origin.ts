/**
 * Who asks for a change, and how it wants to be treated: an `Origin`, from the headers of a request.
 *
 * The token says that the caller may; the name in `x-changeover-actor` is the caller's own word, and is
 * written down as such, as `admin:claimed:NAME`: of the one token there is, only `admin` is known.
 */
import type { Origin, SpanContext, Trigger } from '@changeover/reload'
import { GatewayError } from '../errors.ts'
import type { AskedRollout } from '../settings/rollout-policy.ts'

export interface RequestFacts {
  header(name: string): string | undefined
  /** Path of the route, for `source`. */
  readonly route: string
  readonly reason: string | undefined
  readonly force: boolean
  readonly allowShrink: boolean
  /** Empty where nothing was said. */
  readonly rollout: AskedRollout
  /** The request's own span: the reload becomes its child. */
  readonly span: SpanContext
}

const clients: Readonly<Record<string, Trigger>> = { cli: 'cli', console: 'console' }

export function readOrigin(facts: RequestFacts): Origin {
  const mediaType = facts.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  const ifMatch = readIfMatch(facts.header('if-match'))
  const idempotencyKey = readIdempotencyKey(facts.header('idempotency-key'))
  const reason = facts.reason?.trim()
  return {
    trigger: clients[facts.header('x-changeover-client') ?? ''] ?? 'admin_api',
    source: readSource(facts.header('x-changeover-source')) ?? facts.route,
    actor: readActor(facts.header('x-changeover-actor')),
    trace: facts.span,
    child: true,
    ...(mediaType === undefined ? {} : { mediaType: knownTypes[mediaType] ?? mediaType }),
    ...(reason === undefined || reason === '' ? {} : { reason: reason.slice(0, 500) }),
    ...(ifMatch === null ? {} : { ifMatch }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(facts.force ? { manual: true } : {}),
    ...hintOf(facts),
  }
}

function hintOf({ allowShrink, rollout }: RequestFacts): Pick<Origin, 'hint'> {
  const asksFor = Object.keys(rollout).length > 0
  if (!allowShrink && !asksFor) return {}
  return { hint: { ...(allowShrink ? { allowShrink } : {}), ...(asksFor ? { rollout } : {}) } }
}

/** Names in use before RFC 9512 gave YAML its own, and TOML's still unregistered one. */
const knownTypes: Readonly<Record<string, string>> = {
  'application/x-yaml': 'application/yaml',
  'text/yaml': 'application/yaml',
  'text/x-yaml': 'application/yaml',
  'text/toml': 'application/toml',
  'application/x-toml': 'application/toml',
}

/** The version or digest between the quotes; `null` for none and for `*`. */
export function readIfMatch(header: string | undefined): string | null {
  if (header === undefined || header.trim() === '*') return null
  const tag = /^"([^"]+)"$/.exec(header.trim())?.[1]
  if (tag === undefined)
    throw new GatewayError('control.bad_request', {
      field: 'If-Match',
      found: header,
      expected: 'one version or digest in quotes, such as "1.42"',
    })
  return tag
}

function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || /^[\x21-\x7e]{1,200}$/.test(header)) return header
  throw new GatewayError('control.bad_request', {
    field: 'Idempotency-Key',
    found: 'something else',
    expected: '1 to 200 printable characters without spaces',
  })
}

/** The caller's own name for what it sends, such as a file's: errors then name it. */
function readSource(header: string | undefined): string | undefined {
  const name = header?.replaceAll(/[^\w./@+-]/g, '').slice(-200)
  return name === '' ? undefined : name
}

function readActor(header: string | undefined): string {
  const name = header?.replaceAll(/[^\w.@+-]/g, '').slice(0, 80)
  return name === undefined || name === '' ? 'admin' : `admin:claimed:${name}`
}
