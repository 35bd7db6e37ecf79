/** `/v1/versions`: what history, rollback and diff can reach. */

import { changes, type Reloader, readableChanges, type SettingsTree } from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import type { JSONValue } from 'hono/utils/types'
import type { VersionSummary } from '../../calls/questions.ts'
import { GatewayError } from '../../errors.ts'
import { findOpenings } from '../../plan/warnings/find-warnings.ts'
import { describeChanges } from '../../plan/words/describe-changes.ts'
import { type AdminApp, json, refusal } from '../app.ts'
import { type Override, overrideInForce } from '../override.ts'
import type { AdminRooms } from '../rooms.ts'
import { Done, VersionDetail, VersionDiff, VersionPage } from '../schemas.ts'
import { writeSummary } from '../write-json.ts'

const versionParam = z.string().describe('`epoch.seq`, or `current`')
const withCalls = z
  .enum(['true', 'false'])
  .default('false')
  .describe('with a summary of the calls under each')

const list = createRoute({
  method: 'get',
  path: '/v1/versions',
  operationId: 'listVersions',
  summary: 'Versions, newest first',
  request: {
    query: z.object({ calls: withCalls, limit: z.coerce.number().int().min(1).max(200).default(50) }),
  },
  responses: { 200: json(VersionPage, 'Versions'), default: refusal },
})

const one = createRoute({
  method: 'get',
  path: '/v1/versions/{version}',
  operationId: 'readVersion',
  summary: 'One version: settings and manifest',
  request: { params: z.object({ version: versionParam }) },
  responses: { 200: json(VersionDetail, 'The version'), default: refusal },
})

const diff = createRoute({
  method: 'get',
  path: '/v1/versions/{from}/diff/{to}',
  operationId: 'diffVersions',
  summary: 'What differs between two versions',
  request: { params: z.object({ from: versionParam, to: versionParam }) },
  responses: { 200: json(VersionDiff, 'The differences'), default: refusal },
})

const release = createRoute({
  method: 'post',
  path: '/v1/versions/{version}/release',
  operationId: 'releaseVersion',
  summary: 'Take a version out of quarantine',
  request: { params: z.object({ version: versionParam }) },
  responses: { 200: json(Done, 'Released'), default: refusal },
})

export function addVersionRoutes(app: AdminApp, rooms: AdminRooms): void {
  const { reloader } = rooms
  app.openapi(list, async (c) => {
    const { calls, limit } = c.req.valid('query')
    const entries = reloader.line().slice(-limit).toReversed()
    const summaries =
      calls === 'true'
        ? await summarise(
            rooms,
            entries.map((it) => it.version),
          )
        : new Map()
    const override = overrideInForce(reloader)
    return c.json(
      {
        versions: entries.map((it) =>
          writeEntry(reloader, it, { override, summary: summaries.get(it.version) }),
        ),
      },
      200,
    )
  })
  app.openapi(one, async (c) => {
    const version = resolveVersion(reloader, c.req.valid('param').version)
    const entry = reloader.line().find((it) => it.version === version)
    if (entry === undefined) throw noSuch(version)
    const summaries = await summarise(rooms, [version])
    const override = overrideInForce(reloader)
    const manifest = await reloader.manifest(version)
    const settings = (await reloader.settings(version)) as Record<string, Record<string, JSONValue>> | null
    const sealed: JSONValue = manifest === null ? null : JSON.parse(new TextDecoder().decode(manifest))
    return c.json(
      {
        ...writeEntry(reloader, entry, { override, summary: summaries.get(version) }),
        settings,
        manifest: sealed,
      },
      200,
    )
  })
  app.openapi(diff, async (c) => {
    const from = resolveVersion(reloader, c.req.valid('param').from)
    const to = resolveVersion(reloader, c.req.valid('param').to)
    const [before, after] = [await settingsOf(reloader, from), await settingsOf(reloader, to)]
    const found = changes(before, after)
    const sentences = [...describeChanges(before, after, found)]
    const changed = found.map((it) => it.pointer)
    const warnings = [...findOpenings({ before, after, changed })]
    return c.json({ from, to, changes: found, words: readableChanges(found), sentences, warnings }, 200)
  })
  app.openapi(release, async (c) => {
    const { version } = c.req.valid('param')
    if (!(await reloader.release(version)))
      throw new GatewayError('control.not_found', { what: `version ${version} in quarantine` })
    return c.json({ done: true as const, version }, 200)
  })
}

export async function settingsOf(reloader: Reloader<unknown>, version: string): Promise<SettingsTree> {
  const settings = await reloader.settings(version)
  if (settings === null) throw noSuch(version)
  return settings
}

export function resolveVersion(reloader: Reloader<unknown>, name: string): string {
  if (name !== 'current') return name
  const applied = reloader.status().applied
  if (applied === null) throw new GatewayError('gateway.not_ready', {})
  return applied.version
}

/** The history must not fail because the call log does. */
async function summarise(
  { calls, telemetry }: AdminRooms,
  versions: readonly string[],
): Promise<Map<string, VersionSummary>> {
  try {
    return new Map((await calls.summarise(versions)).map((it) => [it.version, it]))
  } catch (error) {
    telemetry.logger.log({ level: 'warn', room: 'control', message: 'the call log gave no answer', error })
    return new Map()
  }
}

function writeEntry(
  reloader: Reloader<unknown>,
  entry: ReturnType<Reloader<unknown>['line']>[number],
  { override, summary }: { readonly override: Override | null; readonly summary: VersionSummary | undefined },
) {
  const { applied, confirmed, baseline, quarantine } = reloader.status()
  const isAt = (it: { version: string } | null): boolean => it?.version === entry.version
  const roles = [
    ...(isAt(applied) ? ['applied'] : []),
    ...(isAt(confirmed) ? ['confirmed'] : []),
    ...(isAt(baseline) ? ['baseline'] : []),
    ...(quarantine.some(isAt) ? ['quarantined'] : []),
    ...(isAt(override) ? ['override'] : []),
  ]
  return { ...entry, roles, calls: summary === undefined ? null : writeSummary(summary) }
}

function noSuch(version: string): GatewayError {
  return new GatewayError('control.not_found', { what: `version ${version}` })
}
