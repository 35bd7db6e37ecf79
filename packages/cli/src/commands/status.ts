/** `changeover status`: how the gateway is, and its last reload as a time tree. */
import type { Attempt, CallSummary, Issue, Rollout, Status } from '@changeover/sdk'
import type { Command, CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeOverride } from '../render/changes.ts'
import { adviseOn } from '../render/differs.ts'
import { type Paint, padEnd, type Style } from '../render/paint.ts'
import { isOver } from '../render/rollout.ts'
import { writeTimeTree } from '../render/time-tree.ts'
import { sayAgo, sayDuration, saySpan } from '../render/times.ts'

export const status: Command = {
  name: 'status',
  summary: 'what is in force, and the last reload stage by stage',
  usage: '',
  words: [0, 0],
  options: {},
  examples: [['changeover status --json', 'for scripts']],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const client = await context.client()
  const answer = await client.ask('readStatus')
  if (context.json) context.say(JSON.stringify(answer, null, 2))
  else {
    const { rollout } = await client.ask('readRollout')
    writeStatus(answer, rollout, context).forEach((it) => context.say(it))
  }
  return answer.gateway.ready ? exitCodes.ok : exitCodes.refused
}

function writeStatus(it: Status, rollout: Rollout | null, context: CommandContext): string[] {
  const { paint } = context
  const now = context.now()
  return [
    writeHead(it, paint, now),
    ...writePlaces(it, paint),
    ...writeRoot(it, paint),
    ...writeCounters(it, paint),
    '',
    ...writePointers(it, paint),
    ...(it.override === null ? [] : [`  ${writeOverride(it.override, paint, now)}`]),
    ...writeTrial(rollout, paint),
    ...writeTroubles(it, paint),
    ...(it.last === null ? [] : ['', ...writeLast(it.last, paint, now)]),
    ...writeCalls(it, paint),
  ]
}

function writeHead(it: Status, paint: Paint, now: number): string {
  const state = it.gateway.ready ? paint('green', '● ready') : paint('red', '● not ready')
  const stage = it.stage === null || it.stage === it.state ? '' : `: ${it.stage}`
  const work = it.state === 'idle' ? '' : `  ${paint('yellow', `${it.state}${stage}`)}`
  const up = saySpan(now - Date.parse(it.gateway.startedAt))
  return `${state}${work}  ${paint('bold', it.scope)}  ${paint('dim', `${it.instance}, up ${up}, pid ${it.gateway.pid}`)}`
}

function writePlaces(it: Status, paint: Paint): string[] {
  const written = it.source.writable ? 'changes are written back' : 'changed there, not here'
  const rows: readonly [string, string][] = [
    ['serves', it.gateway.data ?? 'nothing yet'],
    ['settings', `${it.source.place}  ${paint('dim', written)}`],
  ]
  return rows.map(([name, value]) => `  ${paint('dim', padEnd(name, 9))} ${value}`)
}

/** Whose word counts, in one line; `changeover trust show` says more. */
function writeRoot({ root, stale }: Status, paint: Paint): string[] {
  const aged =
    stale?.reason === 'age'
      ? [`  ${paint('red', 'stale')}     no publisher has been heard since ${stale.since}`]
      : []
  if (root === null) return aged
  const roles = Object.entries(root.roles).map(
    ([name, it]) => `${name} ${it.threshold} of ${it.keyids.length}`,
  )
  const until = root.isExpired
    ? paint('red', `expired ${root.expires}: nothing new is taken`)
    : `until ${root.expires}`
  return [
    `  ${paint('dim', padEnd('trust', 9))} root ${root.version}, ${until}  ${paint('dim', roles.join(', '))}`,
    ...aged,
  ]
}

/** The server that limits and budgets are counted in, where it is not each process by itself. */
function writeCounters({ counters }: Status, paint: Paint): string[] {
  if (counters === null) return []
  const { store, state, since, untold } = counters
  const name = store === 'redis' ? 'Redis' : 'PostgreSQL'
  const waiting = untold === 0 ? '' : `, ${untold} counts to be put right there`
  const text =
    state === 'up'
      ? `shared through ${name}${paint('dim', waiting)}`
      : paint('red', `${name} does not answer since ${since}${waiting}`)
  return [`  ${paint('dim', padEnd('counts', 9))} ${text}`]
}

function writePointers(it: Status, paint: Paint): string[] {
  const { attempted } = it
  const tried =
    attempted === null
      ? null
      : `${attempted.status}${attempted.reason === '' ? '' : ` (${attempted.reason})`}`
  const rows: readonly [string, { version: string; digest: string } | null, string][] = [
    ['applied', it.applied, 'new requests run under it'],
    ['confirmed', it.confirmed, 'survived its observation'],
    ['baseline', it.baseline, 'where a rollback leads'],
    ['attempted', attempted, tried ?? ''],
    ['offered', it.offered, 'newest that was seen'],
  ]
  return rows.map(([name, at, meaning]) => {
    const version = at === null ? paint('dim', '-') : paint('bold', at.version)
    const digest = at === null ? '' : at.digest.slice(7, 19)
    return `  ${padEnd(name, 9)} ${padEnd(version, 8)} ${paint('dim', `${padEnd(digest, 13)} ${meaning}`)}`.trimEnd()
  })
}

/** Of one that is over, only that it was taken back: how it went well is in the last reload. */
function writeTrial(it: Rollout | null, paint: Paint): string[] {
  if (it === null || it.state === 'complete' || it.state === 'superseded') return []
  const style = isOver(it) ? 'red' : 'cyan'
  const verdict =
    it.verdict === null || isOver(it)
      ? ''
      : `; verdict ${it.verdict === 'inconclusive' ? 'none yet' : it.verdict}`
  return [`  ${paint(style, 'rollout')}   ${it.words}${verdict}  ${paint('dim', 'changeover rollout')}`]
}

function writeTroubles(it: Status, paint: Paint): string[] {
  const handles = it.handles.flatMap(({ source, trouble }) =>
    trouble === null ? [] : [`  ${paint('red', 'trouble')}   ${source}: ${trouble.message}`],
  )
  const differing = it.handles.flatMap(({ kind, source, differs }) =>
    differs === null
      ? []
      : [
          `  ${paint('yellow', 'differs')}   ${source} holds what is not in force: ${differs.reason}`,
          `            ${paint('cyan', '→')} ${adviseOn({ kind, source, ...differs })}`,
        ],
  )
  const newest = it.quarantine.slice(-MOST_QUARANTINED)
  const quarantined = newest.map(
    (entry) => `  ${paint('yellow', 'quarantine')} ${entry.version}: ${entry.reason}`,
  )
  if (newest.length < it.quarantine.length)
    quarantined.push(paint('dim', `  and ${it.quarantine.length - newest.length} older ones in quarantine`))
  const draining = it.generations.filter((entry) => entry.role === 'draining' && entry.pins > 0)
  const drains = draining.map(
    (entry) => `  ${paint('dim', `draining  ${entry.version}: ${entry.pins} requests still run under it`)}`,
  )
  const isFull = it.generations.length >= it.generationLimit
  const full = isFull
    ? [
        `  ${paint('red', 'full')}      ${it.generations.length} of ${it.generationLimit} versions are alive: a reload waits for one to drain`,
      ]
    : []
  const breaker =
    it.breaker === 'closed' ? [] : [`  ${paint('red', 'breaker')}   ${it.breaker}: reloads are held back`]
  return [...handles, ...differing, ...quarantined, ...drains, ...full, ...breaker]
}

/** Each mistake leaves one: the newest tell what is of use. */
const MOST_QUARANTINED = 3

const statusStyles: Readonly<Record<string, Style>> = {
  success: 'green',
  in_progress: 'yellow',
  skipped: 'dim',
  superseded: 'dim',
}

export function styleOf(status: string): Style {
  return statusStyles[status] ?? 'red'
}

function writeLast(last: Attempt, paint: Paint, now: number): string[] {
  const reason = last.reason === '' ? '' : `  ${last.reason}`
  const took = last.durationMs === null ? '' : `  ${sayDuration(last.durationMs)}`
  const who = paint('dim', `${last.trigger} ${last.source}, ${last.actor}, ${sayAgo(last.startedAt, now)}`)
  return [
    `last reload  ${last.from ?? 'nothing'} → ${paint('bold', last.to ?? '?')}  ${paint(styleOf(last.status), last.status)}${reason}${took}  ${who}`,
    ...(last.emergency === undefined ? [] : [`  ${paint('red', 'emergency')}  ${last.emergency}`]),
    ...(last.approvals === undefined ? [] : [paint('dim', `  agreed to by ${last.approvals.join(', ')}`)]),
    ...last.changedParameters.slice(0, 8).map((it) => `  ${paint('yellow', '~')} ${it}`),
    ...(last.changedParameters.length > 8
      ? [paint('dim', `  and ${last.changedParameters.length - 8} more`)]
      : []),
    ...(last.issues ?? []).slice(0, 8).map((it) => `  ${writeIssueLine(it, paint)}`),
    ...writeTimeTree(last, paint).map((it) => `  ${it}`),
    paint('dim', `  trace ${last.traceId}`),
  ]
}

function writeIssueLine({ place, message }: Issue, paint: Paint): string {
  if (place === undefined) return `${paint('red', '✗')} ${message}`
  return `${paint('red', '✗')} ${paint('cyan', `${place.file}:${place.line}:${place.column}`)}  ${message}`
}

function writeCalls(it: Status, paint: Paint): string[] {
  const { applied, previous } = it.calls
  if (applied === null) return []
  const before =
    previous === null || previous.calls === 0 ? [] : [`  before     ${sayCalls(previous, paint)}`]
  return [
    '',
    `calls under ${it.applied?.version ?? ''}`,
    `  now        ${sayCalls(applied, paint)}`,
    ...before,
  ]
}

function sayCalls(it: CallSummary, paint: Paint): string {
  if (it.calls === 0) return paint('dim', 'none yet')
  const errors = it.errors === 0 ? 'no errors' : paint('red', `${it.errors} errors`)
  const times =
    it.p50Ms === null || it.p99Ms === null
      ? ''
      : `, p50 ${sayDuration(it.p50Ms)}, p99 ${sayDuration(it.p99Ms)}`
  const sampled = it.sampled < it.calls ? ` (of the newest ${it.sampled})` : ''
  return `${it.calls} calls, ${errors}${times}${sampled}`
}
