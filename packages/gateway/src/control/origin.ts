/**
 * Who asks for a change, and how it wants to be treated: an `Origin`, from the headers of a request.
 *
 * Whoever has a token of his own, or one of an identity provider, is written down as what was proven, such as
 * `user:bo`. Of the owner's token only that is known; the name in `x-changeover-actor` is then the caller's own word,
 * and is written down as such, as `admin:claimed:NAME`.
 */
import type { Origin, SpanContext, Trigger } from '@changeover/reload'
import type { Identity } from '../contract/access.ts'
import { GatewayError } from '../errors.ts'
import type { AskedRollout } from '../settings/rollout-policy.ts'

export interface RequestFacts {
  header(name: string): string | undefined
  /** Path of the route, for `source`. */
  readonly route: string
  readonly reason: string | undefined
  /** That the settings are from, as the asker says. */
  readonly commit: string | undefined
  readonly force: boolean
  readonly emergency: boolean
  readonly identity: Identity
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
  if (facts.emergency && (reason === undefined || reason === ''))
    throw new GatewayError('access.reason_missing', {})
  return {
    trigger: clients[facts.header('x-changeover-client') ?? ''] ?? 'admin_api',
    source: readSource(facts.header('x-changeover-source')) ?? facts.route,
    actor:
      facts.identity.by === 'owner' ? readActor(facts.header('x-changeover-actor')) : facts.identity.person,
    trace: facts.span,
    child: true,
    ...(mediaType === undefined ? {} : { mediaType: knownTypes[mediaType] ?? mediaType }),
    ...(reason === undefined || reason === '' ? {} : { reason: reason.slice(0, 500) }),
    ...(ifMatch === null ? {} : { ifMatch }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(facts.force ? { manual: true } : {}),
    ...(facts.emergency ? { emergency: true } : {}),
    ...hintOf(facts),
  }
}

function hintOf({ commit, allowShrink, rollout, identity }: RequestFacts): Pick<Origin, 'hint'> {
  const hint = {
    ...(commit === undefined ? {} : { commit }),
    ...(allowShrink ? { allowShrink } : {}),
    ...(Object.keys(rollout).length > 0 ? { rollout } : {}),
    // The owner may everything: what he changes need not be looked at.
    ...(identity.by === 'owner' ? {} : { asker: identity }),
  }
  return Object.keys(hint).length === 0 ? {} : { hint }
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
