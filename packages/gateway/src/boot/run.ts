/**
 * Starts a gateway whose rooms are open (`begin-run.ts`): with that file the one place that knows every room.
 *
 * Order: a try of the ports, then state, telemetry, what the last run left in force, then the source of the settings, whose
 * first offer is awaited so that readiness is known; then the ports. A port that opens before would answer 503 to
 * the first callers of every start.
 *
 * Nothing here is a global: a test starts several side by side, with clocks and outputs of their own.
 */
import type { LiveTelemetry } from '@changeover/otel'
import type { Reloader } from '@changeover/reload'
import type { CallLog } from '../calls/call-log.ts'
import { loadAdminToken } from '../control/admin-token.ts'
import { createAttemptJournal } from '../control/attempt-journal.ts'
import { type Changer, createChanger } from '../control/changer.ts'
import type { AdminRooms } from '../control/rooms.ts'
import { readLimits } from '../pipeline/read-limits.ts'
import { type AdminServer, startAdminServer } from '../server/admin-server.ts'
import { createDataServer } from '../server/data-server.ts'
import { version } from '../version.ts'
import { type Begun, beginRun, type Parts, type RunOptions } from './begin-run.ts'
import { followCallSettings } from './call-settings.ts'
import { type FirstOffer, withFirstOffer } from './first-offer.ts'
import { listening } from './listen-error.ts'
import type { RunningRooms } from './load-api.ts'
import { cachesOf } from './observe-caches.ts'
import { openProvenance } from './open-provenance.ts'
import { openSettingsPlace, type SettingsPlace } from './settings-place.ts'
import { withoutStaleOffers } from './stale-offers.ts'
import { tellOpenings } from './tell-openings.ts'
import { adminPortOf, dataPortOf, tryPorts } from './try-ports.ts'

export interface Running {
  /** `http://127.0.0.1:8700` */
  readonly dataUrl: string
  readonly adminUrl: string
  readonly adminToken: { readonly token: string; readonly path: string | null }
  readonly place: SettingsPlace
  /** What became of the settings that were found at the start. */
  readonly first: FirstOffer
  readonly reloader: Reloader<Parts>
  readonly calls: CallLog
  readonly telemetry: LiveTelemetry
  /** Reads settings and secrets again: SIGHUP. */
  reread(): Promise<void>
  /** Takes no more calls, lets streams finish until `drainMs` is over, writes down what there is. Once. */
  stop(options?: { drainMs?: number }): Promise<void>
}

/** How often secrets in files are looked at: a mounted secret that was rotated acts within this time. */
const secretsEveryMs = 30_000

/** Throws a `StartError` when a port cannot be had, `store.locked` when the state directory is in use. */
export async function run(options: RunOptions): Promise<Running> {
  await tryPorts(options.flags)
  const begun = await beginRun(options)
  try {
    return await finish(begun)
  } catch (error) {
    await letGo(begun, { drainMs: 0 })
    throw error
  }
}

async function finish(begun: Begun): Promise<Running> {
  const { options, clock, reloader, calls, telemetry, stateFolder, texts } = begun
  const { flags, cwd, env } = options
  const [, place, adminToken] = await Promise.all([
    reloader.start(),
    openSettingsPlace({ settings: flags.settings, poll: flags.poll, cwd, env, clock }),
    loadAdminToken(stateFolder, env['CHANGEOVER_ADMIN_TOKEN']),
  ])
  telemetry.redactor.add(adminToken.token)
  const journal = createAttemptJournal(reloader)
  const source = place.source
  const changer = createChanger({ reloader, source, telemetry })
  const { provenance, stop } = openProvenance({ reloader, journal, texts, source })
  // Before the first offer: a file may have been changed while nothing ran.
  begun.closers.push(tellOpenings(reloader, telemetry))
  const watched = withFirstOffer(withoutStaleOffers(place, changer))
  reloader.watch(watched.handle)
  const first = await watched.first
  void changer.takeUp()
  begun.closers.push(journal.close, stop, followCallSettings(reloader, calls), refreshSecrets(begun))
  begun.closers.push(begun.uptime.follow(reloader))

  const dataUrl = await openData(begun)
  const about = aboutOf(begun, dataUrl)
  const admin = await openAdmin(begun, adminToken.token, {
    reloader,
    calls,
    subscriptions: begun.subscriptions,
    journal,
    changer,
    provenance,
    source,
    telemetry,
    clock,
    about,
    access: begun.access,
    caches: () => cachesOf(reloader),
    counters: () => begun.counters.health(),
    limits: (tenant) => standingOf(begun, tenant),
    shadowOf: (rollout) => begun.sides.shadow(rollout),
  })
  return {
    dataUrl,
    adminUrl: admin.url,
    adminToken,
    place,
    first,
    reloader,
    calls,
    telemetry,
    reread: () => reread(begun, place, changer),
    stop: ({ drainMs = flags.drainMs } = {}) => letGo(begun, { drainMs }),
  }
}

async function openData(begun: Begun): Promise<string> {
  const { options, reloader, calls, telemetry, clock } = begun
  const { flags } = options
  const wanted = dataPortOf(flags)
  const data = createDataServer({
    reloader,
    sides: begun.sides,
    subscriptions: begun.subscriptions,
    calls,
    telemetry,
    clock,
    scope: flags.scope,
    redact: (text) => telemetry.redactor.text(text),
  })
  const open = await listening(wanted, data.listen(wanted))
  begun.data = data
  return urlOf(wanted.host, open.port)
}

async function openAdmin(begun: Begun, ownerToken: string, rooms: RunningRooms): Promise<AdminServer> {
  const { options, telemetry, reloader } = begun
  const wanted = adminPortOf(options.flags)
  const start = startAdminServer({
    host: wanted.host,
    port: wanted.port,
    identify: begun.access.gate(ownerToken),
    telemetry,
    metrics: () => telemetry.metricsText(),
    notReady: () => {
      if (begun.isStopping) return 'stopping'
      if (isShut(begun)) return 'no publisher has been heard for too long'
      return reloader.current() === null ? 'no settings are in force yet' : null
    },
    loadApi: async () => (await import('./load-api.ts')).createApiListener(rooms),
  })
  begun.admin = await listening(wanted, start)
  return begun.admin
}

function standingOf({ reloader, own, clock }: Begun, tenant: string | null): ReturnType<typeof readLimits> {
  const snapshot = reloader.current()
  const shared = snapshot?.parts.counters.store ?? null
  return readLimits({ settings: snapshot?.settings ?? {}, local: own.local, shared, clock }, tenant)
}

/** What serves is too old, and the operator wants nobody served from it. */
function isShut({ reloader, trustPlace }: Begun): boolean {
  return trustPlace.freshness?.failClosed === true && reloader.status().stale?.reason === 'age'
}

function aboutOf(begun: Begun, dataUrl: string): AdminRooms['about'] {
  return {
    version,
    startedAt: begun.startedAt,
    addresses: () => ({ data: dataUrl, admin: begun.admin?.url ?? null }),
    ready: () => !begun.isStopping && !isShut(begun) && begun.reloader.current() !== null,
  }
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Returns how to stop. */
function refreshSecrets(begun: Begun): () => void {
  const { clock } = begun
  let timer = clock.after(secretsEveryMs, again)
  function again(): void {
    void refreshOnce(begun).finally(() => {
      timer = clock.after(secretsEveryMs, again)
    })
  }
  return () => timer.cancel()
}

async function refreshOnce({ secrets, telemetry }: Begun): Promise<void> {
  const { changed, troubles } = await secrets.refresh()
  const log = (level: 'info' | 'warn', message: string, error?: unknown): void =>
    telemetry.logger.log({ level, room: 'settings', message, error })
  if (changed.length > 0) log('info', `secrets have new values: ${changed.join(', ')}`)
  for (const it of troubles) log('warn', `"${it.reference}" cannot be read; its last value stays`, it.cause)
}

/** A root that was put into the operator's file since. What becomes of it is in the log and in the audit log. */
async function rereadRoot({ reloader, telemetry, trustPlace }: Begun): Promise<void> {
  try {
    await trustPlace.reread(reloader)
  } catch (error) {
    const message = 'the file of the root cannot be read; the root in force stays'
    telemetry.logger.log({ level: 'warn', room: 'settings', message, error })
  }
}

const bySignal = { trigger: 'signal', actor: 'signal:SIGHUP' } as const

async function reread(
  begun: Begun,
  { again, source }: SettingsPlace,
  changer: Pick<Changer, 'offerRead'>,
): Promise<void> {
  await refreshOnce(begun)
  await rereadRoot(begun)
  // What goes wrong there is in the log and in the status, as at each poll.
  if ('asked' in again) return again.asked.readNow(bySignal)
  const { reloader, telemetry } = begun
  try {
    const reading = await again.read.read()
    // `null` while somebody writes: the file's own handle offers it when it has come to rest.
    if (reading === null) return
    const { bytes, digest: position, mediaType } = reading
    const origin = { ...bySignal, source: source.place, position, mediaType }
    await changer.offerRead(bytes, () => reloader.offer(bytes, origin), true)
  } catch (error) {
    telemetry.logger.log({
      level: 'warn',
      room: 'settings',
      message: `"${source.place}" cannot be read`,
      error,
    })
  }
}

/** In the order in which nobody needs what is already gone. */
async function letGo(begun: Begun, { drainMs }: { drainMs: number }): Promise<void> {
  if (begun.isStopping) return
  begun.isStopping = true
  for (const close of begun.closers) close()
  await begun.data?.close({ drainMs })
  await begun.admin?.close()
  await begun.reloader.close({ drainMs: 0 })
  await begun.calls.close()
  begun.subscriptions.close()
  begun.kept.close()
  await begun.telemetry.shutdown(2_000)
  begun.telemetry.flushLines()
}
