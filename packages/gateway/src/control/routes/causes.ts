/** `/v1/settings/origin` and `/v1/calls/{id}/why`: where values come from, and what they decided. */
import { isPointer, nearest, pointTo, type SettingsTree, stepsOf } from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import type { JSONValue } from 'hono/utils/types'
import { leavesAt, valueAt } from '../../cause/values.ts'
import { explainCall } from '../../cause/why.ts'
import { GatewayError } from '../../errors.ts'
import { describeChanges } from '../../plan/words/describe-changes.ts'
import { SECTIONS } from '../../settings/schema.ts'
import { type AdminApp, json, refusal } from '../app.ts'
import { recordedCall } from '../call-answers.ts'
import { SettingsOrigin, Why } from '../cause-schemas.ts'
import { effectiveAt } from '../effective.ts'
import type { AdminRooms } from '../rooms.ts'
import { writeOrigin, writeWhy } from '../write-cause.ts'

/** Beyond this, counting on is all that is done. */
const MOST_VALUES = 100_000

const origin = createRoute({
  method: 'get',
  path: '/v1/settings/origin',
  operationId: 'readOrigin',
  summary: 'Where the values in force come from: file and line, version, reload, author',
  description:
    'Each value at or below `pointer`, defaults among them, with the version that last made it what it is. ' +
    'What is older than the versions and the audit log that are kept is said to be so.',
  request: {
    query: z.object({
      pointer: z.string().default('').describe('JSON pointer, such as `/routes/chat`; without it everything'),
      version: z.string().optional().describe('`epoch.seq`; default: the version in force'),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
    }),
  },
  responses: { 200: json(SettingsOrigin, 'Values and where they come from'), default: refusal },
})

const why = createRoute({
  method: 'get',
  path: '/v1/calls/{id}/why',
  operationId: 'explainCall',
  summary: 'Why a call went as it did: version, what decided, where it came from, what is different now',
  request: { params: z.object({ id: z.string().describe('as in `x-changeover-call`') }) },
  responses: { 200: json(Why, 'What decided'), default: refusal },
})

export function addCauseRoutes(app: AdminApp, rooms: AdminRooms): void {
  app.openapi(why, async (c) => c.json(await answerWhy(rooms, c.req.valid('param').id), 200))
  app.openapi(origin, async (c) => {
    const { pointer, limit, version: asked } = c.req.valid('query')
    const { version, settings } = await settingsOf(rooms, asked)
    const effective = isPointer(pointer) ? effectiveAt(settings, pointer) : {}
    const all = leavesAt(effective, pointer, MOST_VALUES)
    if (all.length === 0) throw new GatewayError('control.no_such_setting', nearestTo(pointer, settings))
    const shown = all.slice(0, limit)
    const found = await rooms.provenance.originsOf(version, settings, shown)
    const values = shown.flatMap((it) => {
      const from = found.get(it)
      if (from === undefined) return []
      return [
        { pointer: it, value: (valueAt(effective, it) ?? null) as JSONValue, origin: writeOrigin(from) },
      ]
    })
    return c.json({ version, pointer, values, left: all.length - shown.length }, 200)
  })
}

/** The section, or the entry of a section that is there, whose name is nearest. */
function nearestTo(pointer: string, settings: SettingsTree) {
  const [kind = '', name] = isPointer(pointer) ? stepsOf(pointer) : []
  const section = settings[kind]
  if (section === undefined) {
    const found = nearest(kind, SECTIONS)
    return { pointer, nearest: found === null ? null : pointTo('', found) }
  }
  const found = name === undefined ? null : nearest(name, Object.keys(section))
  return { pointer, nearest: found === null ? null : pointTo(pointTo('', kind), found) }
}

async function answerWhy({ reloader, calls, provenance }: AdminRooms, id: string) {
  const call = await recordedCall(calls, id)
  const options = {
    provenance,
    inForce: () => reloader.current(),
    describe: describeChanges,
    versionOf: (digest: string) => reloader.line().find((it) => it.digest === digest)?.version ?? null,
    settings: async (version: string) => {
      const current = reloader.current()
      return version === current?.version ? current.settings : reloader.settings(version)
    },
  }
  return writeWhy(await explainCall(options, call))
}

async function settingsOf(
  { reloader }: AdminRooms,
  asked: string | undefined,
): Promise<{ readonly version: string; readonly settings: SettingsTree }> {
  const snapshot = reloader.current()
  if (snapshot === null) throw new GatewayError('gateway.not_ready', {})
  if (asked === undefined || asked === snapshot.version) return snapshot
  const settings = await reloader.settings(asked)
  if (settings === null) throw new GatewayError('control.not_found', { what: `version ${asked}` })
  return { version: asked, settings }
}
