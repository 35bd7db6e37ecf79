/**
 * Opens the rooms of a gateway and puts a reloader among them, from what it stands on to the files it keeps: all that is
 * there before anything is read or listened to.
 *
 * Some rooms need what comes after them (who cuts calls, the server that has them): they ask for it when they use it, and
 * find nothing before it is there.
 *
 * Not here: settings, ports, and how all of it is let go (`run.ts`).
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
import { loadShipped, type ShippedCatalogue } from '../catalogue/catalogue.ts'
import type { KeptTexts } from '../cause/kept-texts.ts'
import type { CompiledGateway } from '../contract/compiled.ts'
import { isLoopback } from '../contract/loopback.ts'
import { accessParticipant } from '../pipeline/access-participant.ts'
import { type CountersPart, type SharedCounters, sharedCounters } from '../pipeline/counters-participant.ts'
import { measures } from '../pipeline/measures.ts'
import { gatewayParticipant } from '../pipeline/participant.ts'
import { Sides } from '../pipeline/placed.ts'
import { createRevocation, type Revocation, type RevocationOptions } from '../pipeline/revocation.ts'
import { type TelemetryPart, telemetryParticipant } from '../pipeline/telemetry-participant.ts'
import { type Counters, createCounters } from '../policy/allowance.ts'
import { type KeptTotals, keepTotals } from '../policy/kept-totals.ts'
import type { AdminServer } from '../server/admin-server.ts'
import type { DataServer } from '../server/data-server.ts'
import { createSecrets, type Secrets } from '../settings/secrets.ts'
import { starterSettings } from '../settings/starter.ts'
import { version } from '../version.ts'
import type { Flags } from './flags.ts'
import { freezeHook } from './freeze-hook.ts'
import { keepingTexts } from './keeping-texts.ts'
import { observeCaches } from './observe-caches.ts'
import { type OpenAccess, openAccess } from './open-access.ts'
import { openTexts } from './open-provenance.ts'
import { openStateFolder } from './open-state-folder.ts'
import { openTrust, type TrustPlace } from './open-trust.ts'
import { createReader } from './settings-reader.ts'
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

/**
 * Streams of minutes hold the versions they began under, and a version that shares most of its parts with the
 * next costs little: so many more than the engine's own default may be alive before a reload has to wait. Why
 * sixteen: docs/decisions/2026-11-21-sixteen-versions.md.
 */
const limits: Partial<ReloaderLimits> = { generations: 16 }

/** What all else stands on. */
interface Ground {
  readonly options: RunOptions
  readonly clock: Clock
  readonly startedAt: number
  readonly stateFolder: string
  readonly trustPlace: TrustPlace
  readonly telemetry: LiveTelemetry
  readonly secrets: Secrets
  readonly texts: KeptTexts
}

interface Counting {
  readonly counters: SharedCounters
  /** What this process has counted, and what is kept of it over a restart. */
  readonly own: Counters
  readonly kept: KeptTotals
}

/** A gateway whose rooms are open, and that nobody can reach yet. */
export interface Begun extends Ground, Counting {
  readonly sides: Sides
  readonly access: OpenAccess
  readonly reloader: Reloader<Parts>
  readonly calls: CallLog
  readonly subscriptions: Subscriptions
  readonly uptime: Uptime
  /** Called first of all when it stops; what is begun later adds its own. */
  readonly closers: (() => void)[]
  data: DataServer | null
  admin: AdminServer | null
  isStopping: boolean
}

/** Reads no settings and opens no port. */
export async function beginRun(options: RunOptions): Promise<Begun> {
  const [ground, shipped] = await openGround(options)
  const { clock, telemetry, stateFolder } = ground
  const access = openAccess({ clock, telemetry }, () => reloader)
  const sides = new Sides()
  const counting = openCounting(ground)
  const store = fileStore(join(stateFolder, 'reload'))
  const cut: RevocationOptions['cut'] = (holds) => begun.data?.cutUnless(holds) ?? 0
  const revocation = createRevocation({ clock, telemetry, cut })
  const uptime = openUptime({ clock, telemetry, store, adminUrl: () => begun.admin?.url ?? null })
  const participants = participantsOf(ground, { ...counting, shipped, revocation, uptime })
  const reloader = openReloader(ground, { store, participants, access, sides })
  const subscriptions = await openSubscriptions({ path: join(stateFolder, 'apis.db'), clock, telemetry })
  const calls = createCallLog({ path: join(stateFolder, 'calls.db'), clock, telemetry })
  const begun: Begun = {
    ...ground,
    ...counting,
    sides,
    access,
    reloader,
    calls,
    subscriptions,
    uptime,
    closers: [
      revocation.close,
      observeBudgets(telemetry, counting.own, clock),
      observeCaches(telemetry, reloader),
    ],
    data: null,
    admin: null,
    isStopping: false,
  }
  return begun
}

async function openGround(options: RunOptions): Promise<[Ground, ShippedCatalogue]> {
  const { flags, env } = options
  const clock = options.clock ?? systemClock
  const startedAt = clock.now()
  const stateFolder = resolve(options.cwd, flags.state)
  const trustPlace = await openTrust(flags, options)
  const [shipped] = await Promise.all([loadShipped(), openStateFolder(stateFolder)])
  const telemetry = startTelemetry(options, clock)
  const secrets = createSecrets({
    env,
    redactor: telemetry.redactor,
    own: { environment: ['CHANGEOVER_ADMIN_TOKEN'], directory: stateFolder },
  })
  const texts = openTexts(stateFolder, telemetry)
  return [{ options, clock, startedAt, stateFolder, trustPlace, telemetry, secrets, texts }, shipped]
}

function openCounting({ secrets, clock, telemetry, stateFolder }: Ground): Counting {
  const counters = sharedCounters({ secrets, clock, telemetry })
  const own = createCounters()
  const kept = keepTotals({
    path: join(stateFolder, 'budgets.db'),
    counters: own.local,
    clock,
    logger: telemetry.logger,
  })
  return { counters, own, kept }
}

type Participants = ReloaderOptions<Parts>['participants']

interface Taking extends Counting {
  readonly shipped: ShippedCatalogue
  readonly revocation: Revocation
  readonly uptime: Uptime
}

/** Who makes a part of each version, in the order in which they are asked. */
function participantsOf({ options, secrets, clock, telemetry }: Ground, rooms: Taking): Participants {
  const { flags, stdout } = options
  return {
    counters: rooms.counters.participant,
    gateway: gatewayParticipant({
      secrets,
      shipped: rooms.shipped,
      clock,
      counters: rooms.own,
      reach: { host: flags.host, isExposed: !isLoopback(flags.host) },
      committed: (gateway) => rooms.revocation.follow(gateway),
    }),
    telemetry: telemetryParticipant({ live: telemetry, secrets, isTerminal: stdout.isTTY === true }),
    access: accessParticipant({ secrets }),
    // Last: what it sees is to be as close to the swap as can be.
    uptime: rooms.uptime.participant,
  }
}

interface Deciding extends Required<Pick<ReloaderOptions<Parts>, 'store' | 'participants'>> {
  readonly access: OpenAccess
  readonly sides: Sides
}

function openReloader(ground: Ground, { store, participants, access, sides }: Deciding): Reloader<Parts> {
  const { options, clock, telemetry, secrets, texts, trustPlace } = ground
  const { flags, env } = options
  const reloader: Reloader<Parts> = createReloader<Parts>({
    scope: flags.scope,
    instance: instanceOf(flags),
    clock,
    telemetry,
    store,
    read: keepingTexts(createReader(clock), { texts, starter: starterSettings(env) }),
    participants,
    approve: access.desk.hook,
    measures,
    lately: (measure) => sides.lately(measure),
    secrets,
    frozen: freezeHook(() => reloader.current()?.settings ?? null),
    limits: { ...limits, driftEveryMs: flags.driftMs, ...options.limits },
    changeClasses: classesOfAll,
    ...trustOf(options, trustPlace),
  })
  return reloader
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

function startTelemetry({ flags, stdout, stderr, exporters }: RunOptions, clock: Clock): LiveTelemetry {
  const isTerminal = stdout.isTTY === true
  const format = flags.logFormat ?? (isTerminal ? 'pretty' : 'json')
  return createTelemetry({
    serviceName: 'changeover',
    serviceVersion: version,
    instance: instanceOf(flags),
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

function instanceOf(flags: Flags): string {
  return flags.instance ?? hostname()
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
