/**
 * Puts a gateway together and starts it: the one place that knows every room.
 *
 * Order: state, telemetry, what the last run left in force, then the source of the settings, whose first offer
 * is awaited so that readiness is known; then the ports. A port that opens before would answer 503 to the
 * first callers of every start.
 *
 * Nothing here is a global: a test starts several side by side, with clocks and outputs of their own.
 */
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { createTelemetry, type LineOutput, type LiveTelemetry, type TelemetryOptions } from '@changeover/otel'
import {
  type Clock,
  createReloader,
  fileStore,
  type Reloader,
  type ReloaderLimits,
  type ReloaderOptions,
  type RootAnchor,
  type Signer,
  systemClock,
  type TrustPolicy,
} from '@changeover/reload'
import { classesOfAll } from '../access/change-classes.ts'
import type { CompiledAccess } from '../access/compile-access.ts'
import { openSubscriptions, type Subscriptions } from '../apis/subscriptions.ts'
import { type CallLog, createCallLog } from '../calls/call-log.ts'
import { loadShipped } from '../catalogue/catalogue.ts'
import type { KeptTexts } from '../cause/kept-texts.ts'
import type { CompiledGateway } from '../contract/compiled.ts'
import { isLoopback } from '../contract/loopback.ts'
import { loadAdminToken } from '../control/admin-token.ts'
import { createAttemptJournal } from '../control/attempt-journal.ts'
import { type Changer, createChanger } from '../control/changer.ts'
import type { AdminRooms } from '../control/rooms.ts'
import { accessParticipant } from '../pipeline/access-participant.ts'
import { type CountersPart, type SharedCounters, sharedCounters } from '../pipeline/counters-participant.ts'
import { measures } from '../pipeline/measures.ts'
import { gatewayParticipant } from '../pipeline/participant.ts'
import { Sides } from '../pipeline/placed.ts'
import { readLimits } from '../pipeline/read-limits.ts'
import { createRevocation, type RevocationOptions } from '../pipeline/revocation.ts'
import { type TelemetryPart, telemetryParticipant } from '../pipeline/telemetry-participant.ts'
import { type Counters, createCounters } from '../policy/allowance.ts'
import { type KeptTotals, keepTotals } from '../policy/kept-totals.ts'
import { type AdminServer, startAdminServer } from '../server/admin-server.ts'
import { createDataServer, type DataServer } from '../server/data-server.ts'
import { createSecrets, type Secrets } from '../settings/secrets.ts'
import { starterSettings } from '../settings/starter.ts'
import { version } from '../version.ts'
import { followCallSettings } from './call-settings.ts'
import { type FirstOffer, withFirstOffer } from './first-offer.ts'
import type { Flags } from './flags.ts'
import { freezeHook } from './freeze-hook.ts'
import { keepingTexts } from './keeping-texts.ts'
import { listening } from './listen-error.ts'
import type { RunningRooms } from './load-api.ts'
import { cachesOf, observeCaches } from './observe-caches.ts'
import { type OpenAccess, openAccess } from './open-access.ts'
import { openProvenance, openTexts } from './open-provenance.ts'
import { openStateFolder } from './open-state-folder.ts'
import { openTrust, type TrustPlace } from './open-trust.ts'
import { openSettingsPlace, type SettingsPlace } from './settings-place.ts'
import { createReader } from './settings-reader.ts'
import { withoutStaleOffers } from './stale-offers.ts'
import { openUptime, type Uptime, type UptimePart } from './watch-trials.ts'

export interface RunOptions {
  readonly flags: Flags
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: LineOutput
  readonly stderr: LineOutput
  readonly clock?: Clock
  readonly limits?: Partial<ReloaderLimits>
  /** Whose signatures count. With it, what the settings file or the admin API brings needs a `signer`. */
  readonly trust?: TrustPolicy | RootAnchor
  /** Signs what this gateway seals itself. */
  readonly signer?: Signer
  /** Instead of OTLP, for tests. */
  readonly exporters?: TelemetryOptions['exporters']
}

export interface Parts {
  readonly counters: CountersPart
  readonly gateway: CompiledGateway
  readonly telemetry: TelemetryPart
  readonly access: CompiledAccess
  readonly uptime: UptimePart
}

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

/**
 * Streams of minutes hold the versions they began under, and a version that shares most of its parts with the
 * next costs little: so many more than the engine's own default may be alive before a reload has to wait. Why
 * sixteen: docs/decisions/2026-11-21-sixteen-versions.md.
 */
const limits: Partial<ReloaderLimits> = { generations: 16 }

/** How often secrets in files are looked at: a mounted secret that was rotated acts within this time. */
const secretsEveryMs = 30_000

/** Throws a `StartError` when a port cannot be had, `store.locked` when the state directory is in use. */
export async function run(options: RunOptions): Promise<Running> {
  const begun = await begin(options)
  try {
    return await finish(begun)
  } catch (error) {
    await letGo(begun, { drainMs: 0 })
    throw error
  }
}

interface Begun {
  readonly counters: SharedCounters
  /** What this process has counted, and what is kept of it over a restart. */
  readonly own: Counters
  readonly kept: KeptTotals
  readonly sides: Sides
  readonly access: OpenAccess
  readonly options: RunOptions
  readonly clock: Clock
  readonly startedAt: number
  readonly stateFolder: string
  readonly trustPlace: TrustPlace
  readonly telemetry: LiveTelemetry
  readonly secrets: Secrets
  readonly reloader: Reloader<Parts>
  readonly calls: CallLog
  readonly subscriptions: Subscriptions
  readonly texts: KeptTexts
  readonly uptime: Uptime
  readonly closers: (() => void)[]
  data: DataServer | null
  admin: AdminServer | null
  isStopping: boolean
}

async function begin(options: RunOptions): Promise<Begun> {
  const { flags, env, stdout } = options
  const clock = options.clock ?? systemClock
  const startedAt = clock.now()
  const stateFolder = resolve(options.cwd, flags.state)
  const trustPlace = await openTrust(flags, options)
  const [shipped] = await Promise.all([loadShipped(), openStateFolder(stateFolder)])
  const instance = flags.instance ?? hostname()
  const isTerminal = stdout.isTTY === true
  const telemetry = startTelemetry(options, { clock, instance, isTerminal })
  const secrets = createSecrets({
    env,
    redactor: telemetry.redactor,
    own: { environment: ['CHANGEOVER_ADMIN_TOKEN'], directory: stateFolder },
  })
  const texts = openTexts(stateFolder, telemetry)
  const access = openAccess({ clock, telemetry }, () => reloader)
  const sides = new Sides()
  const counters = sharedCounters({ secrets, clock, telemetry })
  const own = createCounters()
  const kept = keepTotals({
    path: join(stateFolder, 'budgets.db'),
    counters: own.local,
    clock,
    logger: telemetry.logger,
  })
  const store = fileStore(join(stateFolder, 'reload'))
  const cut: RevocationOptions['cut'] = (holds) => begun.data?.cutUnless(holds) ?? 0
  const revocation = createRevocation({ clock, telemetry, cut })
  const uptime = openUptime({ clock, telemetry, store, adminUrl: () => begun.admin?.url ?? null })
  const reloader: Reloader<Parts> = createReloader<Parts>({
    scope: flags.scope,
    instance,
    clock,
    telemetry,
    store,
    read: keepingTexts(createReader(clock), { texts, starter: starterSettings(env) }),
    participants: {
      counters: counters.participant,
      gateway: gatewayParticipant({
        secrets,
        shipped,
        clock,
        counters: own,
        reach: { host: flags.host, isExposed: !isLoopback(flags.host) },
        committed: (gateway) => revocation.follow(gateway),
      }),
      telemetry: telemetryParticipant({ live: telemetry, secrets, isTerminal }),
      access: accessParticipant({ secrets }),
      // Last: what it sees is to be as close to the swap as can be.
      uptime: uptime.participant,
    },
    approve: access.desk.hook,
    measures,
    lately: (measure) => sides.lately(measure),
    secrets,
    frozen: freezeHook(() => reloader.current()?.settings ?? null),
    limits: { ...limits, driftEveryMs: flags.driftMs, ...options.limits },
    changeClasses: classesOfAll,
    ...trustOf(options, trustPlace),
  })
  const subscriptions = await openSubscriptions({ path: join(stateFolder, 'apis.db'), clock, telemetry })
  const calls = createCallLog({ path: join(stateFolder, 'calls.db'), clock, telemetry })
  const parts = {
    options,
    clock,
    startedAt,
    stateFolder,
    trustPlace,
    telemetry,
    secrets,
    reloader,
    access,
    calls,
    subscriptions,
    texts,
    uptime,
    counters,
    own,
    kept,
  }
  const begun: Begun = {
    ...parts,
    sides,
    closers: [revocation.close, observeBudgets(telemetry, own, clock), observeCaches(telemetry, reloader)],
    data: null,
    admin: null,
    isStopping: false,
  }
  return begun
}

/** What a test hands in goes before what the flags say. */
function trustOf(
  options: RunOptions,
  { anchor, signer, freshness }: TrustPlace,
): Pick<ReloaderOptions<Parts>, 'trust' | 'signer' | 'freshness'> {
  const [trust, own] = [options.trust ?? anchor, options.signer ?? signer]
  return {
    ...(trust && { trust }),
    ...(own && { signer: own }),
    ...(freshness && { freshness }),
  }
}

function startTelemetry(
  { flags, stdout, stderr, exporters }: RunOptions,
  { clock, instance, isTerminal }: { clock: Clock; instance: string; isTerminal: boolean },
): LiveTelemetry {
  const format = flags.logFormat ?? (isTerminal ? 'pretty' : 'json')
  return createTelemetry({
    serviceName: 'changeover',
    serviceVersion: version,
    instance,
    clock,
    stdout,
    stderr,
    settings: {
      logs: { level: flags.logLevel, format },
      traces: { ratio: 1 },
      metrics: {},
      attributes: 'dup',
    },
    ...(exporters === undefined ? {} : { exporters }),
  })
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
  const { host, port, scope } = options.flags
  const data = createDataServer({
    reloader,
    sides: begun.sides,
    subscriptions: begun.subscriptions,
    calls,
    telemetry,
    clock,
    scope,
    redact: (text) => telemetry.redactor.text(text),
  })
  const wanted = { what: 'the data plane', host, port, flag: 'port' }
  const open = await listening(wanted, data.listen({ host, port }))
  begun.data = data
  return urlOf(host, open.port)
}

async function openAdmin(begun: Begun, ownerToken: string, rooms: RunningRooms): Promise<AdminServer> {
  const { options, telemetry, reloader } = begun
  const { adminHost: host, adminPort: port } = options.flags
  const start = startAdminServer({
    host,
    port,
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
  begun.admin = await listening({ what: 'the admin API', host, port, flag: 'admin-port' }, start)
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

/** The share of each tenant's budgets that is used. Returns how to stop. */
function observeBudgets({ meter }: LiveTelemetry, { shares }: Counters, clock: Clock): () => void {
  return meter.observe('changeover.budget.used', () =>
    shares.list(clock.now()).map(({ budget, tenant, share }) => ({
      value: share,
      attributes: { 'changeover.budget': budget, 'changeover.tenant': tenant },
    })),
  )
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

async function reread(
  begun: Begun,
  { again, source }: SettingsPlace,
  changer: Pick<Changer, 'offerRead'>,
): Promise<void> {
  await refreshOnce(begun)
  await rereadRoot(begun)
  if (again === null) return
  const { reloader, telemetry } = begun
  try {
    const reading = await again.read()
    // `null` while somebody writes: the file's own handle offers it when it has come to rest.
    if (reading === null) return
    const { bytes, digest: position, mediaType } = reading
    const origin = {
      trigger: 'signal',
      source: source.place,
      position,
      mediaType,
      actor: 'signal:SIGHUP',
    } as const
    const offer = () => reloader.offer(bytes, origin)
    await (source.own === null ? offer() : changer.offerRead(bytes, offer, true))
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
