/**
 * One change after the other through the admin API, while the settings file's handle reads the file at every single
 * moment of them: whatever it sees there, old text or new, no change may be told that another took its place.
 *
 * The engine, the changer, the API and the file are real. The handle is moved by the engine's own steps, so the
 * moments are the same on every machine.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createReloader,
  type Handle,
  type Offer,
  type Participant,
  type Reloader,
  systemClock,
} from '@changeover/reload'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createApprovalDesk } from '../access/approval-desk.ts'
import { openSubscriptions } from '../apis/subscriptions.ts'
import type { CallLog } from '../calls/call-log.ts'
import { OWNER } from '../contract/access.ts'
import { createAdminApp } from '../control/admin-app.ts'
import { createAttemptJournal } from '../control/attempt-journal.ts'
import { createChanger } from '../control/changer.ts'
import type { PlanBody } from '../control/make-plan.ts'
import { ownFile } from '../control/own-file.ts'
import { createPlanShelf } from '../plan/plan-shelf.ts'
import { settingsText } from '../settings/edit.ts'
import { createReader } from './settings-reader.ts'
import { withoutStaleOffers } from './stale-offers.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-between-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const place = 'changeover.yaml'
const starter = `providers:
  sim: { kind: simulated }
models:
  small: { provider: sim }
routes:
  chat: { targets: [{ model: small, weight: 1 }] }
`

/** Reads when it is told to, and offers one reading after the other, as every handle does. */
class ToldHandle implements Handle {
  readonly kind = 'file'
  readonly source = place
  private readonly path: string
  private offer: Offer = () => Promise.reject(new Error('not watched'))
  private last: Promise<unknown> = Promise.resolve()
  private waiting = 0

  constructor(path: string) {
    this.path = path
  }

  async watch(offer: Offer, signal: AbortSignal): Promise<void> {
    this.offer = offer
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  read(): void {
    // What has been read and not yet offered is out of date with the next reading.
    if (this.waiting > 0) return
    this.waiting += 1
    const bytes = readFileSync(this.path)
    const origin = { trigger: 'file', source: place, mediaType: 'application/yaml' } as const
    this.last = this.last.then(async () => {
      await this.offer(bytes, origin)
      this.waiting -= 1
    })
  }

  async rest(): Promise<void> {
    await this.last
  }
}

interface World {
  readonly path: string
  readonly reloader: Reloader<{ all: string }>
  readonly handle: ToldHandle
  /** Told of each step of a change, in the middle of it. */
  moment: (name: string) => void
  patch(weight: number): Promise<string>
}

let world: World | null = null
afterEach(async () => {
  await world?.reloader.close({ drainMs: 0 })
  world = null
})

async function open(): Promise<World> {
  const path = join(mkdtempSync(join(folder, 'w-')), place)
  writeFileSync(path, starter)
  const told = { moment: (_name: string): void => undefined }
  const all: Participant<string> = {
    kinds: ['providers', 'models', 'routes', 'rollout'],
    prepare: async ({ version }) => {
      told.moment('prepare')
      await Promise.resolve()
      return version
    },
    check: async () => {
      told.moment('check')
      // Long enough for whatever the reading may set off to come first.
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    },
    committed: () => told.moment('committed'),
  }
  const reloader = createReloader({
    participants: { all },
    read: createReader(),
    limits: { debounceQuietMs: 0, burst: 1_000 },
  })
  await reloader.start()
  const origin = { trigger: 'startup', source: place, mediaType: 'application/yaml' } as const
  expect((await reloader.offer(Buffer.from(starter), origin)).outcome).toBe('applied')
  reloader.subscribe((event) => told.moment(event.state))
  const source = { kind: 'file', place, own: ownFile(path, place, settingsText) }
  const telemetry = silent()
  const changer = createChanger({ reloader, source, telemetry })
  const handle = new ToldHandle(path)
  reloader.watch(withoutStaleOffers({ handle, source }, changer))
  const about = {
    version: '0.1.0',
    startedAt: 0,
    addresses: () => ({ data: null, admin: null }),
    ready: () => true,
  }
  const journal = createAttemptJournal(reloader)
  const calls = {} as CallLog
  const rooms = {
    reloader,
    calls,
    journal,
    changer,
    provenance: {
      originsOf: async () => new Map(),
      step: async () => null,
      shareAt: async () => null,
      broughtBetween: async () => [],
    },
    planner: { look: () => Promise.reject(new Error('not asked')) },
    plans: createPlanShelf<PlanBody>(),
    source,
    subscriptions: await openSubscriptions({ path: `${path}.apis.db`, clock: systemClock, telemetry }),
    telemetry,
    clock: systemClock,
    about,
    access: { inForce: () => null, desk: createApprovalDesk({ clock: systemClock, access: () => null }) },
  }
  const app = createAdminApp(rooms)
  const patch = async (weight: number): Promise<string> => {
    const response = await app.request(
      '/v1/settings',
      {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ routes: { chat: { targets: [{ model: 'small', weight }] } } }),
      },
      { identity: OWNER },
    )
    const { outcome, code } = (await response.json()) as { outcome?: string; code?: string }
    return code ?? outcome ?? String(response.status)
  }
  world = Object.assign(told, { path, reloader, handle, patch })
  return world
}

function silent(): Parameters<typeof createChanger>[0]['telemetry'] {
  const span = {
    context: { traceId: '0'.repeat(32), spanId: '0'.repeat(16), sampled: false },
    set: () => undefined,
    event: () => undefined,
    fail: () => undefined,
    end: () => undefined,
  }
  return {
    tracer: { start: () => span },
    meter: { add: () => undefined, record: () => undefined, observe: () => () => undefined },
    logger: { enabled: () => false, log: () => undefined },
  }
}

const moments = ['verified', 'loading', 'prepare', 'check', 'warming', 'ready', 'observing', 'committed']

describe('changes in a row', () => {
  it.each(moments)('are all applied when the file is read at "%s" of each', async (moment) => {
    const opened = await open()
    let readings = 0
    opened.moment = (name) => {
      if (name !== moment) return
      readings += 1
      opened.handle.read()
    }
    const outcomes: string[] = []
    for (const weight of [2, 3, 4, 5, 6]) outcomes.push(await opened.patch(weight))
    await opened.handle.rest()
    expect(outcomes).toEqual(Array.from({ length: 5 }, () => 'applied'))
    expect(readings).toBeGreaterThanOrEqual(5)
    await expectAgreement(opened, 6)
  })
})

/** The file, the settings in force and the last change say the same, also after the file is read once more. */
async function expectAgreement(opened: World, weight: number): Promise<void> {
  const { path, reloader, handle } = opened
  const before = reloader.current()?.version
  expect(readFileSync(path, 'utf8')).toContain(`weight: ${weight}`)
  opened.moment = () => undefined
  handle.read()
  await handle.rest()
  expect([before, reloader.current()?.version]).toEqual(['1.6', '1.6'])
  const targets = [{ model: 'small', weight }]
  expect(reloader.current()?.settings['routes']?.['chat']).toEqual({ targets })
}
