/** `/v1/status`, `/v1/instances` and `/v1/audit`: how things are, and how they came to be so. */
import { checkAudit, type ReloaderStatus } from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import type { VersionSummary } from '../../calls/questions.ts'
import { type AdminApp, json, refusal } from '../app.ts'
import { describeSource } from '../describe-source.ts'
import { overrideInForce } from '../override.ts'
import type { AdminRooms } from '../rooms.ts'
import { AuditPage, InstancePage, Status } from '../schemas.ts'
import {
  writeAttempt,
  writeAuditLine,
  writeInstance,
  writeInstant,
  writeOverride,
  writeSummary,
} from '../write-json.ts'

const status = createRoute({
  method: 'get',
  path: '/v1/status',
  operationId: 'readStatus',
  summary: 'This instance: five pointers, the last reload, the calls under this version and the one before',
  responses: { 200: json(Status, 'Status'), default: refusal },
})

const instances = createRoute({
  method: 'get',
  path: '/v1/instances',
  operationId: 'listInstances',
  summary: 'The instances of this scope that this one knows of: itself',
  responses: { 200: json(InstancePage, 'Instances'), default: refusal },
})

const audit = createRoute({
  method: 'get',
  path: '/v1/audit',
  operationId: 'readAudit',
  summary: 'The audit log, newest last, and whether its chain of hashes is whole',
  description:
    'With `verify` the whole log is looked at, and each line that was changed, moved or left out is named with its number; ' +
    'else only the lines that are answered. `Accept: application/jsonl` gives the lines alone, as they are kept.',
  request: {
    query: z.object({
      limit: z.coerce.number().int().min(1).max(100_000).default(100).describe('the newest so many'),
      since: z.iso.datetime({ offset: true }).optional().describe('lines written at or after it'),
      verify: z.enum(['true', 'false']).default('false'),
      kept: z
        .string()
        .regex(/^[0-9a-f]{64}$/, 'the hash of a line')
        .optional()
        .describe('a hash that must be in the log'),
    }),
  },
  responses: {
    200: {
      description: 'Audit lines',
      content: {
        'application/json': { schema: AuditPage },
        'application/jsonl': { schema: z.string() },
      },
    },
    default: refusal,
  },
})

export function addStateRoutes(app: AdminApp, rooms: AdminRooms): void {
  app.openapi(status, async (c) => c.json(await writeStatus(rooms), 200))
  app.openapi(instances, async (c) => c.json({ instances: [writeInstance(await statusOf(rooms))] }, 200))
  app.openapi(audit, async (c) => {
    const { limit, since, verify, kept } = c.req.valid('query')
    const isWhole = verify === 'true' || kept !== undefined
    const read = await rooms.reloader.audit(isWhole || since !== undefined ? {} : { limit })
    const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since)
    const lines = read.filter((it) => Date.parse(it.at) >= sinceMs).slice(-limit)
    if (c.req.header('accept')?.includes('application/jsonl') === true)
      return c.body(lines.map((it) => `${JSON.stringify(it)}\n`).join(''), 200, {
        'content-type': 'application/jsonl',
      }) as never
    const check = checkAudit(isWhole ? read : lines, kept === undefined ? [] : [kept])
    return c.json({ lines: lines.map(writeAuditLine), verified: check.problems.length === 0, ...check }, 200)
  })
}

async function writeStatus(rooms: AdminRooms) {
  const { reloader, journal, about } = rooms
  const now = await statusOf(rooms)
  const last = journal.lastOfNote() ?? now.last
  const override = overrideInForce(reloader)
  return {
    ...writeInstance(now),
    gateway: {
      version: about.version,
      node: process.version,
      pid: process.pid,
      startedAt: writeInstant(about.startedAt),
      ready: about.ready(),
      ...about.addresses(),
    },
    root: now.root,
    stale: now.stale,
    source: await describeSource(rooms),
    override: override === null ? null : writeOverride(override),
    last: last === null ? null : writeAttempt(last),
    counters: writeCounters(rooms),
    calls: await summariseLastTwo(rooms),
  }
}

/** What was refused when the operator's own file was read is no difference any more once it has come in otherwise. */
async function statusOf({ reloader, changer, source }: AdminRooms): Promise<ReloaderStatus> {
  const status = reloader.status()
  const isOwn = ({ source: place }: ReloaderStatus['handles'][number]) =>
    source.own !== null && place === source.place
  const differs = status.handles.some((it) => isOwn(it) && it.differs !== null)
  if (!differs || !(await changer.isInForce())) return status
  return { ...status, handles: status.handles.map((it) => (isOwn(it) ? { ...it, differs: null } : it)) }
}

function writeCounters(rooms: AdminRooms) {
  const health = rooms.counters?.() ?? null
  return health === null ? null : { ...health, since: writeInstant(health.since) }
}

async function summariseLastTwo({ reloader, calls }: AdminRooms) {
  const versions = reloader.line().map((it) => it.version)
  const applied = reloader.status().applied?.version
  const previous = applied === undefined ? undefined : versions[versions.indexOf(applied) - 1]
  const asked = [applied, previous].filter((it) => it !== undefined)
  // Status must be readable when the call log is not.
  const found = asked.length === 0 ? [] : await calls.summarise(asked).catch((): VersionSummary[] => [])
  const summaryOf = (version: string | undefined) => {
    const summary = found.find((it) => it.version === version)
    return summary === undefined ? null : writeSummary(summary)
  }
  return { applied: summaryOf(applied), previous: summaryOf(previous) }
}
