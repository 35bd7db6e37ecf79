/**
 * Every way in which the gateway can say no to a caller or an operator. Same rules as the table of
 * `@changeover/reload`: stable codes, texts that name the thing, found and expected, and no secrets.
 */
import { accessRules } from './access-errors.ts'
import { apiRules } from './api-errors.ts'
import { identityRules } from './identity-errors.ts'
import { upstreamRules } from './upstream-errors.ts'

export interface Rule<Details> {
  readonly blame: 'sender' | 'upstream' | 'operator' | 'bug'
  readonly retry: boolean
  readonly status: number
  say(details: Details): string
}

const rule = <Details>(it: Rule<Details>): Rule<Details> => it

export const rules = {
  ...identityRules,
  'policy.limit_reached': rule<{ limit: string; holder: string; retryAfterMs: number | null }>({
    blame: 'sender',
    retry: true,
    status: 429,
    say: (it) =>
      `limit "${it.limit}" of "${it.holder}" is reached; the next request is taken in ${Math.ceil((it.retryAfterMs ?? 0) / 1000)} s`,
  }),
  'policy.too_many_at_once': rule<{ limit: string; holder: string }>({
    blame: 'sender',
    retry: true,
    status: 429,
    say: (it) =>
      `"${it.holder}" has as many calls under way as limit "${it.limit}" allows; the next is taken when one of them is over`,
  }),
  'guard.input_blocked': rule<{ guard: string; why: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `guardrail "${it.guard}" does not let this request pass${it.why}; nothing was sent`,
  }),
  'guard.output_blocked': rule<{ guard: string; why: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `guardrail "${it.guard}" does not let the answer pass${it.why}; no more of it is sent`,
  }),
  'policy.budget_spent': rule<{ limit: string; holder: string; retryAfterMs: number | null }>({
    blame: 'sender',
    retry: false,
    status: 402,
    say: (it) =>
      it.retryAfterMs === null
        ? `budget "${it.limit}" of "${it.holder}" does not have what this call may come to; nothing was sent`
        : `budget "${it.limit}" of "${it.holder}" does not have what this call may come to; it begins anew in ${Math.ceil(it.retryAfterMs / 1000)} s, and nothing was sent`,
  }),
  'policy.no_price': rule<{ limit: string; holder: string }>({
    blame: 'operator',
    retry: false,
    status: 403,
    say: (it) =>
      `budget "${it.limit}" of "${it.holder}" counts dollars, and a target that may answer this call has no price that is known; nothing was sent`,
  }),
  'counters.unreachable': rule<{ store: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) =>
      `the ${it.store} that limits and budgets are counted in cannot be reached; nothing was counted, and nothing was sent`,
  }),
  'counters.not_usable': rule<{ store: string; pointer: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) =>
      `the ${it.store} of "${it.pointer}" does not answer, expected one that counts can be kept in; the running settings stay`,
  }),
  'request.too_large': rule<{ limit: number }>({
    blame: 'sender',
    retry: false,
    status: 413,
    say: (it) => `the request body is larger than ${it.limit} bytes`,
  }),
  'request.not_json': rule<{ reason: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `the request body is not a JSON object: ${it.reason}`,
  }),
  'request.field': rule<{ field: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `"${it.field}": found ${it.found}, expected ${it.expected}`,
  }),
  'request.not_translatable': rule<{ field: string; from: string; to: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) =>
      `"${it.field}" of ${it.from} has no counterpart in ${it.to}, which the target of this call speaks, and cannot be left out; nothing was sent`,
  }),
  'request.unsupported': rule<{ target: string; what: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) =>
      `"${it.target}" cannot do what was asked (${it.what}), and this route refuses that; nothing was sent`,
  }),
  'request.not_form': rule<{ reason: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `the request body is not a form: ${it.reason}`,
  }),
  'request.protocol': rule<{ reason: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `the request cannot be read: ${it.reason}`,
  }),
  'request.no_such_path': rule<{ path: string; expected?: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) =>
      `there is nothing at "${it.path}"${it.expected === undefined ? '' : `, expected ${it.expected}`}`,
  }),
  'request.method': rule<{ method: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 405,
    say: (it) => `method ${it.method} is not answered here, expected ${it.expected}`,
  }),
  'feedback.no_such_call': rule<{ call: string }>({
    blame: 'sender',
    retry: true,
    status: 404,
    say: (it) =>
      `"${it.call}" is no call of yours that is kept; records are written some moments after a call ends`,
  }),
  'feedback.busy': rule<object>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: () => 'too much feedback comes in at once; send it again in a moment',
  }),
  ...upstreamRules,
  'contexts.variable': rule<{ name: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `prompt variable "${it.name}": found ${it.found}, expected ${it.expected}`,
  }),
  'call.cancelled': rule<object>({
    blame: 'sender',
    retry: false,
    status: 499,
    say: () => 'the caller left before the answer was complete',
  }),
  'call.out_of_time': rule<{ limitMs: number }>({
    blame: 'sender',
    retry: true,
    status: 504,
    say: (it) => `no whole answer came within the ${it.limitMs} ms that the caller gave`,
  }),
  'call.cut': rule<object>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: () => 'the version this call ran under was taken out of service',
  }),
  'gateway.not_ready': rule<object>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: () => 'no settings are in force yet',
  }),
  'gateway.bug': rule<object>({
    blame: 'bug',
    retry: false,
    status: 500,
    say: () => 'something went wrong in the gateway itself',
  }),
  // Settings, as operators write them.
  'settings.syntax': rule<{ found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `found ${it.found}, expected ${it.expected}`,
  }),
  'settings.secret_missing': rule<{ reference: string; pointer: string }>({
    blame: 'operator',
    retry: true,
    status: 422,
    say: (it) => `${it.pointer}: "${it.reference}" names nothing that can be read here`,
  }),
  'settings.secret_many_lines': rule<{ reference: string }>({
    blame: 'operator',
    retry: true,
    status: 422,
    say: (it) => `"${it.reference}" has more than one line, expected one`,
  }),
  'settings.secret_own': rule<{ reference: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `"${it.reference}" is the gateway's own, expected a credential for somebody else; nothing of it was read`,
  }),
  'settings.secret_literal': rule<{ pointer: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `${it.pointer}: found a literal value, expected a reference such as \${env:NAME} or \${file:PATH}`,
  }),
  'settings.context_changed': rule<{ context: string; next: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `"${it.context}" is published and does not change; publish "${it.next}" instead`,
  }),
  'uptime.not_well': rule<{ check: string; found: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `"${it.check}" is not well: ${it.found}`,
  }),
  'settings.access_opened': rule<object>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: () =>
      'there are no tenants, so whoever reaches the port could call, and before only keys could; bring tenants back, or say "access: { callers: anyone }"',
  }),
  'settings.access_exposed': rule<{ host: string }>({
    blame: 'operator',
    retry: false,
    status: 422,
    say: (it) =>
      `there are no tenants, so whoever reaches "${it.host}" could call; add tenants, listen on 127.0.0.1, or say "access: { callers: anyone }"`,
  }),
  'settings.not_editable': rule<{ file: string; reason: string }>({
    blame: 'operator',
    retry: false,
    status: 409,
    say: (it) => `"${it.file}" cannot be changed for you: ${it.reason}; make the change in the file`,
  }),
  'settings.read_only': rule<{ source: string }>({
    blame: 'operator',
    retry: false,
    status: 409,
    say: (it) =>
      `the settings come from "${it.source}"; make the change there, or here for a time only (override)`,
  }),
  'settings.many_files': rule<{ files: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `the change belongs into ${it.files}, and two files cannot be replaced at once; make a change of each, or make it there`,
  }),
  'settings.overridden': rule<{ version: string; until: string; back: string }>({
    blame: 'operator',
    retry: true,
    status: 409,
    say: (it) =>
      `version ${it.version} is in force for a time only, until ${it.until}; a lasting change would be made of it: end it by a rollback to ${it.back} first, or wait`,
  }),
  'settings.observed': rule<{ version: string }>({
    blame: 'sender',
    retry: true,
    status: 409,
    say: (it) =>
      `version ${it.version} is still observed, and would be lost when the override ends; wait until it is confirmed, or promote it`,
  }),
  'settings.write_back': rule<{ source: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `"${it.source}" could not be written; the change was taken back`,
  }),
  'settings.file_changed': rule<{ source: string }>({
    blame: 'operator',
    retry: false,
    status: 409,
    say: (it) =>
      `"${it.source}" holds changes that are not in force; mend or undo them there first, nothing was changed here`,
  }),
  'control.unauthorised': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () => 'the admin API needs "Authorization: Bearer <admin token>"',
  }),
  'control.token': rule<{ place: string; problem: string }>({
    blame: 'operator',
    retry: false,
    status: 500,
    say: (it) => `the admin token in "${it.place}" ${it.problem}`,
  }),
  'control.host': rule<{ host: string }>({
    blame: 'sender',
    retry: false,
    status: 421,
    say: (it) =>
      `the Host header "${it.host}" is not a name of this admin API, expected its loopback address`,
  }),
  'control.media_type': rule<{ found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 415,
    say: (it) => `content type "${it.found}", expected ${it.expected}`,
  }),
  'plan.moved': rule<{ plan: string; base: string; version: string }>({
    blame: 'sender',
    retry: false,
    status: 412,
    say: (it) =>
      `plan "${it.plan}" was worked out against ${it.base}, and would come in over ${it.version} now; nothing was changed, plan again`,
  }),
  'plan.not_kept': rule<{ plan: string; ok: boolean }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      it.ok
        ? `plan "${it.plan}" cannot be applied by its id: what it was made of was not kept; apply the settings themselves`
        : `plan "${it.plan}" would be refused, so there is nothing to apply`,
  }),
  'control.not_observed': rule<{ attempt: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `"${it.attempt}" is not under observation, so there is nothing to decide`,
  }),
  'control.call_log': rule<object>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: () => 'the call log cannot answer now; calls are still served',
  }),
  'control.not_found': rule<{ what: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) => `there is no ${it.what}`,
  }),
  'control.no_such_setting': rule<{ pointer: string; nearest: string | null }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) =>
      `there is no setting at "${it.pointer}"${it.nearest === null ? '' : `; the nearest there is "${it.nearest}"`}`,
  }),
  'control.no_such_call': rule<{ call: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) =>
      `no record of call "${it.call}" is kept here; records go by age and number (calls.record), and "GET /v1/calls" lists those there are; the id is in the header x-changeover-call of the answer`,
  }),
  'control.call_was_copy': rule<{ call: string; of: 'mirror' | 'shadow'; target: string; version: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) =>
      `"${it.call}" was a copy of a call, ${it.of === 'shadow' ? 'for a shadow rollout' : 'to a mirror'}: it went to ${it.target} under version ${it.version}, nobody was answered from it, and no decision of it is recorded; what it cost is on the bill`,
  }),
  'control.bad_request': rule<{ field: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `"${it.field}": found ${it.found}, expected ${it.expected}`,
  }),
  ...accessRules,
  ...apiRules,
} as const

export type ErrorCode = keyof typeof rules
export type DetailsOf<Code extends ErrorCode> = Parameters<(typeof rules)[Code]['say']>[0]

export class GatewayError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'GatewayError'
  readonly code: Code
  readonly details: DetailsOf<Code>

  constructor(code: Code, details: DetailsOf<Code>, options?: ErrorOptions) {
    super(sayError(code, details), options)
    this.code = code
    this.details = details
  }
}

export function sayError<Code extends ErrorCode>(code: Code, details: DetailsOf<Code>): string {
  const say = rules[code].say as (details: DetailsOf<Code>) => string
  return say(details)
}

export function isGatewayError(it: unknown): it is GatewayError {
  return it instanceof Error && it.name === 'GatewayError' && typeof (it as GatewayError).code === 'string'
}
