/**
 * `/v1/bill` and `/v1/repricings`: what calls of a span cost, and what they would have cost by other prices.
 *
 * Who only looks may do so with the right to plan; what is kept is the doing of a person, and says whose.
 */
import { randomBytes } from 'node:crypto'
import { digestOf, type SettingsTree } from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import { createBillDesk } from '../../bills/bill-desk.ts'
import type { Kept, RepriceAsk } from '../../bills/bill-task.ts'
import type { MoneySpan } from '../../calls/money-rows.ts'
import { GatewayError } from '../../errors.ts'
import { checkSettings } from '../../settings/check.ts'
import { readSettingsText } from '../../settings/reader.ts'
import { type AdminApp, type AdminContext, identityOf, json, rawBody, readBytes, refusal } from '../app.ts'
import { Bill, Repriced, RepricingPage } from '../bill-schemas.ts'
import { answered } from '../call-answers.ts'
import { settingsTypes } from '../change-query.ts'
import type { AdminRooms } from '../rooms.ts'
import { writeInstant } from '../write-json.ts'
import { resolveVersion, settingsOf } from './versions.ts'

const span = z.object({
  from: z.iso.datetime({ offset: true }).describe('calls that began at or after it'),
  to: z.iso.datetime({ offset: true }).describe('and before it'),
})

const bill = createRoute({
  method: 'get',
  path: '/v1/bill',
  operationId: 'bill',
  summary: 'What the calls of a span cost, by tenant, key or model',
  request: {
    query: span.extend({
      by: z.enum(['tenant', 'key', 'model']).default('tenant'),
      repricing: z.string().optional().describe('`rp_…`: at the costs of this one, where it has any'),
    }),
  },
  responses: { 200: json(Bill, 'The bill'), default: refusal },
})

const list = createRoute({
  method: 'get',
  path: '/v1/repricings',
  operationId: 'listRepricings',
  summary: 'When calls were priced anew, by whom and by which prices, newest first',
  responses: { 200: json(RepricingPage, 'Repricings'), default: refusal },
})

const reprice = createRoute({
  method: 'post',
  path: '/v1/repricings',
  operationId: 'reprice',
  summary: 'What the calls of a span would cost by other prices',
  description:
    'By those of `version`, or of the settings in the body, of which the section `catalogue` counts. What they name no ' +
    'price for stays as it was. The new costs are kept beside the old ones, which never change; with `dryRun` nothing is kept.',
  request: {
    query: span.extend({
      version: z
        .string()
        .optional()
        .describe('`epoch.seq`, or `current`; without it the body has the prices'),
      dryRun: z.enum(['true', 'false']).default('false'),
    }),
  },
  ...rawBody('settings with a catalogue; nothing where `version` is given', settingsTypes),
  responses: { 200: json(Repriced, 'The sums'), default: refusal },
})

export function addBillRoutes(app: AdminApp, rooms: AdminRooms): void {
  const desk = createBillDesk({ clock: rooms.clock, readable: () => rooms.calls.readable() })
  app.openapi(bill, async (c) => {
    const { by, repricing = null, ...query } = c.req.valid('query')
    const found = await answered(desk.bill({ ...readSpan(query), by, repricing }))
    if (found === null) throw new GatewayError('control.not_found', { what: `repricing "${repricing}"` })
    return c.json(writeKept(found), 200)
  })
  app.openapi(list, async (c) => {
    const found = await answered(desk.list())
    const repricings = found.map(({ at, ...it }) => ({ ...writeSpan(it), at: writeInstant(at) }))
    return c.json({ repricings }, 200)
  })
  app.openapi(reprice, async (c) => {
    const { version, dryRun, ...query } = c.req.valid('query')
    const prices = version === undefined ? await listedPrices(c) : await pricesOf(rooms, version)
    const id = `rp_${randomBytes(9).toString('base64url')}`
    const write = dryRun === 'true' ? null : { id, by: identityOf(c).person, at: rooms.clock.now() }
    const found = await answered(desk.reprice({ ...readSpan(query), ...prices, write }))
    return c.json(writeKept(found), 200)
  })
}

type Prices = Pick<RepriceAsk, 'prices' | 'settings' | 'withShipped'>

async function pricesOf({ reloader }: AdminRooms, name: string): Promise<Prices> {
  const version = resolveVersion(reloader, name)
  return { prices: `version ${version}`, settings: await settingsOf(reloader, version), withShipped: true }
}

/** Of settings, the catalogue: the rest of a whole file may be as it likes. */
async function listedPrices(c: AdminContext): Promise<Prices> {
  const bytes = await readBytes(c)
  const file = c.req.header('x-changeover-source') ?? 'prices'
  const { tree } = readSettingsText(new TextDecoder().decode(bytes), file, c.req.header('content-type'))
  const settings: SettingsTree = { catalogue: tree['catalogue'] ?? {} }
  const [wrong] = checkSettings(settings, ['catalogue'])
  const found = Object.keys(settings['catalogue'] ?? {}).length === 0 ? 'no prices' : wrong?.message
  if (found !== undefined) {
    const field = wrong?.pointer ?? '/catalogue'
    throw new GatewayError('control.bad_request', {
      field,
      found,
      expected: 'settings whose catalogue has prices',
    })
  }
  return { prices: `${file} ${digestOf(bytes).slice(0, 19)}`, settings, withShipped: false }
}

function readSpan({ from, to }: { readonly from: string; readonly to: string }): MoneySpan {
  const found = { fromMs: Date.parse(from), toMs: Date.parse(to) }
  if (found.fromMs < found.toMs) return found
  throw new GatewayError('control.bad_request', {
    field: 'to',
    found: to,
    expected: `an instant after ${from}`,
  })
}

function writeSpan<It extends MoneySpan>({ fromMs, toMs, ...it }: It) {
  return { ...it, from: writeInstant(fromMs), to: writeInstant(toMs) }
}

function writeKept<It extends MoneySpan & Kept>({ recordsFromMs, ...it }: It) {
  return { ...writeSpan(it), recordsFrom: recordsFromMs === null ? null : writeInstant(recordsFromMs) }
}
