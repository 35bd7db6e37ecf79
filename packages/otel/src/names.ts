/**
 * Every span, event and attribute name this product emits: one table, from which the reference page
 * (`docs/reference/telemetry.md`) is written and against which it is tested.
 *
 * Names are a contract: a rename is a breaking change. The names from the articles stay verbatim;
 * where OpenTelemetry has a name for the same thing, `companions` says which.
 *
 * Not here: metrics (`instruments.ts`).
 */
export interface SpanName {
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly meaning: string
  readonly attributes: readonly string[]
}

/** Schema of our own names; its version changes when a name does. */
export const SCHEMA_VERSION = '1.0.0'
export const SCOPE_NAME = 'changeover'

export const spanNames: readonly SpanName[] = [
  {
    name: 'reload.publish',
    kind: 'producer',
    meaning: 'A tree is sealed as the next version of its scope.',
    attributes: ['reload.scope', 'config.version', 'config.digest', 'user.id'],
  },
  {
    name: 'reload',
    kind: 'internal',
    meaning: 'One attempt, from the offer to its end. `consumer` when the offer came as a message.',
    attributes: [
      'reload.trigger',
      'reload.source',
      'reload.scope',
      'reload.config_version',
      'reload.previous_version',
      'reload.status',
      'reload.reason',
      'reload.duration_ms',
      'reload.changed_parameters',
      'reload.changed_parameter_count',
      'reload.attempt.id',
      'reload.emergency',
      'config.digest',
      'user.id',
      'error.type',
    ],
  },
  {
    name: 'reload.trust',
    kind: 'internal',
    meaning:
      'A signed root is offered: verified against the one in force, written down, then in force itself.',
    attributes: [
      'reload.trigger',
      'reload.source',
      'reload.scope',
      'reload.status',
      'reload.reason',
      'reload.root.version',
      'reload.signature.keyids',
      'user.id',
      'error.type',
    ],
  },
  {
    name: 'reload.plan',
    kind: 'internal',
    meaning: 'A look at what an offer would change: everything up to the swap, then let go. Not an attempt.',
    attributes: ['reload.trigger', 'reload.source', 'reload.scope'],
  },
  {
    name: 'reload.authenticate',
    kind: 'internal',
    meaning: 'Who asks, and whether they may.',
    attributes: ['user.id', 'error.type'],
  },
  {
    name: 'reload.verify',
    kind: 'internal',
    meaning: 'Size, signatures, freshness, order: whether the payload may be believed.',
    attributes: [
      'reload.signature.keyids',
      'reload.signature.threshold',
      'reload.root.version',
      'reload.verify.reason',
      'error.type',
    ],
  },
  {
    name: 'reload.validate',
    kind: 'internal',
    meaning: 'Schema, references, and what changes.',
    attributes: ['reload.validation.error_count', 'context.schema_version', 'error.type'],
  },
  {
    name: 'reload.approve',
    kind: 'internal',
    meaning: 'Waiting for the word of people.',
    attributes: [
      'reload.approval.count',
      'reload.approval.threshold',
      'reload.approval.by',
      'reload.emergency',
      'error.type',
    ],
  },
  {
    name: 'reload.fetch',
    kind: 'client',
    meaning: 'One artifact, fetched and checked.',
    attributes: ['url.full', 'server.address', 'artifact.hash', 'reload.artifact.size', 'error.type'],
  },
  {
    name: 'reload.load',
    kind: 'internal',
    meaning: 'The snapshot is built beside the running one.',
    attributes: ['reload.resource.count', 'error.type'],
  },
  {
    name: 'reload.warmup',
    kind: 'internal',
    meaning: 'The snapshot proves that it works, before its deadline.',
    attributes: ['reload.probe.name', 'error.type'],
  },
  {
    name: 'reload.health_check',
    kind: 'internal',
    meaning: 'One probe.',
    attributes: ['reload.probe.name', 'gen_ai.request.model', 'error.type'],
  },
  {
    name: 'reload.swap',
    kind: 'internal',
    meaning: 'The pointer moves. Written to the old and to the new exporter when these differ.',
    attributes: ['config.version', 'reload.previous_version', 'routing.rule_changed', 'routing.rule_ids'],
  },
  {
    name: 'reload.observe',
    kind: 'internal',
    meaning: 'The version serves and is watched until it is confirmed.',
    attributes: ['reload.bake_ms', 'reload.verdict', 'error.type'],
  },
  {
    name: 'reload.rollback',
    kind: 'internal',
    meaning: 'Back to the baseline.',
    attributes: ['reload.rollback.trigger', 'reload.restored_version'],
  },
  {
    name: 'reload.drain',
    kind: 'internal',
    meaning: 'The old snapshot waits for its last request.',
    attributes: ['reload.drain.pinned', 'reload.drain.cut'],
  },
  {
    name: 'reload.rollout.step',
    kind: 'internal',
    meaning: 'A rollout moves on by one step.',
    attributes: ['reload.rollout.id', 'reload.rollout.step', 'reload.rollout.share', 'deployment.status'],
  },
  {
    name: 'context.read',
    kind: 'internal',
    meaning: 'The state of a session is read.',
    attributes: ['context.schema_version', 'db.system.name'],
  },
  {
    name: 'context.migrate',
    kind: 'internal',
    meaning: 'The state of a session goes over to another schema.',
    attributes: ['context.schema_version', 'context.schema_version_from', 'db.system.name', 'error.type'],
  },
  {
    name: 'context.write',
    kind: 'internal',
    meaning: 'The state of a session is written.',
    attributes: ['context.schema_version', 'db.system.name', 'error.type'],
  },
  {
    name: 'chat {route}',
    kind: 'server',
    meaning:
      'One call of a client, to its last byte. The first hundred under a version, those of a candidate, and failed ones link to its `reload.swap`.',
    attributes: [
      'http.request.method',
      'http.route',
      'http.response.status_code',
      'config.version',
      'config.scope',
      'config.candidate',
      'config.stale',
      'reload.rollout.id',
      'routing.rule_changed',
      'changeover.call',
      'changeover.copy',
      'changeover.cost.usd',
      'changeover.route',
      'changeover.tenant',
      'changeover.target',
      'gen_ai.operation.name',
      'gen_ai.request.model',
      'gen_ai.response.model',
      'gen_ai.usage.input_tokens',
      'gen_ai.usage.output_tokens',
      'error.type',
    ],
  },
  {
    name: 'chat {model}',
    kind: 'client',
    meaning: 'One attempt at a provider, by the GenAI conventions.',
    attributes: [
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'gen_ai.request.model',
      'gen_ai.response.model',
      'gen_ai.usage.input_tokens',
      'gen_ai.usage.output_tokens',
      'server.address',
      'server.port',
      'http.response.status_code',
      'changeover.copy',
      'changeover.target',
      'config.version',
      'error.type',
    ],
  },
]

export interface EventName {
  readonly name: string
  readonly meaning: string
}

/** `event.type` of log records; the same value is the EventName of the OTLP record. */
export const eventNames: readonly EventName[] = [
  { name: 'config.reload.started', meaning: 'An attempt began.' },
  { name: 'config.reload.completed', meaning: 'A version is confirmed, or took the place of another.' },
  { name: 'config.reload.rejected', meaning: 'An offer was refused; nothing changed.' },
  { name: 'config.reload.rolled_back', meaning: 'A version was taken back; the baseline serves.' },
  { name: 'config.trust.accepted', meaning: 'A new signed root is in force.' },
  { name: 'config.trust.rejected', meaning: 'A root was refused; the one in force stays.' },
  {
    name: 'config.stale',
    meaning: 'No publisher was heard for too long, or the root has expired; or that is over.',
  },
  { name: 'config.drift', meaning: 'What runs was not what was applied; it was built again.' },
  { name: 'context.migrated', meaning: 'Session contexts went over to another schema.' },
  {
    name: 'reload.swap',
    meaning: 'The telemetry layer itself changed; written to the old and to the new sink.',
  },
]

export interface AttributeName {
  readonly name: string
  readonly type: 'string' | 'string[]' | 'int' | 'double' | 'boolean'
  readonly meaning: string
  /** The standard name of the same thing, and where it is added. */
  readonly companion?: Companion
}

export interface Companion {
  readonly name: string
  readonly on: readonly ('reload' | 'event')[]
  /** Our values in the words of the standard; a value that is not listed has no companion. */
  readonly values?: Readonly<Record<string, string>>
}
