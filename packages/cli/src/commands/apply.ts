/**
 * `changeover apply`: offers a change and tells what becomes of it, while it does.
 *
 * It listens before it asks: the stages of a reload take milliseconds, and the receipt comes after them.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Client, isRefused, type Receipt, type ReloadEvent } from '@changeover/sdk'
import { broughtBy } from '../brought-by.ts'
import { type Body, changeOptions, readBody } from '../change-options.ts'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { commitOf, commitOption } from '../commit.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeWaiting } from '../render/approvals.ts'
import { writeReceipt, writeWords } from '../render/changes.ts'
import { writeProblem } from '../render/problem.ts'
import { saySpan } from '../render/times.ts'
import { writeWarnings } from '../render/warnings.ts'
import { readRolloutOptions, rolloutOptions } from '../rollout-options.ts'
import { traceOf } from '../trace.ts'
import { urgencyOf } from '../urgency.ts'

/** Every change passes the stage in which people may have to agree; only one that stays there is worth a line. */
const waitedMs = 250

/** Between two questions, when there is no stream to listen to. */
const againMs = 500

export const apply: Command = {
  name: 'apply',
  summary: 'change the settings: a file, standard input, or single values',
  usage: '[FILE | -]',
  about: `The change is checked, built beside the running version, and swapped in as a whole, or refused with the place of
each error and nothing changed. It carries TRACEPARENT from the environment, or a trace of its own, so that whoever
asked for it can be found from the requests that ran under it.`,
  words: [0, 1],
  options: {
    ...changeOptions,
    ...rolloutOptions,
    plan: {
      type: 'string',
      value: 'ID',
      about: 'what was planned, exactly; refused when the base moved since',
    },
    reason: { type: 'string', value: 'TEXT', about: 'why, for history and audit' },
    commit: commitOption,
    'if-match': { type: 'string', value: 'VERSION', about: 'refuse unless this version is in force' },
    'idempotency-key': {
      type: 'string',
      value: 'KEY',
      about: 'the same key with the same change is done once',
    },
    for: {
      type: 'string',
      value: 'TIME',
      about: 'a temporary override: in force for 90s, 15m or 2h, written nowhere, gone by itself',
    },
    emergency: {
      type: 'boolean',
      about: 'past approvals, freeze windows and the breaker; needs --reason, and the right to',
    },
    force: {
      type: 'boolean',
      about: 'also when these settings are in quarantine, the breaker is open, or changes are frozen',
    },
    traceparent: { type: 'string', value: 'W3C', about: 'trace to be part of; or TRACEPARENT' },
    wait: { type: 'boolean', about: 'wait until the version is approved, and confirmed or taken back' },
  },
  examples: [
    ['changeover apply changeover.yaml', 'a whole file'],
    ['changeover apply --plan pl_h3Kq9s0Vb2Lw', 'what changeover plan has shown'],
    ['changeover apply --set routes/chat/targets/0/weight=50', 'one value; the file is written back'],
    ['changeover apply --set telemetry/logs/level=debug --for 15m', 'and then as before, by itself'],
    [
      'changeover apply new.yaml --canary 5% --by tenant',
      'for some first; "changeover rollout" shows how it does',
    ],
    ['changeover apply new.yaml --reason "more small model" --wait', 'until it is confirmed'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  // What is wrong with the command line is said before anything else is.
  readRolloutOptions(context)
  urgencyOf(context)
  commitOf(context)
  const trace = traceOf(context.text('traceparent') ?? context.env['TRACEPARENT'])
  const client = await context.client({ traceparent: trace.traceparent })
  const planned = context.text('plan')
  const body = planned === undefined ? await readBody(context, client) : null
  if (body === null) refuseBoth(context)
  const listening = new AbortController()
  const follower = createFollower(context, client, listening.signal, trace.traceId)
  await follower.opened
  try {
    if (!context.json && trace.own) context.say(context.paint('dim', `trace ${trace.traceId}`))
    const receipt =
      body === null ? await applyPlan(context, client, planned ?? '') : await offer(context, client, body)
    if (context.json) context.say(JSON.stringify(receipt, null, 2))
    else await tellReceipt(context, client, receipt)
    const isOpen = receipt.outcome === 'waiting'
    if (!context.flag('wait')) return isOpen ? exitCodes.waiting : exitCodes.ok
    if (receipt.outcome === 'unchanged') return exitCodes.ok
    return await waitForEnd(context, client, follower, receipt.attempt)
  } catch (error) {
    // Of a token that is refused, more is said where it comes from.
    if (!isRefused(error) || context.json || error.problem.status === 401) throw error
    writeProblem(error.problem, context.paint, body?.sent).forEach((it) => context.say(it))
    return exitCodes.refused
  } finally {
    listening.abort()
  }
}

/** A plan is a change of its own. */
function refuseBoth(context: CommandContext): void {
  const isMore = context.words.length > 0 || context.texts('set').length + context.texts('unset').length > 0
  if (isMore) throw new UsageError('give --plan or a change, not both')
  for (const option of ['for', 'if-match'])
    if (context.text(option) !== undefined) throw new UsageError(`--${option} cannot be given with --plan`)
}

async function applyPlan(context: CommandContext, client: Client, id: string): Promise<Receipt> {
  const reason = context.text('reason')
  const commit = commitOf(context)
  const idempotencyKey = context.text('idempotency-key')
  return await client.ask('applyPlan', {
    params: { id },
    query: {
      ...(reason === undefined ? {} : { reason }),
      ...(commit === undefined ? {} : { commit }),
      ...urgencyOf(context),
      ...(context.flag('force') ? { force: 'true' as const } : {}),
      ...(context.flag('allow-shrink') ? { allowShrink: 'true' as const } : {}),
      ...readRolloutOptions(context),
    },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
}

async function offer(context: CommandContext, client: Client, body: Body): Promise<Receipt> {
  const reason = context.text('reason')
  const commit = commitOf(context)
  const override = context.text('for')
  const ifMatch = context.text('if-match') ?? body.ifMatch
  const idempotencyKey = context.text('idempotency-key')
  const asked = {
    body: body.bytes,
    contentType: body.contentType,
    source: body.sent.name,
    query: {
      ...(reason === undefined ? {} : { reason }),
      ...(commit === undefined ? {} : { commit }),
      ...(override === undefined ? {} : { override }),
      ...urgencyOf(context),
      ...(context.flag('force') ? { force: 'true' as const } : {}),
      ...(context.flag('allow-shrink') ? { allowShrink: 'true' as const } : {}),
      ...readRolloutOptions(context),
    },
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
  const answer = await client.ask(body.kind === 'whole' ? 'offerReload' : 'patchSettings', asked)
  return answer as Receipt
}

async function tellReceipt(context: CommandContext, client: Client, receipt: Receipt): Promise<void> {
  const brought = await broughtBy(client, receipt)
  if (brought !== null) writeWords(brought.words, context.paint).forEach((it) => context.say(it))
  writeReceipt(receipt, context.paint, context.now()).forEach((it) => context.say(it))
  writeWarnings(brought?.warnings ?? [], context.paint).forEach((it) => context.say(it))
  if (receipt.outcome === 'applied') await tellWhatConfirms(context, client, receipt)
  if (receipt.waitsFor !== 'approval') return
  const { approvals } = await client.ask('listApprovals')
  for (const it of approvals.filter(({ attempt }) => attempt === receipt.attempt))
    writeWaiting(it, context.paint, context.now()).forEach((line) => context.say(line))
}

/** Of a version that goes back by itself, by this change's word or by the settings': until when somebody can keep it. */
async function tellWhatConfirms(
  context: CommandContext,
  client: Client,
  { attempt }: Receipt,
): Promise<void> {
  const { rollout } = await client.ask('readRollout')
  if (rollout?.attempt !== attempt || rollout.state !== 'baking') return
  const { reason, endsAt } = rollout
  if (reason === null || endsAt === null) return
  const left = saySpan(Math.max(0, Date.parse(endsAt) - context.now()))
  context.say(`  ${context.paint('yellow', 'not confirmed')}  ${reason} within ${left}: changeover promote`)
}

interface Follower {
  /** Resolves once events cannot be missed any more, or cannot be had. */
  readonly opened: Promise<void>
  /** Resolves at each event, and when there will be no more. */
  next(): Promise<void>
}

/** Prints the stages of the attempt that belongs to this trace. */
function createFollower(
  context: CommandContext,
  client: Client,
  signal: AbortSignal,
  traceId: string,
): Follower {
  const opened = Promise.withResolvers<void>()
  let bell = Promise.withResolvers<void>()
  let isOver = false
  let startedAt: number | null = null
  let last: ReloadEvent | null = null
  const tell = (event: ReloadEvent): void => {
    startedAt ??= Date.parse(event.at)
    const offsetMs = String(Date.parse(event.at) - startedAt).padStart(5)
    context.say(context.paint('dim', `  +${offsetMs} ms  ${event.state}`))
  }
  const hear = (event: ReloadEvent): void => {
    bell.resolve()
    bell = Promise.withResolvers()
    if (event.traceId !== traceId || context.json || event.state === last?.state) return
    if (last?.state === 'awaiting_approval' && Date.parse(event.at) - Date.parse(last.at) > waitedMs)
      tell(last)
    if (event.state !== 'awaiting_approval') tell(event)
    last = event
  }
  const listen = async (): Promise<void> => {
    for await (const { event } of client.follow({ signal, opened: opened.resolve })) hear(event)
  }
  // Not being able to listen is no reason not to ask: the answer to the offer says what is wrong.
  const over = (): void => {
    isOver = true
    opened.resolve()
    bell.resolve()
  }
  listen().then(over, over)
  return { opened: opened.promise, next: () => (isOver ? wait(againMs) : bell.promise) }
}

/** Asks again at each event: what an attempt has become is the API's to say. */
async function waitForEnd(
  context: CommandContext,
  client: Client,
  follower: Follower,
  attempt: string,
): Promise<number> {
  let heard = follower.next()
  let report = await client.ask('readReload', { params: { attempt } })
  while (report.status === 'in_progress' && !context.signal.aborted) {
    await heard
    heard = follower.next()
    report = await client.ask('readReload', { params: { attempt } })
  }
  const { status, to, reason } = report
  const isGood = status === 'success' || status === 'superseded'
  const why = reason === '' ? '' : `: ${reason}`
  if (!context.json) context.say(`${context.paint(isGood ? 'green' : 'red', status)}  ${to ?? ''}${why}`)
  return isGood ? exitCodes.ok : exitCodes.refused
}
