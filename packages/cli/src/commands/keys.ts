/** `changeover keys`: the keys that callers send: make one, replace it without an outage, withdraw it, look. */
import type { Client, CreatedKey, ListedKey } from '@changeover/sdk'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { writeReceipt } from '../render/changes.ts'
import { writeTable } from '../render/table.ts'
import { traceOf } from '../trace.ts'

export const keys: Command = {
  name: 'keys',
  summary: 'keys of callers: create, rotate, revoke, list',
  usage: 'create TENANT NAME | rotate TENANT NAME | revoke TENANT NAME | list [TENANT]',
  about: `A key is printed once, when it is made; settings hold its hash, and the change that brings it in is one like any other. rotate
leaves the old key working for the time of --overlap under the same name, counts and rules. revoke stops new calls at once
and cuts those that run within the time of access.revokedWithinMs.`,
  words: [1, 3],
  options: {
    team: { type: 'string', value: 'TEAM', about: 'the team of the tenant that a new key belongs to' },
    expires: {
      type: 'string',
      value: 'TIME',
      about: 'when a new key stops working: 90d, 12h, or an instant',
    },
    overlap: {
      type: 'string',
      value: 'TIME',
      about: 'how long the replaced key goes on working; without it 24h',
    },
    reason: { type: 'string', value: 'TEXT', about: 'why, for history and audit' },
    traceparent: { type: 'string', value: 'W3C', about: 'trace to be part of; or TRACEPARENT' },
  },
  examples: [
    ['changeover keys create acme ci --expires 90d', 'prints the key, once'],
    ['changeover keys rotate acme ci --overlap 24h', 'a new key; the old one works for a day'],
    ['changeover keys revoke acme ci', 'stops it at once'],
    ['changeover keys list', 'what there is, and when it was used last'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const [what, tenant, name] = context.words
  const trace = traceOf(context.text('traceparent') ?? context.env['TRACEPARENT'])
  const client = await context.client({ traceparent: trace.traceparent })
  if (what === 'list' && name === undefined) return await list(context, client, tenant)
  if (tenant === undefined || name === undefined)
    throw new UsageError('expected "create", "rotate" or "revoke" with TENANT and NAME, or "list"')
  const at = { tenant, name }
  if (what === 'create') return await create(context, client, at)
  if (what === 'rotate') return await rotate(context, client, at)
  if (what === 'revoke') return await revoke(context, client, at)
  throw new UsageError(`"keys ${what}" is not known, expected create, rotate, revoke or list`)
}

interface At {
  readonly tenant: string
  readonly name: string
}

async function create(context: CommandContext, client: Client, { tenant, name }: At): Promise<number> {
  const team = context.text('team')
  const body = { name, ...(team === undefined ? {} : { team }), ...expiresOf(context) }
  return say(context, await client.ask('createKey', { params: { tenant }, query: reasonOf(context), body }))
}

async function rotate(context: CommandContext, client: Client, params: At): Promise<number> {
  const overlap = context.text('overlap')
  const overlapMs = overlap === undefined ? undefined : timeOf('--overlap', overlap)
  const body = { ...(overlapMs === undefined ? {} : { overlapMs }), ...expiresOf(context) }
  return say(context, await client.ask('rotateKey', { params, query: reasonOf(context), body }))
}

async function revoke(context: CommandContext, client: Client, params: At): Promise<number> {
  const receipt = await client.ask('revokeKey', { params, query: reasonOf(context) })
  if (context.json) context.say(JSON.stringify(receipt, null, 2))
  else writeReceipt(receipt, context.paint, context.now()).forEach((it) => context.say(it))
  return receipt.outcome === 'waiting' ? exitCodes.waiting : exitCodes.ok
}

function say(context: CommandContext, { key, receipt }: CreatedKey): number {
  const code = receipt.outcome === 'waiting' ? exitCodes.waiting : exitCodes.ok
  if (context.json) {
    context.say(JSON.stringify({ key, receipt }, null, 2))
    return code
  }
  // The key alone on standard output, so that it can be piped to where it is kept.
  context.say(key)
  for (const it of writeReceipt(receipt, context.paint, context.now())) context.stderr.write(`${it}\n`)
  context.stderr.write(`${context.paint('dim', '  the key is not shown again')}\n`)
  return code
}

async function list(context: CommandContext, client: Client, tenant: string | undefined): Promise<number> {
  const page = await client.ask('listKeys', { query: tenant === undefined ? {} : { tenant } })
  if (context.json) context.say(JSON.stringify(page, null, 2))
  else if (page.keys.length === 0) context.say(context.paint('dim', 'no keys'))
  else writeTable(columns, page.keys.map(rowOf(context)), context).forEach((it) => context.say(it))
  return exitCodes.ok
}

const columns = ['TENANT', 'KEY', 'TEAM', 'STATE', 'EXPIRES', 'REPLACED, WORKS UNTIL', 'LAST USED'].map(
  (title) => ({ title }),
)

const STATE_STYLES = { active: 'green', expired: 'yellow', disabled: 'red' } as const

function rowOf({ paint }: CommandContext): (it: ListedKey) => string[] {
  return (it) => [
    it.tenant,
    it.name,
    it.team ?? '-',
    paint(STATE_STYLES[it.state], it.state),
    it.expires ?? 'never',
    it.previous.map(({ expires }) => expires).join(', ') || '-',
    it.lastUsedAt ?? 'not that is known',
  ]
}

function reasonOf(context: CommandContext): { readonly reason?: string } {
  const reason = context.text('reason')
  return reason === undefined ? {} : { reason }
}

function expiresOf(context: CommandContext): { readonly expires?: string } {
  const text = context.text('expires')
  if (text === undefined) return {}
  if (/^\d{4}-/.test(text)) return { expires: text }
  return { expires: new Date(context.now() + timeOf('--expires', text)).toISOString() }
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `90d`, `12h`, `30m`, `45s` or `0`. */
function timeOf(option: string, text: string): number {
  if (text === '0') return 0
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (Number.isFinite(ms)) return ms
  throw new UsageError(`"${option} ${text}" is no time, expected one such as 90d, 12h or 30m`)
}
