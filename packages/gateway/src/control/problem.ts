/**
 * Every way in which the admin API says no, as `application/problem+json` (RFC 9457).
 *
 * Status and text come from the error tables, by code; what has no code is a bug and says nothing more.
 */
import { type Issue, isReloadError, type Receipt, rules as reloadRules, sayError } from '@changeover/reload'
import { rules as gatewayRules, isGatewayError } from '../errors.ts'

export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly retry: boolean
  readonly issues?: readonly Issue[]
  readonly attempt?: string
  readonly traceId?: string
  readonly version?: string | null
}

interface AnyRule {
  readonly status: number
  readonly retry: boolean
  readonly blame: string
}

const tables: Readonly<Record<string, AnyRule>> = { ...reloadRules, ...gatewayRules }

const titles: Readonly<Record<number, string>> = {
  400: 'Not understood',
  401: 'Token needed',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  412: 'Other version in force',
  413: 'Too large',
  415: 'Content type not read here',
  421: 'Not this host',
  422: 'Refused',
  429: 'Too many',
  500: 'Bug in the gateway',
  503: 'Not now',
}

export function problem(code: string, detail: string, more: Partial<ProblemBody> = {}): ProblemBody {
  const { status, retry } = tables[code] ?? { status: 500, retry: false }
  return {
    type: `urn:changeover:error:${code}`,
    title: titles[status] ?? 'Refused',
    status,
    detail,
    code,
    retry,
    ...more,
  }
}

/** What was thrown, as a problem; `gateway.bug` for whatever has no code. */
export function problemOf(error: unknown): ProblemBody {
  if (isReloadError(error)) return problem(error.code, error.message, withIssues(error.issues))
  if (isGatewayError(error)) return problem(error.code, error.message)
  return problem('gateway.bug', 'something went wrong in the gateway itself; its log has more')
}

/** `null` when the receipt is no refusal. */
export function problemOfReceipt(receipt: Receipt): ProblemBody | null {
  const { attempt, traceId } = receipt
  if (receipt.outcome === 'refused') {
    const { version, retry } = receipt
    const { code, message, issues } = refusedOf(receipt)
    return problem(code, message, { retry, version, attempt, traceId, ...withIssues(issues) })
  }
  if (receipt.outcome === 'superseded') {
    const detail = sayError('reload.superseded', { by: receipt.by })
    return problem('reload.superseded', detail, { attempt, traceId })
  }
  if (receipt.outcome === 'unchanged' && receipt.reason === 'quarantined') {
    const { version } = receipt
    const detail =
      'these settings are in quarantine: they failed here before; send them with force to try again'
    return problem('reload.quarantined', detail, { attempt, traceId, version })
  }
  return null
}

/** What the gateway itself had against it, people's word among it, is told as that. */
function refusedOf({ code, message, issues }: Receipt & { outcome: 'refused' }): Pick<ProblemBody, 'code'> & {
  readonly message: string
  readonly issues: readonly Issue[]
} {
  const [first] = issues
  if (code !== 'approve.refused' || first === undefined || !Object.hasOwn(gatewayRules, first.code))
    return { code, message, issues }
  return { code: first.code, message: first.message, issues: [] }
}

function withIssues(issues: readonly Issue[]): Partial<ProblemBody> {
  return issues.length === 0 ? {} : { issues }
}
