/**
 * The invariants of the engine as named oracles. Each looks at the world from outside, after every
 * command, and says `brokeI…` when a promise to users was not kept.
 */
import { BY_HAND } from './canary-watch.ts'
import { order } from './version-order.ts'
import { KINDS, type World } from './world.ts'

/** Terminal events of the audit log: an attempt has exactly one. */
const TERMINAL = new Set([
  'config.reload.completed',
  'config.reload.rejected',
  'config.reload.skipped',
  'config.reload.superseded',
  'config.reload.rolled_back',
  'config.reload.crashed',
  'config.reload.expired',
  'config.drift',
])

export function assertHolds(world: World): void {
  const broken = [
    ...world.broken,
    ...world.ledger.broken,
    ...world.canary.broken,
    ...rolloutsMoveWell(world),
    ...pinsAreStable(world),
    ...floorNeverFalls(world),
    ...quarantineHolds(world),
    ...onlyAuthenticServes(world),
    ...snapshotIsFrozen(world),
    ...nothingNeededIsReleased(world),
    ...onlyAttemptsAreBeside(world),
    ...attemptsEndOnce(world),
    ...onlyConfirmedIsBaseline(world),
  ]
  if (broken.length > 0) throw new Error([...new Set(broken)].slice(0, 4).join('; '))
}

/** What is brought in by hand passes a freeze, in each of its steps. */
function rolloutsMoveWell({ canary, reloader, asked }: World): string[] {
  const rollout = reloader.rollout()
  const isForced = asked.some((it) => it.what === BY_HAND && it.receipt?.attempt === rollout?.attempt)
  return canary.moves(rollout, isForced)
}

/** I2: a request sees one version from acquire to release. */
function pinsAreStable(world: World): string[] {
  return world.held
    .filter(
      (it) => !it.released && (it.pin.snapshot !== it.snapshot || it.pin.snapshot.version !== it.version),
    )
    .map((it) => `brokeI2: a pin on ${it.version} now shows ${it.pin.snapshot.version}`)
}

/** I4: the floor never decreases, also over restarts. */
function floorNeverFalls(world: World): string[] {
  const floors = world.disk.floors
  return floors.flatMap((it, i) => {
    const before = floors[i - 1]
    return before !== undefined && order(it) < order(before)
      ? [`brokeI4: the floor fell from ${before} to ${it}`]
      : []
  })
}

/** I5: a quarantined pair is never applied by itself; the baseline is never quarantined. */
function quarantineHolds(world: World): string[] {
  const status = world.reloader.status()
  const broken: string[] = []
  for (const entry of status.quarantine) {
    if (entry.digest === status.baseline?.digest)
      broken.push(`brokeI5: baseline ${entry.version} is in quarantine`)
    if (entry.digest === status.applied?.digest && !world.manual.has(entry.digest)) {
      broken.push(`brokeI5: ${entry.version} serves out of quarantine`)
    }
  }
  return broken
}

/** I8: only what a key holder or this instance published ever serves. */
function onlyAuthenticServes(world: World): string[] {
  const current = world.reloader.current()
  if (current === null || !world.signed) return []
  const known = world.authentic.has(current.digest) || world.disk.blobs.has(current.digest)
  return known && !world.publisherForgeries.has(current.digest)
    ? []
    : [`brokeI8: ${current.version} serves and nobody with a key published it`]
}

/** I9: what a request holds cannot be changed under it. */
function snapshotIsFrozen(world: World): string[] {
  const current = world.reloader.current()
  if (current === null) return []
  const broken: string[] = []
  const settings = current.settings as unknown as Record<string, Record<string, Record<string, unknown>>>
  const look = (what: string, it: unknown): void => {
    if (typeof it === 'object' && it !== null && !Object.isFrozen(it))
      broken.push(`brokeI9: ${what} is not frozen`)
  }
  look('the snapshot', current)
  look('its parts', current.parts)
  look('its settings', settings)
  for (const kind of KINDS) {
    look(`settings of ${kind}`, settings[kind])
    look(`settings of ${kind}/main`, settings[kind]?.['main'])
  }
  return broken
}

/** I10: nothing that a pin, the version in force or the baseline can reach has been let go. */
function nothingNeededIsReleased(world: World): string[] {
  return world.held
    .filter((it) => !it.released && !it.cut)
    .flatMap((it) =>
      KINDS.filter(
        (kind) =>
          world.ledger.parts.get(it.snapshot.parts[kind]) !== 'live' ||
          world.ledger.connections.get(it.snapshot.parts[kind].connection) !== 'open',
      ).map((kind) => `brokeI10: ${kind} of ${it.version} was released under a pin`),
    )
}

/**
 * I11: beside the generations, which are counted in every microtask, there is only what an attempt and a repair have
 * built so far.
 */
function onlyAttemptsAreBeside(world: World): string[] {
  const { generations } = world.reloader.status()
  const most = generations.length + 2
  return KINDS.map((kind) => ({ kind, live: world.ledger.liveOf(kind) }))
    .filter(({ live }) => live > most)
    .map(
      ({ kind, live }) => `brokeI11: ${live} parts of ${kind} are live for ${generations.length} generations`,
    )
}

/** I12: one root span end and one terminal audit line for each attempt that has ended. */
function attemptsEndOnce(world: World): string[] {
  const broken: string[] = []
  for (const span of world.spans.named('reload')) {
    if (span.ended > 1)
      broken.push(`brokeI12: span of ${String(span.attributes['reload.attempt.id'])} ended twice`)
  }
  const terminal = new Map<string, number>()
  for (const line of world.disk.lines) {
    if (TERMINAL.has(line.event)) terminal.set(line.attempt, (terminal.get(line.attempt) ?? 0) + 1)
  }
  for (const [attempt, count] of terminal) {
    if (count > 1) broken.push(`brokeI12: attempt ${attempt} has ${count} terminal audit lines`)
  }
  return broken
}

/** What is on trial is not yet what a restart comes back to. */
function onlyConfirmedIsBaseline(world: World): string[] {
  const status = world.reloader.status()
  const record = world.disk.records.get('baseline')
  if (record === undefined || status.state !== 'observing') return []
  const onDisk = (JSON.parse(record) as { digest: string }).digest
  return [status.applied, status.candidate].flatMap((it) =>
    it !== null && onDisk === it.digest && status.baseline?.digest !== onDisk
      ? [`brokeI5: ${it.version} is the baseline on disk before it was confirmed`]
      : [],
  )
}

/**
 * What must hold once everything has come to rest: no attempt in work, pins let go, time passed.
 * Leaks show here: I3, I10, I12, and that the newest good offer won (I13).
 */
export function assertAtRest(world: World): void {
  const broken: string[] = []
  const status = world.reloader.status()
  const generations = status.generations.length
  const live = world.ledger.liveParts
  if (live > KINDS.length * Math.max(1, generations)) {
    broken.push(`brokeI3: ${live} parts are live for ${generations} generations`)
  }
  const left = status.generations.filter((it) => it.role === 'draining')
  if (left.length > 0)
    broken.push(`brokeI3: ${left.map((it) => it.version).join(', ')} drains and nobody holds it`)
  for (const asked of world.asked)
    if (asked.receipt === null) broken.push(`brokeI12: ${asked.what} was never answered`)
  const open = world.spans.named('reload').filter((it) => it.ended === 0)
  const observed = status.state === 'observing' ? 1 : 0
  if (open.length > observed) broken.push(`brokeI12: ${open.length} attempts never ended`)
  const untold = attemptsWithoutEnd(world)
  if (untold.length > observed) broken.push(`brokeI12: no audit line ends ${untold.join(', ')}`)
  if (world.clock.pending > 12) broken.push(`brokeI3: ${world.clock.pending} timers are left`)
  if (broken.length > 0) throw new Error(broken.join('; '))
}

/** Attempts that the audit log tells of beginning, and of no end: over crashes too, for the next process tells of those. */
function attemptsWithoutEnd(world: World): readonly string[] {
  const ended = new Set(world.disk.lines.filter((it) => TERMINAL.has(it.event)).map(({ attempt }) => attempt))
  const begun = world.disk.lines.filter((it) => it.event === 'config.reload.started')
  return begun.map(({ attempt }) => attempt).filter((it) => !ended.has(it))
}
