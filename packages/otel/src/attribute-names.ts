/**
 * Our own attribute names, what they mean, and the standard names that go beside them.
 *
 * Standard attributes (`http.*`, `gen_ai.*`, `server.*`, `url.*`, `db.*`, `error.type`, `user.id`) are
 * used as their conventions say and not repeated here.
 *
 * Not here: spans and events (`names.ts`), adding the companions (`companions.ts`).
 */
import type { AttributeName } from './names.ts'

const deploymentStatus = {
  success: 'succeeded',
  rejected: 'failed',
  rolled_back: 'failed',
  crashed: 'failed',
  expired: 'failed',
} as const

export const attributeNames: readonly AttributeName[] = [
  {
    name: 'reload.trigger',
    type: 'string',
    meaning: 'What set the attempt off: `file`, `admin_api`, `poll`, …',
  },
  { name: 'reload.source', type: 'string', meaning: "The handle's own name for its source; never a secret." },
  {
    name: 'reload.scope',
    type: 'string',
    meaning: 'The line of versions, such as `gateway/prod`.',
    companion: { name: 'feature_flag.set.id', on: ['reload', 'event'] },
  },
  {
    name: 'reload.config_version',
    type: 'string',
    meaning: 'The version being attempted; on reload spans only.',
    companion: { name: 'feature_flag.version', on: ['event'] },
  },
  {
    name: 'reload.status',
    type: 'string',
    meaning:
      '`success`, `rejected`, `skipped`, `superseded`, `rolled_back`, `expired`, `crashed`, `in_progress`. Skipped and superseded are not errors.',
    companion: { name: 'deployment.status', on: ['reload'], values: deploymentStatus },
  },
  { name: 'reload.reason', type: 'string', meaning: 'Why it ended so: a code of a closed list.' },
  { name: 'reload.duration_ms', type: 'int', meaning: 'Milliseconds from the offer to the end.' },
  {
    name: 'reload.changed_parameters',
    type: 'string[]',
    meaning: 'JSON pointers of what changes, sorted, at most 64. Values are never included.',
  },
  {
    name: 'reload.changed_parameter_count',
    type: 'int',
    meaning: 'How many parameters change, where the list is cut.',
  },
  {
    name: 'reload.attempt.id',
    type: 'string',
    meaning: 'One attempt: `rl_…`.',
    companion: { name: 'deployment.id', on: ['reload'] },
  },
  {
    name: 'reload.previous_version',
    type: 'string',
    meaning: 'The version that was in force before the swap.',
  },
  { name: 'reload.restored_version', type: 'string', meaning: 'The version that serves again.' },
  { name: 'reload.rollback.trigger', type: 'string', meaning: 'What asked for the rollback.' },
  { name: 'reload.signature.keyids', type: 'string[]', meaning: 'Keys whose signatures were found.' },
  {
    name: 'reload.signature.threshold',
    type: 'int',
    meaning: 'Distinct trusted keys that must have signed.',
  },
  { name: 'reload.root.version', type: 'int', meaning: 'Number of the signed root that was asked.' },
  { name: 'reload.verify.reason', type: 'string', meaning: 'The code of what was not believed.' },
  { name: 'reload.validation.error_count', type: 'int', meaning: 'How many things are wrong.' },
  { name: 'reload.approval.count', type: 'int', meaning: 'Approvals given.' },
  { name: 'reload.approval.threshold', type: 'int', meaning: 'Approvals needed.' },
  { name: 'reload.approval.by', type: 'string[]', meaning: 'Who agreed.' },
  {
    name: 'reload.emergency',
    type: 'boolean',
    meaning: 'Somebody with that right let it pass approvals, freeze windows and the breaker.',
  },
  { name: 'reload.artifact.size', type: 'int', meaning: 'Bytes of the artifact.' },
  { name: 'reload.resource.count', type: 'int', meaning: 'Resources in the payload.' },
  { name: 'reload.probe.name', type: 'string', meaning: 'The participant or probe that is warmed up.' },
  { name: 'reload.bake_ms', type: 'int', meaning: 'How long the version is to be observed.' },
  { name: 'reload.verdict', type: 'string', meaning: 'How observation ended.' },
  {
    name: 'reload.drain.pinned',
    type: 'int',
    meaning: 'Requests still on the old snapshot when draining began.',
  },
  { name: 'reload.drain.cut', type: 'int', meaning: 'Requests that were cut at the deadline.' },
  { name: 'reload.rollout.id', type: 'string', meaning: 'The rollout.' },
  {
    name: 'reload.rollout.step',
    type: 'int',
    meaning: 'Its step, from 0; the number of steps at full traffic.',
  },
  {
    name: 'reload.rollout.share',
    type: 'double',
    meaning: 'Of the units that the candidate answers, 0 to 1.',
  },
  {
    name: 'event.type',
    type: 'string',
    meaning: 'Kind of event, see above; on log records.',
    companion: { name: 'EventName of the log record', on: ['event'] },
  },
  {
    name: 'config.version',
    type: 'string',
    meaning: 'The version in force for this request, event or record. Never a resource attribute.',
    companion: { name: 'feature_flag.version', on: ['event'] },
  },
  {
    name: 'config.scope',
    type: 'string',
    meaning: 'The scope of that version.',
    companion: { name: 'feature_flag.set.id', on: ['event'] },
  },
  { name: 'config.digest', type: 'string', meaning: 'Digest of the payload.' },
  {
    name: 'config.candidate',
    type: 'boolean',
    meaning: 'The request ran under a candidate; absent while nothing is compared.',
  },
  {
    name: 'config.stale',
    type: 'boolean',
    meaning: 'The source has not been read for longer than it should.',
  },
  {
    name: 'config.changed_parameters',
    type: 'string[]',
    meaning: 'As `reload.changed_parameters`, on events.',
  },
  {
    name: 'routing.rule_changed',
    type: 'string',
    meaning: 'A changed route as it is now: `support-chat: model-a=0%, model-b=100%`.',
  },
  { name: 'routing.rule_ids', type: 'string[]', meaning: 'Names of the changed routes.' },
  {
    name: 'context.schema_version',
    type: 'string',
    meaning: 'Schema of the context; the target when migrating.',
  },
  { name: 'context.schema_version_from', type: 'string', meaning: 'Schema it is migrated from.' },
  {
    name: 'reload.stage',
    type: 'string',
    meaning: 'A stage of an attempt, on metrics: `verify`, `warmup`, `swap`, …',
  },
  { name: 'changeover.room', type: 'string', meaning: 'The room that speaks, on log records.' },
  { name: 'changeover.route', type: 'string', meaning: 'The route that a request took.' },
  { name: 'changeover.outcome', type: 'string', meaning: 'How a request or an attempt ended.' },
  { name: 'changeover.cache', type: 'string', meaning: 'An entry of cache.' },
  { name: 'changeover.guard', type: 'string', meaning: 'A guard of a guardrail.' },
  {
    name: 'changeover.copy',
    type: 'string',
    meaning:
      'The span is of a copy, which nobody was answered from: for a `shadow` rollout, or to a `mirror`. Absent for what callers asked for.',
  },
  {
    name: 'changeover.guards',
    type: 'string[]',
    meaning: 'What guardrails found in the call: the guard, what it did and how often. Never what it was.',
  },
  { name: 'changeover.limit', type: 'string', meaning: 'The limit or budget that refused.' },
  { name: 'changeover.budget', type: 'string', meaning: 'An entry of budgets.' },
  { name: 'changeover.holder', type: 'string', meaning: 'Whose budget it is: tenant, team or key, by name.' },
  { name: 'changeover.share', type: 'double', meaning: 'Share of a budget that is used or held, 0 to 1.' },
  {
    name: 'changeover.counters.store',
    type: 'string',
    meaning: 'What shared counts are kept in: `redis`, `postgres`.',
  },
  { name: 'changeover.reason', type: 'string', meaning: 'Why something was dropped.' },
  { name: 'changeover.signal', type: 'string', meaning: '`spans`, `logs` or `metrics`.' },
  { name: 'changeover.call', type: 'string', meaning: 'The call record of this request.' },
  {
    name: 'changeover.cost.usd',
    type: 'double',
    meaning: 'What the call cost, at the prices of the version that it ran under.',
  },
  { name: 'changeover.tenant', type: 'string', meaning: 'Whose key was used; a name, never the key.' },
  { name: 'changeover.target', type: 'string', meaning: 'Provider and model that answered.' },
]
