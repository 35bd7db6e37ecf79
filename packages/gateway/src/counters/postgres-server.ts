/**
 * Counts kept in PostgreSQL, in a schema of their own named by the prefix.
 *
 * One batch of takes is under way at a time: a second one of this process would only wait for the rows of the first,
 * and what comes meanwhile goes together in the next.
 */
import type { Sql } from 'postgres'
import type { Claim } from '../contract/counters.ts'
import {
  type Batch,
  type CorrectionBatch,
  type CountServer,
  holderOf,
  numbersOf,
  readAnswers,
  toBatch,
} from './count-server.ts'
import { CREATE, FUNCTIONS_NUMBER, TIDY } from './postgres-schema.ts'

export interface PostgresPlace {
  /** `postgres://`, with the password. */
  readonly url: string
  readonly prefix: string
  readonly connectMs: number
}

/** Resolves when the server answers and has the tables; rejects when it does not in `connectMs`. */
export async function openPostgres(
  place: PostgresPlace,
  onLost: (cause: unknown) => void,
): Promise<CountServer> {
  const { default: postgres } = await import('postgres')
  let closing = false
  const sql = postgres(place.url, {
    // One for takes, one for corrections, neither of which waits for the other.
    max: 2,
    connect_timeout: Math.max(1, Math.ceil(place.connectMs / 1000)),
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    onnotice: () => undefined,
    onclose: () => {
      if (!closing) onLost(null)
    },
    connection: { application_name: 'changeover', search_path: quoted(place.prefix) },
  })
  const close = async () => {
    closing = true
    await sql.end({ timeout: 0 })
  }
  try {
    await create(sql, place.prefix)
  } catch (error) {
    await close()
    throw error
  }
  return new PostgresServer(sql, close)
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Asked first whether it is there: a role that may count need not be one that may create. */
async function create(sql: Sql, prefix: string): Promise<void> {
  const there =
    await sql`select to_regprocedure(${`${quoted(prefix)}.read_${FUNCTIONS_NUMBER}(jsonb)`}) is not null as there`
  if (there[0]?.['there'] === true) return
  await sql.begin(async (transaction) => {
    // Several gateways may start at once, and "if not exists" does not keep two from creating one thing.
    await transaction`select pg_advisory_xact_lock(hashtext(${`changeover counters ${prefix}`}))`
    await transaction.unsafe(`create schema if not exists ${quoted(prefix)}`)
    await transaction.unsafe(CREATE).simple()
  })
}

class PostgresServer implements CountServer {
  readonly mostAtOnce = 1
  readonly close: () => Promise<void>
  readonly #sql: Sql

  constructor(sql: Sql, close: () => Promise<void>) {
    this.#sql = sql
    this.close = close
  }

  async take(takes: readonly (readonly Claim[])[]) {
    const batch = toBatch(takes)
    const asked = JSON.stringify({
      ...keysOf(batch),
      ...claimsOf(batch),
      takes: takes.map((it) => it.length),
    })
    const [row] = await this.#sql`select take_2(${asked}::text::jsonb) as answer`
    return readAnswers(String(row?.['answer']))
  }

  async correct({ sender, number, corrections }: CorrectionBatch): Promise<void> {
    const batch = toBatch([corrections.map((it) => it.claim)])
    const amount = corrections.map((it) => it.by)
    const asked = JSON.stringify({ ...keysOf(batch), ...claimsOf(batch), amount })
    await this.#sql`select correct_2(${sender}, ${number}, ${asked}::text::jsonb)`
  }

  async read(claims: readonly Claim[]): Promise<readonly number[]> {
    if (claims.length === 0) return []
    const batch = toBatch([claims])
    const [row] = await this.#sql`select read_2(${JSON.stringify(keysOf(batch))}::text::jsonb) as answer`
    const levels = String(row?.['answer']).split(' ').map(Number)
    return (batch.takes[0] ?? []).map((it) => levels[it.at] ?? 0)
  }

  async ping(): Promise<void> {
    await this.#sql`select 1`
  }

  async tidy(): Promise<void> {
    await this.#sql.unsafe(TIDY)
  }
}

/** By key: its kind, and the numbers that its level is read by, of the first claim that names it. */
function keysOf({ keys, takes }: Batch) {
  const first = new Map<number, Claim>()
  for (const { claim, at } of takes.flat()) if (!first.has(at)) first.set(at, claim)
  const claims = keys.map((_, at) => first.get(at))
  const number = (of: 1 | 2) => claims.map((it) => (it === undefined ? 0 : rateOf(it)[of - 1]))
  return { keys, kinds: claims.map((it) => it?.kind), a: number(1), b: number(2) }
}

function rateOf(claim: Claim): readonly [number, number] {
  const [, a, b] = numbersOf(claim)
  return [a, b]
}

/** By claim; places in PostgreSQL's arrays begin with one. */
function claimsOf({ takes }: Batch) {
  const claims = takes.flat()
  return {
    at: claims.map((it) => it.at + 1),
    amount: claims.map((it) => it.claim.amount),
    bound: claims.map((it) => numbersOf(it.claim)[0]),
    last: claims.map((it) => numbersOf(it.claim)[1]),
    holder: claims.map((it) => holderOf(it.claim)),
  }
}
