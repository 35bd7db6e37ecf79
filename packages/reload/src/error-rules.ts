/**
 * The table of errors: every way in which this package can say no, who can mend it, and in which words.
 *
 * Codes are stable for ever. Texts name the thing, say what was found and what was expected, and end with what stays
 * true. `docs/reference/errors.md` is made from this table.
 */

import { beliefRules } from './belief-rules.ts'
import { type Rule, rule } from './rule.ts'

export type { Rule }

export const rules = {
  // Reading what came.
  'payload.too_large': rule<{ what: string; bytes: number; limit: number }>({
    blame: 'sender',
    retry: false,
    status: 413,
    say: (it) => `${it.what} has ${it.bytes} bytes, the limit is ${it.limit}; the running version stays`,
  }),
  'payload.too_many': rule<{ what: string; found: number; limit: number }>({
    blame: 'sender',
    retry: false,
    status: 413,
    say: (it) => `${it.found} ${it.what}, the limit is ${it.limit}; the running version stays`,
  }),
  'payload.not_utf8': rule<{ what: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `${it.what} is not valid UTF-8; the running version stays`,
  }),
  'payload.not_json': rule<{ what: string; line: number; column: number; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) =>
      `${it.what}, line ${it.line}, column ${it.column}: found ${it.found}, expected ${it.expected}; the running version stays`,
  }),
  'payload.schema': rule<{ pointer: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `${it.pointer || 'payload'}: found ${it.found}, expected ${it.expected}; the running version stays`,
  }),
  'payload.unknown_field': rule<{ pointer: string; nearest: string | null }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `unknown field "${it.pointer}"${it.nearest ? `; did you mean "${it.nearest}"?` : ''}`,
  }),
  'payload.forbidden_key': rule<{ pointer: string; key: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `${it.pointer || 'payload'}: the key "${it.key}" is not allowed`,
  }),
  'payload.duplicate_resource': rule<{ resource: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `resource "${it.resource}" is listed twice, expected once`,
  }),
  'payload.unreadable': rule<{ source: string; count: number }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `"${it.source}" has ${it.count} ${it.count === 1 ? 'error' : 'errors'}; the running version stays`,
  }),
  // Whether it may be believed.
  ...beliefRules,
  // Whether it makes sense.
  'validate.refused': rule<{ version: string; count: number }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `version ${it.version} has ${it.count} ${it.count === 1 ? 'error' : 'errors'}; the running version stays`,
  }),
  'validate.setting': rule<{ pointer: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `${it.pointer}: found ${it.found}, expected ${it.expected}`,
  }),
  'validate.unknown_setting': rule<{ pointer: string; nearest: string | null }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `${it.pointer}: there is no such setting${it.nearest ? `; did you mean "${it.nearest}"?` : ''}`,
  }),
  'validate.unknown_kind': rule<{ kind: string; nearest: string | null }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `nothing here reads settings of kind "${it.kind}"${it.nearest ? `; did you mean "${it.nearest}"?` : ''}`,
  }),
  'validate.reference': rule<{ pointer: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `${it.pointer}: refers to "${it.found}", which does not exist; expected ${it.expected}`,
  }),
  'validate.restart_only': rule<{ pointer: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `${it.pointer} can only be changed by a restart`,
  }),
  'validate.unnamed_removal': rule<{ resource: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `resource "${it.resource}" is missing but not named in "removed"; absence never deletes`,
  }),
  'validate.shrink': rule<{ removed: number; of: number }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `the payload would remove ${it.removed} of ${it.of} resources; confirm with "allowShrink"`,
  }),
  'validate.changed_parameters': rule<{ pointer: string; stated: boolean }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      it.stated
        ? `"changedParameters" names ${it.pointer}, which does not change`
        : `${it.pointer} changes but "changedParameters" does not name it`,
  }),
  'validate.requires': rule<{ name: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `the payload requires ${it.name} ${it.expected}, this instance has ${it.found}`,
  }),
  'approve.refused': rule<{ reason: string }>({
    blame: 'operator',
    retry: false,
    status: 403,
    say: (it) => `not approved: ${it.reason}; the running version stays`,
  }),
  'approve.signatures': rule<{ version: string; missing: string }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `version ${it.version} lacks signatures of approvers (${it.missing}), not counting its author; add them with "changeover sign" and offer it again`,
  }),
  'approve.expired': rule<{ waitedMs: number }>({
    blame: 'operator',
    retry: false,
    status: 409,
    say: (it) => `not approved within ${it.waitedMs} ms; the running version stays`,
  }),
  // Getting ready.
  'fetch.missing': rule<{ resource: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `resource "${it.resource}" has neither bytes nor a place to fetch them from, and is not held here`,
  }),
  'fetch.scheme': rule<{ resource: string; scheme: string }>({
    blame: 'operator',
    retry: false,
    status: 422,
    say: (it) => `resource "${it.resource}": nothing here fetches "${it.scheme}:" addresses`,
  }),
  'fetch.failed': rule<{ resource: string; attempts: number }>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: (it) =>
      `resource "${it.resource}" could not be fetched in ${it.attempts} attempts; the running version stays`,
  }),
  'prepare.failed': rule<{ participant: string; version: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `"${it.participant}" could not be built for version ${it.version}; the running version stays`,
  }),
  'prepare.too_late': rule<{ key: string }>({
    blame: 'bug',
    retry: false,
    status: 500,
    say: (it) => `"${it.key}" was asked for after its version was let go; nothing was opened`,
  }),
  'warmup.failed': rule<{ participant: string; version: string }>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: (it) =>
      `"${it.participant}" did not pass its check for version ${it.version}; the running version stays`,
  }),
  'warmup.deadline': rule<{ participant: string; version: string; limitMs: number }>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: (it) =>
      `"${it.participant}" was not ready for version ${it.version} within ${it.limitMs} ms; the running version stays`,
  }),
  'store.failed': rule<{ what: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `${it.what} could not be written to the store; the running version stays`,
  }),
  'store.corrupt': rule<{ what: string }>({
    blame: 'operator',
    retry: false,
    status: 500,
    say: (it) => `${it.what} in the store is damaged and was not used`,
  }),
  'store.locked': rule<{ path: string; pid: number }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `"${it.path}" is in use by process ${it.pid}; one instance has one state directory`,
  }),
  'store.closed': rule<{ path: string }>({
    blame: 'bug',
    retry: false,
    status: 503,
    say: (it) => `the store "${it.path}" is closed; nothing was read or written`,
  }),
  // What is in force is not what was applied.
  'drift.store': rule<{ what: string }>({
    blame: 'operator',
    retry: true,
    status: 500,
    say: (it) => `${it.what} in the store; it is written again as it is in force`,
  }),
  'drift.part': rule<{ participant: string; version: string; what: string }>({
    blame: 'operator',
    retry: true,
    status: 500,
    say: (it) => `"${it.participant}" is not as version ${it.version} has it: ${it.what}; it is built again`,
  }),
  'drift.remains': rule<{ version: string; what: string }>({
    blame: 'operator',
    retry: true,
    status: 500,
    say: (it) =>
      `version ${it.version} serves, but not all is as it was applied: ${it.what}; it is tried again later`,
  }),
  // Holding back.
  'storm.breaker_open': rule<{ failures: number; retryMs: number }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) =>
      `${it.failures} reloads failed in a row; the next is taken in ${it.retryMs} ms, or now by hand`,
  }),
  'storm.rate': rule<{ retryMs: number }>({
    blame: 'sender',
    retry: true,
    status: 429,
    say: (it) => `too many reloads; the next is taken in ${it.retryMs} ms`,
  }),
  'reload.superseded': rule<{ by: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `a newer offer, ${it.by}, took its place`,
  }),
  'reload.generations': rule<{ live: number; limit: number }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) =>
      `${it.live} versions still serve requests, the limit is ${it.limit}; the running version stays`,
  }),
  // After the swap.
  'observe.regressed': rule<{ version: string; reason: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `version ${it.version} was taken back: ${it.reason}`,
  }),
  'observe.unconfirmed': rule<{ version: string; waitedMs: number }>({
    blame: 'operator',
    retry: false,
    status: 409,
    say: (it) => `version ${it.version} was taken back: nobody confirmed it within ${it.waitedMs} ms`,
  }),
  'reload.ttl': rule<{ version: string; ttlMs: number }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `version ${it.version} was taken back: it was meant to serve for ${it.ttlMs} ms`,
  }),
  'reload.crashed': rule<{ version: string; attempts: number }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `version ${it.version} was in service at ${it.attempts} crashes; it is quarantined and the baseline serves`,
  }),
  'reload.quarantined': rule<{ version: string; reason: string }>({
    blame: 'operator',
    retry: false,
    status: 409,
    say: (it) => `version ${it.version} is in quarantine: ${it.reason}`,
  }),
  'reload.no_such_version': rule<{ version: string | null }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) =>
      it.version === null
        ? 'there is no version before the one in force to go back to; what serves stays'
        : `version ${it.version} is not in this instance's line`,
  }),
  'reload.failed': rule<object>({
    blame: 'bug',
    retry: false,
    status: 500,
    say: () => 'the reload failed in a way that it should not; the running version stays',
  }),
  'reload.not_ready': rule<{ scope: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `no version of "${it.scope}" is in force yet`,
  }),
  'reload.stale': rule<{ scope: string; maxAgeMs: number }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) =>
      `"${it.scope}" has heard no publisher for more than ${it.maxAgeMs} ms and is told to serve nobody then; the next version that is signed opens it`,
  }),
  'reload.closed': rule<{ scope: string }>({
    blame: 'operator',
    retry: false,
    status: 503,
    say: (it) => `the reloader of "${it.scope}" is closed`,
  }),
  // Rollouts.
  'rollout.unknown': rule<{ rollout: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) => `there is no rollout "${it.rollout}" to move; what serves stays`,
  }),
  'rollout.cannot': rule<{ rollout: string; what: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `rollout "${it.rollout}" cannot ${it.what}; what serves stays`,
  }),
  'rollout.frozen': rule<{ reason: string }>({
    blame: 'operator',
    retry: true,
    status: 423,
    say: (it) => `nothing changes now: ${it.reason}; what serves stays`,
  }),
  'rollout.in_progress': rule<{ version: string }>({
    blame: 'sender',
    retry: true,
    status: 409,
    say: (it) => `the rollout of version ${it.version} refuses others until it is over; what serves stays`,
  }),
  'rollout.failed': rule<{ version: string; measure: string; reason: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `version ${it.version} was taken back by its analysis, ${it.measure}: ${it.reason}; the baseline serves`,
  }),
  'rollout.guard': rule<{ version: string; reason: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `version ${it.version} was taken back at once: ${it.reason}; the baseline serves`,
  }),
  'rollout.burning': rule<{ version: string; reason: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `version ${it.version} was taken back for its error budget: ${it.reason}; the baseline serves`,
  }),
  'rollout.aborted': rule<{ version: string; reason: string }>({
    blame: 'operator',
    retry: false,
    status: 409,
    say: (it) => `the rollout of version ${it.version} was aborted: ${it.reason}; the baseline serves`,
  }),
  // Handles.
  'handle.read_failed': rule<{ source: string; why?: string }>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: (it) =>
      `"${it.source}" could not be read${it.why === undefined ? '' : ` (${it.why})`}; nothing changes`,
  }),
  'handle.empty': rule<{ source: string }>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: (it) => `"${it.source}" is empty, which is not taken for a deletion; nothing changes`,
  }),
  'handle.too_large': rule<{ source: string; limit: number }>({
    blame: 'sender',
    retry: false,
    status: 413,
    say: (it) => `"${it.source}" holds more than ${it.limit} bytes and was not read; nothing changes`,
  }),
  'handle.offer_failed': rule<{ source: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `what "${it.source}" holds could not be offered; nothing changes`,
  }),
  'handle.closed': rule<{ source: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `"${it.source}" takes no more offers; nothing changes`,
  }),
} as const
