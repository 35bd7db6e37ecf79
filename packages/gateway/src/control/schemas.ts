/**
 * The words of the admin API: every body it sends, described once.
 *
 * The OpenAPI document, the SDK's types and `docs/reference/admin-api.md` are made from these. A test sends
 * real answers through them, so that what is described is what is sent.
 */
import { z } from '@hono/zod-openapi'
import { WARNING_CODES } from '../plan/look.ts'
import { Stale, TrustRoot } from './trust-schemas.ts'

const instant = z.string().describe('RFC 3339')
const version = z.string().describe('`epoch.seq`, such as `1.42`')
const pointer = z.string().describe('JSON pointer (RFC 6901)')
const actorSays = 'who asked; what stands after `claimed:` is the own word of whoever held the admin token'
/** Not `.nullable()`: on a schema with a name, the generator of the document would forget the null. */
const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()])
/** Recursive in truth; described as any JSON, which is all a generated client can use. */
const json = z.unknown().describe('any JSON value')

export const Place = z
  .object({ file: z.string(), line: z.number().int(), column: z.number().int() })
  .openapi('Place')

export const Issue = z
  .object({
    code: z.string(),
    message: z.string(),
    pointer: pointer.optional(),
    place: Place.optional(),
    hint: z.string().optional(),
  })
  .openapi('Issue')

/** RFC 9457, with what an operator needs beside it. */
export const Problem = z
  .object({
    type: z.string().describe('`urn:changeover:error:` and the code'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string().describe('stable; decide by this, never by a text'),
    retry: z.boolean().describe('whether the same request, sent again, may succeed'),
    issues: z.array(Issue).readonly().optional(),
    attempt: z.string().optional(),
    traceId: z.string().optional(),
    version: version.nullable().optional().describe('in force, and staying so'),
  })
  .openapi('Problem')

export const WriteBack = z
  .object({
    path: z.string(),
    written: z.boolean(),
    kept: z.string().optional().describe('where the file as it was is kept, when it held something else'),
    trouble: z.string().optional(),
  })
  .describe('what became of the settings file, when the change was written back into it')
  .openapi('WriteBack')

export const Override = z
  .object({
    version,
    until: instant,
    back: version.describe('serves then, and after a restart'),
    author: z.string(),
    reason: z.string(),
  })
  .describe('a version that is in force for a time only, and written nowhere')
  .openapi('Override')

export const Receipt = z
  .object({
    outcome: z
      .enum(['applied', 'unchanged', 'waiting'])
      .describe('waiting: it is not in force yet; nothing is held meanwhile'),
    waitsFor: z
      .enum(['approval', 'schedule', 'rollout'])
      .optional()
      .describe('the word of people (`/v1/approvals` says whose), its own time, or the rollout before it'),
    attempt: z.string(),
    traceId: z.string(),
    version: version.nullable(),
    digest: z.string().optional(),
    previous: version.nullable().optional(),
    reason: z.string().optional(),
    changedParameters: z.array(pointer).readonly().optional(),
    candidate: version.optional().describe('what would come in, while it waits'),
    rollout: z
      .object({ id: z.string(), share: z.number() })
      .optional()
      .describe('it is on trial, and answers this part of the units'),
    file: WriteBack.optional(),
    override: Override.optional(),
  })
  .openapi('Receipt')

export const Change = z
  .object({
    op: z.enum(['add', 'remove', 'replace']),
    pointer,
    before: json.optional(),
    after: json.optional(),
  })
  .openapi('Change')

export const Sentence = z
  .object({
    op: z.enum(['add', 'remove', 'replace']),
    section: z.string().describe('`routes`, `tenants`, …'),
    text: z.string(),
    pointers: z.array(pointer).readonly().describe('what it tells'),
  })
  .openapi('Sentence')

export const PlanWarning = z
  .object({
    code: z.enum(WARNING_CODES),
    text: z.string(),
    pointer,
    place: Place.optional().describe('in what was sent'),
    numbers: z.record(z.string(), z.number()).describe('what the text was made of; instants in milliseconds'),
    examples: z.array(z.string()).readonly().describe('ids of calls'),
  })
  .describe('what a change of this class usually breaks')
  .openapi('PlanWarning')

export const Stage: z.ZodType = z
  .lazy(() =>
    z.object({
      name: z.string(),
      startMs: z.number(),
      durationMs: z.number(),
      note: z.string().optional(),
      failed: z.string().optional(),
      stages: z.array(Stage).readonly().optional(),
    }),
  )
  .openapi('Stage', {
    type: 'object',
    properties: {
      name: { type: 'string' },
      startMs: { type: 'number', description: 'after the start of the attempt' },
      durationMs: { type: 'number' },
      note: { type: 'string' },
      failed: { type: 'string', description: 'a code' },
      stages: { type: 'array', items: { $ref: '#/components/schemas/Stage' } },
    },
    required: ['name', 'startMs', 'durationMs'],
  })

export const ReloadStatus = z
  .enum(['success', 'rejected', 'skipped', 'superseded', 'rolled_back', 'expired', 'crashed', 'in_progress'])
  .openapi('ReloadStatus')

export const Attempt = z
  .object({
    attempt: z.string(),
    trigger: z.string(),
    source: z.string(),
    actor: z.string().describe(actorSays),
    from: version.nullable(),
    to: version.nullable(),
    status: ReloadStatus,
    reason: z.string().describe('a code; empty on success'),
    traceId: z.string(),
    startedAt: instant,
    durationMs: z.number().nullable().describe('`null` for an attempt of an earlier process'),
    changedParameters: z.array(pointer).readonly(),
    issues: z
      .array(Issue)
      .readonly()
      .optional()
      .describe('what was wrong, when it was refused; empty for an attempt of an earlier process'),
    approvals: z.array(z.string()).readonly().optional().describe('who agreed, where somebody had to'),
    emergency: z
      .string()
      .optional()
      .describe('why it passed approvals, freeze windows and the breaker, when it did'),
    stages: z.array(Stage).readonly().describe('empty for an attempt of an earlier process'),
  })
  .openapi('Attempt')

export const AttemptPage = z.object({ reloads: z.array(Attempt).readonly() }).openapi('AttemptPage')

export const StoredVersion = z.object({ version, digest: z.string() }).openapi('StoredVersion')

export const CallSummary = z
  .object({
    calls: z.number().int(),
    sampled: z.number().int().describe('the newest calls, which the figures below are taken from'),
    errors: z.number().int(),
    p50Ms: z.number().nullable(),
    p99Ms: z.number().nullable(),
    firstAt: instant.nullable(),
    lastAt: instant.nullable(),
  })
  .openapi('CallSummary')

export const VersionEntry = StoredVersion.extend({
  author: z.string(),
  reason: z.string(),
  issuedAt: instant,
  restores: orNull(StoredVersion),
  roles: z
    .array(z.string())
    .readonly()
    .describe(
      '`applied`, `confirmed`, `baseline`, `quarantined`; `override` for what is in force for a time only',
    ),
  calls: orNull(CallSummary).describe('with `?calls=true`'),
}).openapi('VersionEntry')

export const VersionPage = z.object({ versions: z.array(VersionEntry).readonly() }).openapi('VersionPage')

const tree = z
  .record(z.string(), z.record(z.string(), json))
  .describe('settings: kind, then name, then value; secrets are references')

export const VersionDetail = VersionEntry.extend({
  settings: tree.nullable(),
  manifest: json.describe('the manifest as it was sealed'),
}).openapi('VersionDetail')

export const VersionDiff = z
  .object({
    from: version,
    to: version,
    changes: z.array(Change).readonly(),
    words: z.array(z.string()).readonly().describe('each change, place by place'),
    sentences: z.array(Sentence).readonly().describe('the changes, for people'),
    warnings: z.array(PlanWarning).readonly().describe('what opens: who may call, change or be sent more'),
  })
  .openapi('VersionDiff')

export const SourceInfo = z
  .object({
    kind: z.string().describe('`file`, `directory`, `http-poll`'),
    place: z.string(),
    path: z
      .string()
      .nullable()
      .describe('where it is on the machine of the gateway; null for what is no file'),
    writable: z.boolean().describe('whether changes through this API are written back into it'),
  })
  .openapi('Source')

export const Settings = z
  .object({ version, source: SourceInfo, override: orNull(Override), settings: json })
  .openapi('Settings')

export const HandleState = z
  .object({
    kind: z.string(),
    source: z.string(),
    trouble: z.object({ code: z.string(), message: z.string() }).nullable(),
    differs: z
      .object({ attempt: z.string(), reason: z.string() })
      .nullable()
      .describe('why what the source holds is not in force'),
  })
  .openapi('HandleState')

export const Instance = z
  .object({
    instance: z.string(),
    scope: z.string(),
    state: z.enum(['idle', 'working', 'observing', 'degraded']),
    stage: z.string().nullable(),
    offered: orNull(StoredVersion),
    attempted: orNull(StoredVersion.extend({ status: ReloadStatus, reason: z.string() })),
    applied: orNull(StoredVersion),
    confirmed: orNull(StoredVersion),
    baseline: orNull(StoredVersion),
    floor: orNull(StoredVersion),
    generations: z
      .array(
        z.object({
          version,
          pins: z.number().int(),
          role: z.enum(['current', 'baseline', 'candidate', 'draining']),
        }),
      )
      .readonly(),
    generationLimit: z.number().int().describe('at so many a reload waits for one to drain'),
    quarantine: z
      .array(StoredVersion.extend({ reason: z.string(), count: z.number().int(), since: instant }))
      .readonly(),
    breaker: z.enum(['closed', 'open', 'half_open']),
    handles: z.array(HandleState).readonly(),
  })
  .openapi('Instance')

export const InstancePage = z.object({ instances: z.array(Instance).readonly() }).openapi('InstancePage')

export const Status = Instance.extend({
  gateway: z.object({
    version: z.string(),
    node: z.string(),
    pid: z.number().int(),
    startedAt: instant,
    ready: z.boolean(),
    data: z.string().nullable().describe('address of the data plane'),
    admin: z.string().nullable(),
  }),
  root: orNull(TrustRoot),
  stale: orNull(Stale),
  source: SourceInfo,
  override: orNull(Override),
  last: orNull(Attempt),
  counters: z
    .object({
      store: z.string().describe('redis or postgres'),
      state: z.enum(['connecting', 'up', 'down']),
      since: instant,
      untold: z.number().int().describe('counts with corrections that the server has not been told yet'),
      held: z.number().describe('in portions of this process, and not used'),
    })
    .nullable()
    .describe('the server that limits and budgets are counted in, if it is not this process'),
  calls: z
    .object({ applied: orNull(CallSummary), previous: orNull(CallSummary) })
    .describe('of the version in force and of the one before'),
}).openapi('Status')

export const AuditLine = z
  .object({
    at: instant,
    event: z.string(),
    attempt: z.string(),
    scope: z.string(),
    who: z.string().describe(actorSays),
    trigger: z.string(),
    source: z.string(),
    from: version.nullable(),
    to: version.nullable(),
    digest: z.string().nullable(),
    status: z.string(),
    reason: z.string(),
    changedParameters: z.array(pointer).readonly(),
    traceId: z.string(),
    spanId: z.string(),
    approvals: z.array(z.string()).readonly().optional(),
    rejectedBy: z.string().optional(),
    emergency: z.string().optional(),
    idempotencyKey: z.string().optional(),
    offered: z.string().optional().describe('digest of what was offered under the key'),
    payloadKey: z.string().optional().describe('the key inside a payload that was sealed elsewhere'),
    previous: z.string(),
    hash: z.string(),
  })
  .openapi('AuditLine')

export const AuditPage = z
  .object({
    lines: z.array(AuditLine).readonly().describe('newest last'),
    verified: z.boolean().describe('whether each line names the hash of the one before and its own is right'),
    checked: z.number().int().describe('lines that were looked at for that'),
    problems: z
      .array(
        z.object({
          line: z
            .number()
            .int()
            .nullable()
            .describe('counted from 1, from the oldest that was looked at; `null` for one that is not there'),
          fault: z.enum(['changed', 'missing_before', 'moved', 'repeated', 'not_there']),
          message: z.string(),
        }),
      )
      .readonly(),
    isFromTheBeginning: z
      .boolean()
      .describe('whether the oldest line that was looked at is the first of all'),
    last: z
      .string()
      .nullable()
      .describe('hash of the newest; kept elsewhere, it shows whether lines were cut off'),
  })
  .openapi('AuditPage')

export const RollbackRequest = z
  .object({
    to: version
      .optional()
      .describe(
        'default: the last confirmed version while the one in force is observed, else the one before it',
      ),
    reason: z.string().max(500).optional(),
  })
  .openapi('RollbackRequest')

export const MissingApproval = z
  .object({
    changeClass: z.string(),
    found: z.number().int(),
    expected: z.number().int(),
    roles: z.array(z.string()).readonly().describe('whose word counts: roles, and people as `user:NAME`'),
  })
  .openapi('MissingApproval')

export const WaitingChange = z
  .object({
    attempt: z.string(),
    version: version.describe('what would come in'),
    digest: z.string(),
    author: z.string().describe(actorSays),
    authors: z.array(z.string()).readonly().describe('whose word does not count'),
    source: z.string(),
    reason: z.string(),
    since: instant,
    until: instant.describe('expires then'),
    classes: z.array(z.string()).readonly().describe('classes of change that it touches'),
    changes: z.array(Change).readonly(),
    words: z.array(z.string()).readonly().describe('each change, place by place'),
    sentences: z.array(Sentence).readonly().describe('the changes, for people'),
    warnings: z.array(PlanWarning).readonly().describe('what opens: who may call, change or be sent more'),
    plan: z
      .string()
      .nullable()
      .describe('the plan that it was applied from; `/v1/plans/{id}` says what it would do'),
    approvals: z.array(z.object({ by: z.string(), at: instant, note: z.string() })).readonly(),
    missing: z.array(MissingApproval).readonly(),
  })
  .openapi('WaitingChange')

export const ApprovalPage = z.object({ approvals: z.array(WaitingChange).readonly() }).openapi('ApprovalPage')

export const ApproveRequest = z
  .object({ note: z.string().max(500).optional(), digest: z.string().optional() })
  .openapi('ApproveRequest')

export const WhoAmI = z
  .object({
    person: z.string(),
    by: z.enum(['owner', 'token', 'oidc']),
    roles: z.array(z.string()).readonly(),
    may: z.array(z.string()).readonly(),
  })
  .openapi('WhoAmI')

export const ReasonRequest = z.object({ reason: z.string().max(500).optional() }).openapi('ReasonRequest')

export const Done = z.object({ done: z.literal(true), version }).openapi('Done')

/** One server-sent event of `/v1/reloads/events`; its `event` field is the state. */
export const ReloadEvent = z
  .object({
    at: instant,
    attempt: z.string(),
    state: z.string(),
    version: version.nullable(),
    status: ReloadStatus.optional(),
    reason: z.string().optional(),
    traceId: z.string(),
  })
  .openapi('ReloadEvent')
