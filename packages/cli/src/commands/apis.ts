/** `changeover apis`: what is published, who has asked for it, and letting tenants in and out. */
import type { Client, ListedApi, Subscription } from '@changeover/sdk'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeTable } from '../render/table.ts'
import { sayAgo } from '../render/times.ts'

export const apis: Command = {
  name: 'apis',
  summary: 'published APIs: list, show; subscriptions: approve, refuse, revoke',
  usage:
    'list | show NAME | subscriptions [NAME] | approve NAME TENANT | refuse NAME TENANT | revoke NAME TENANT',
  about: `What is published is in the settings, and a change of it one like any other. Subscriptions are not: what is decided here counts
with the tenant's next call, is kept over restarts, and stands in the audit log.`,
  words: [1, 3],
  options: {
    only: {
      type: 'string',
      value: 'STATE',
      about: 'only subscriptions that are pending, approved, refused or revoked',
    },
    reason: { type: 'string', value: 'TEXT', about: 'why; the tenant is told' },
  },
  examples: [
    ['changeover apis list', 'every version, and how it stands'],
    ['changeover apis subscriptions --only pending', 'who waits'],
    ['changeover apis approve summarise acme', 'lets acme in'],
    ['changeover apis revoke summarise acme --reason "not paid"', 'its next call is refused'],
  ],
  run,
}

const DECISIONS = {
  approve: 'approveSubscription',
  refuse: 'refuseSubscription',
  revoke: 'revokeSubscription',
} as const
const STATES = ['pending', 'approved', 'refused', 'revoked'] as const

async function run(context: CommandContext): Promise<number> {
  const [what = '', name, tenant] = context.words
  const client = await context.client()
  if (what === 'list' && name === undefined) return await list(context, client)
  if (what === 'show' && name !== undefined && tenant === undefined) return await show(context, client, name)
  if (what === 'subscriptions' && tenant === undefined) return await subscriptions(context, client, name)
  if (isDecision(what) && name !== undefined && tenant !== undefined)
    return await decide(context, client, { what, name, tenant })
  throw new UsageError(
    'expected "list", "show NAME", "subscriptions [NAME]", or approve, refuse or revoke with NAME and TENANT',
  )
}

function isDecision(text: string): text is keyof typeof DECISIONS {
  return Object.hasOwn(DECISIONS, text)
}

async function list(context: CommandContext, client: Client): Promise<number> {
  const page = await client.ask('listApis')
  if (context.json) context.say(JSON.stringify(page, null, 2))
  else if (page.apis.length === 0) context.say(context.paint('dim', 'no published APIs'))
  else writeApis(context, page.apis)
  return exitCodes.ok
}

async function show(context: CommandContext, client: Client, name: string): Promise<number> {
  const { apis } = await client.ask('listApis', { query: { name } })
  const asked = await client.ask('listSubscriptions', { query: { api: name } })
  if (context.json) {
    context.say(JSON.stringify({ apis, ...asked }, null, 2))
    return exitCodes.ok
  }
  if (apis.length === 0) {
    context.say(context.paint('yellow', `there is no API "${name}"`))
    return exitCodes.refused
  }
  writeApis(context, apis)
  if (asked.subscriptions.length > 0) writeSubscriptions(context, asked.subscriptions)
  return exitCodes.ok
}

async function subscriptions(
  context: CommandContext,
  client: Client,
  name: string | undefined,
): Promise<number> {
  const said = context.text('only')
  const state = STATES.find((it) => it === said)
  if (said !== undefined && state === undefined)
    throw new UsageError(`--only "${said}", expected one of ${STATES.join(', ')}`)
  const query = { ...(name === undefined ? {} : { api: name }), ...(state === undefined ? {} : { state }) }
  const page = await client.ask('listSubscriptions', { query })
  if (context.json) context.say(JSON.stringify(page, null, 2))
  else if (page.subscriptions.length === 0) context.say(context.paint('dim', 'no subscriptions'))
  else writeSubscriptions(context, page.subscriptions)
  return exitCodes.ok
}

interface Wanted {
  readonly what: keyof typeof DECISIONS
  readonly name: string
  readonly tenant: string
}

async function decide(
  context: CommandContext,
  client: Client,
  { what, name, tenant }: Wanted,
): Promise<number> {
  const reason = context.text('reason')
  const body = reason === undefined ? {} : { reason }
  const decided = await client.ask(DECISIONS[what], { params: { name, tenant }, body })
  if (context.json) context.say(JSON.stringify(decided, null, 2))
  else context.say(`${context.paint(STATE_STYLES[decided.state], decided.state)}  ${tenant} to ${name}`)
  return exitCodes.ok
}

const API_COLUMNS = ['API', 'VERSION', 'STATE', 'ACCESS', 'TENANTS', 'ROUTE', 'SUNSET', 'SUCCESSOR'].map(
  (title) => ({ title }),
)
const API_STYLES = { design: 'dim', published: 'green', deprecated: 'yellow', retired: 'red' } as const
const SUBSCRIPTION_COLUMNS = ['API', 'TENANT', 'STATE', 'ASKED', 'BY', 'NOTE', 'DECIDED BY', 'REASON'].map(
  (title) => ({ title }),
)
const STATE_STYLES = { pending: 'yellow', approved: 'green', refused: 'red', revoked: 'red' } as const

function writeApis(context: CommandContext, listed: readonly ListedApi[]): void {
  const { paint, say } = context
  const rows = listed.map((it) => [
    it.name,
    it.version,
    paint(API_STYLES[it.state], it.state),
    it.access,
    it.tenants?.join(', ') ?? 'all',
    it.route,
    it.sunsetAt ?? '-',
    it.successor ?? '-',
  ])
  for (const line of writeTable(API_COLUMNS, rows, context)) say(line)
}

function writeSubscriptions(context: CommandContext, listed: readonly Subscription[]): void {
  const { paint, now, say } = context
  const rows = listed.map((it) => [
    it.api,
    it.tenant,
    paint(STATE_STYLES[it.state], it.state),
    sayAgo(it.askedAt, now()),
    it.askedBy,
    it.note === '' ? '-' : it.note,
    it.decidedBy ?? '-',
    it.reason === '' ? '-' : it.reason,
  ])
  for (const line of writeTable(SUBSCRIPTION_COLUMNS, rows, context)) say(line)
}
