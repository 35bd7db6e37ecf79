/**
 * The admin API over an engine, a settings file and a record of calls of its own, anew for each test that asks for it.
 *
 * Not here: who may ask (`guard-routes.ts`): whoever asks here is the owner.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTelemetry, type LiveTelemetry } from '@changeover/otel'
import { createReloader, type Participant, ReloadError, type Reloader, systemClock } from '@changeover/reload'
import { afterAll, afterEach, expect } from 'vitest'
import type { z } from 'zod'
import { createApprovalDesk } from '../access/approval-desk.ts'
import { openSubscriptions } from '../apis/subscriptions.ts'
import { openProvenance, openTexts } from '../boot/open-provenance.ts'
import type { CallLog } from '../calls/call-log.ts'
import { OWNER } from '../contract/access.ts'
import type { CallCopy } from '../contract/call.ts'
import { testCall } from '../contract/test-call.ts'
import { createPlanShelf } from '../plan/plan-shelf.ts'
import { createPlanner } from '../plan/planner.ts'
import { settingsText } from '../settings/edit.ts'
import { settingsReader } from '../settings/reader.ts'
import { createAdminApp } from './admin-app.ts'
import type { AdminApp } from './app.ts'
import { type AttemptJournal, createAttemptJournal } from './attempt-journal.ts'
import { createChanger } from './changer.ts'
import { ownFile } from './own-file.ts'
import type { AdminRooms } from './rooms.ts'
import { Problem } from './schemas.ts'

export const merge = 'application/merge-patch+json'
export const patch = 'application/json-patch+json'

export const starter = `# how we route
routes:
  chat:
    targets:
      - model: small # cheap
        weight: 90
      - model: large
        weight: 10
models:
  small: { provider: sim }
  large: { provider: sim }
providers:
  sim: { kind: simulated }
`

const call = testCall({
  startedAt: Date.UTC(2026, 0, 1),
  durationMs: 12,
  firstTokenMs: 3,
  version: '1.1',
  tenant: null,
  key: null,
  target: 'sim/small',
  stream: true,
  inputTokens: 1,
  outputTokens: 2,
  costMicroUsd: 120,
  pricedBy: 'shipped',
  attempts: [],
  choice: 'small=90%, large=10%',
})

export const copyOfCall: CallCopy = {
  id: `${call.id}+mirror`,
  of: 'mirror',
  startedAt: call.startedAt,
  version: '1.2',
  target: 'other/model',
  bill: { price: 'other/model', costMicroUsd: null, tokens: { inputTokens: 1, outputTokens: 1 } },
}

export const calls: CallLog = {
  keysUsed: () => Promise.resolve([{ key: 'acme/ci', lastAt: 1 }]),
  finish: () => undefined,
  hear: () => undefined,
  copied: () => undefined,
  findCopy: (id) => Promise.resolve(id === `${call.id}+mirror` ? copyOfCall : null),
  find: (id) => Promise.resolve(id === call.id ? call : null),
  list: (filter) =>
    Promise.resolve({ calls: [{ ...call, version: filter.version ?? call.version }], next: 'a' }),
  summarise: (versions) =>
    Promise.resolve(
      versions.map((version) => ({
        version,
        calls: 1,
        sampled: 1,
        errors: 0,
        p50Ms: 12,
        p99Ms: 12,
        firstAt: 1,
        lastAt: 2,
      })),
    ),
  retain: () => undefined,
  flush: () => Promise.resolve(),
  readable: () => Promise.reject(new Error('no record')),
  close: () => Promise.resolve(),
}

export interface AdminWorld {
  readonly path: string
  readonly reloader: Reloader<{ all: string }>
  readonly journal: AttemptJournal
  readonly telemetry: LiveTelemetry
  /** Runs while a candidate is warmed up. */
  during: () => void
  ask(method: string, path: string, more?: Asked): Promise<Answer>
  request(path: string, init?: RequestInit): Promise<Response>
  file(): string
}

export interface Asked {
  readonly type?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly as?: z.ZodType
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  // What a schema has not been asked for is looked at as it comes.
  readonly body: Record<string, unknown>
}

type OpenAdmin = (text?: string | null, isOwn?: boolean) => Promise<AdminWorld>

/** Opens one with settings that say `text`, or none; closed behind each test of the file that asks for it. */
export function adminWorlds(): OpenAdmin {
  const folder = mkdtempSync(join(tmpdir(), 'changeover-admin-'))
  const opened: AdminWorld[] = []
  afterEach(async () => {
    for (const { journal, reloader, telemetry } of opened.splice(0)) {
      journal.close()
      await reloader.close()
      await telemetry.shutdown(100)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return async (text = starter, isOwn = true) => {
    const world = await openWorld(mkdtempSync(join(folder, 'w-')), { text, isOwn })
    opened.push(world)
    return world
  }
}

async function openWorld(
  folder: string,
  { text, isOwn }: { readonly text: string | null; readonly isOwn: boolean },
): Promise<AdminWorld> {
  const path = join(folder, 'changeover.yaml')
  if (text !== null) writeFileSync(path, text)
  const telemetry = silentTelemetry()
  const made: Partial<AdminWorld> = { during: () => undefined }
  const reloader = createReloader({
    participants: { all: participant(() => made.during?.()) },
    read: settingsReader({ bakeMs: 60_000 }),
    telemetry,
    limits: { burst: 1_000, debounceQuietMs: 0 },
  })
  await reloader.start()
  const own = isOwn ? ownFile(path, 'changeover.yaml', settingsText) : null
  const source = { kind: 'file', place: 'changeover.yaml', own }
  const journal = createAttemptJournal(reloader)
  const app = createAdminApp(await roomsOf({ path, folder, reloader, journal, source, telemetry }))
  if (text !== null) {
    const origin = { trigger: 'file', source: 'changeover.yaml', mediaType: 'application/yaml' } as const
    const receipt = await reloader.offer(Buffer.from(text), origin)
    expect(receipt.outcome).toBe('applied')
  }
  return Object.assign(made, {
    path,
    reloader,
    journal,
    telemetry,
    ask: askerOf(app),
    request: (path: string, init?: RequestInit) =>
      Promise.resolve(app.request(path, init, { identity: OWNER })),
    file: () => readFileSync(path, 'utf8'),
  }) as AdminWorld
}

function silentTelemetry(): LiveTelemetry {
  const silent = { write: () => true }
  return createTelemetry({
    serviceName: 'test',
    serviceVersion: '0',
    instance: 'i',
    clock: systemClock,
    stdout: silent,
    stderr: silent,
    settings: {
      logs: { level: 'error', format: 'json' },
      traces: { ratio: 1 },
      metrics: {},
      attributes: 'plain',
    },
  })
}

/** Fails at a route called `explode`. */
function participant(during: () => void): Participant<string> {
  return {
    kinds: ['routes', 'models', 'providers', 'contexts', 'telemetry', 'rollout'],
    prepare: ({ version, settings }) => {
      if (settings['routes']?.['explode'] !== undefined)
        throw new ReloadError('prepare.failed', { participant: 'all', version })
      return version
    },
    check: during,
  }
}

type Around = Pick<AdminWorld, 'path' | 'reloader' | 'journal' | 'telemetry'> &
  Pick<AdminRooms, 'source'> & { readonly folder: string }

async function roomsOf({ path, folder, reloader, journal, source, telemetry }: Around): Promise<AdminRooms> {
  const clock = systemClock
  return {
    reloader,
    calls,
    journal,
    changer: createChanger({ reloader, source, telemetry }),
    provenance: openProvenance({ reloader, journal, texts: openTexts(folder, telemetry), source }).provenance,
    planner: createPlanner({ calls, clock, telemetry, shipped: async () => ({}) }),
    plans: createPlanShelf(),
    source,
    subscriptions: await openSubscriptions({ path: `${path}.apis.db`, clock, telemetry }),
    telemetry,
    clock,
    about: {
      version: '0.1.0',
      startedAt: 0,
      addresses: () => ({ data: null, admin: null }),
      ready: () => true,
    },
    access: { inForce: () => null, desk: createApprovalDesk({ clock, access: () => null }) },
  }
}

/** Every refusal has to have the form of one; every other answer that of `as`. */
function askerOf(app: AdminApp): AdminWorld['ask'] {
  return async (method, url, { type, body, headers, as } = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const sent = type ?? (body === undefined ? undefined : 'application/json')
    const response = await app.request(
      url,
      {
        method,
        headers: { ...(sent === undefined ? {} : { 'content-type': sent }), ...headers },
        ...(body === undefined ? {} : { body: text }),
      },
      { identity: OWNER },
    )
    const answer = (await response.json()) as Record<string, unknown>
    if (response.ok && as !== undefined) as.parse(answer)
    if (!response.ok) {
      Problem.parse(answer)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    }
    return { status: response.status, headers: response.headers, body: answer }
  }
}
