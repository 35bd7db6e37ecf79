/**
 * The recorded calls, once through the running version and once through the candidate, so that what differs is the
 * settings' doing and nothing else.
 *
 * Invariant: replayed against the same settings, nothing differs.
 *
 * A call that cannot be judged is not guessed at: it is counted among those not replayed, with the reason.
 */
import type { SettingsTree } from '@changeover/reload'
import type { ReplayRow } from '../../calls/replay-rows.ts'
import type { ShippedCatalogue } from '../../catalogue/catalogue.ts'
import type { NotReplayed, Replay } from '../look.ts'
import { RecordedRequest } from './recorded-request.ts'
import { keysOf, withReplayKeys } from './replay-keys.ts'
import { EvenDraws } from './replay-time.ts'
import { ReplayTokens } from './replay-tokens.ts'
import { ReplayVersion } from './replay-version.ts'
import { Tally } from './tally.ts'

export interface ReplayCallsInput {
  readonly before: SettingsTree
  readonly after: SettingsTree
  readonly shipped: ShippedCatalogue
  readonly nowMs: number
  /** In the order in which they began. */
  readonly rows: readonly ReplayRow[]
  /** Told every now and then how many have been replayed. */
  readonly onProgress?: (calls: number) => void
}

const progressEvery = 8_192

/** Refusals of tokens; the others are of keys. */
const TOKEN_TROUBLES: ReadonlySet<string> = new Set([
  'identity.token_refused',
  'identity.token_expired',
  'identity.no_tenant',
])

export function replayCalls({ rows, onProgress, ...input }: ReplayCallsInput): Omit<Replay, 'tookMs'> {
  const work = new Work(input)
  for (const [i, row] of rows.entries()) {
    work.take(row)
    if (i % progressEvery === progressEvery - 1) onProgress?.(i + 1)
  }
  return {
    ...work.read(),
    calls: rows.length,
    from: rows[0]?.startedAt ?? null,
    to: rows.at(-1)?.startedAt ?? null,
  }
}

class Work {
  readonly #before: ReplayVersion
  readonly #after: ReplayVersion
  readonly #keys: ReadonlyMap<string, string>
  readonly #tokens: ReplayTokens
  readonly #tally = new Tally()
  readonly #draws = new EvenDraws()
  readonly #excluded = new Excluded()
  readonly #notes = new Notes()
  #ask: RecordedRequest | null = null
  #replayed = 0

  constructor({ before, after, shipped, nowMs }: Omit<ReplayCallsInput, 'rows' | 'onProgress'>) {
    const compile = (settings: SettingsTree) =>
      new ReplayVersion({ settings: withReplayKeys(settings), shipped, nowMs })
    this.#before = compile(before)
    this.#after = compile(after)
    // A key that only the candidate has was added: calls that it may admit are of its owner.
    this.#keys = new Map([...keysOf(after), ...keysOf(before)])
    this.#tokens = new ReplayTokens(before, after)
  }

  take(row: ReplayRow): void {
    const reason = this.#unknown(row)
    if (reason !== null) {
      this.#excluded.add(reason)
      return
    }
    const by = this.#tokens.find(row.key, row.asked?.claims)
    if (typeof by === 'string') {
      this.#excluded.add('token_claims', [by])
      return
    }
    const ask = this.#askOf(row)
    const key = row.key === null ? undefined : this.#keys.get(row.key)
    const draw = this.#draws.next(ask.model)
    const before = this.#before.replay(
      row,
      ask,
      by === null ? { key, draw } : { key, draw, token: by.before },
    )
    const known = [...ask.missing]
    ask.missing.clear()
    const after = this.#after.replay(row, ask, by === null ? { key, draw } : { key, draw, token: by.after })
    const news = [...ask.missing].filter((it) => !known.includes(it))
    // What both versions ask in vain they answer alike; what only one of them asks would be a guess.
    if (news.length > 0) {
      this.#excluded.add('not_recorded', news)
      return
    }
    this.#replayed += 1
    this.#notes.add(row, ask, known)
    this.#tally.add(row, before, after)
  }

  read(): Omit<Replay, 'tookMs' | 'calls' | 'from' | 'to'> {
    const notReplayed = this.#excluded.read()
    return { replayed: this.#replayed, notReplayed, notes: this.#notes.read(), ...this.#tally.read() }
  }

  #askOf(row: ReplayRow): RecordedRequest {
    this.#ask ??= new RecordedRequest(row)
    this.#ask.set(row)
    return this.#ask
  }

  #unknown(row: ReplayRow): NotReplayed['reason'] | null {
    if (row.error.startsWith('identity.') && row.key === null) {
      return TOKEN_TROUBLES.has(row.error) ? 'no_token' : 'no_caller'
    }
    if (row.askedModel === null && row.route === null) return 'no_model'
    return null
  }
}

class Excluded {
  readonly #calls = new Map<NotReplayed['reason'], number>()
  readonly #names = new Set<string>()
  readonly #claims = new Set<string>()

  add(reason: NotReplayed['reason'], names: readonly string[] = []): void {
    this.#calls.set(reason, (this.#calls.get(reason) ?? 0) + 1)
    const into = reason === 'token_claims' ? this.#claims : this.#names
    for (const it of names) into.add(it)
  }

  read(): NotReplayed[] {
    const texts: Readonly<Record<NotReplayed['reason'], string>> = {
      no_caller: 'refused before anybody was recognised, so whose calls they were is not known',
      no_model: 'ended before their body was read, so what they asked for is not known',
      no_token:
        'refused for their tokens, whom those named is not recorded: whether a newly declared kind of token would take them is not known',
      token_claims: `came by tokens, and their records do not hold ${[...this.#claims].join(', ')}`,
      not_recorded: `a rule asks ${[...this.#names].join(', ')}, which their records do not hold`,
    }
    return Array.from(this.#calls, ([reason, calls]) => ({ reason, calls, text: texts[reason] }))
  }
}

/** What the figures rest on where the record says less than the request did. */
class Notes {
  #older = 0
  readonly #vain = new Map<string, number>()
  readonly #estimated = new Map<string, number>()

  add(row: ReplayRow, ask: RecordedRequest, vain: readonly string[]): void {
    if (row.endpoint === null) this.#older += 1
    for (const it of vain) this.#vain.set(it, (this.#vain.get(it) ?? 0) + 1)
    for (const it of ask.estimated) this.#estimated.set(it, (this.#estimated.get(it) ?? 0) + 1)
  }

  read(): string[] {
    const older =
      this.#older === 0
        ? []
        : [`${calls(this.#older)} are from before records held what was asked for: their route stands for it`]
    const vain = Array.from(
      this.#vain,
      ([name, count]) =>
        `${name} is not in the records of ${calls(count)}; both versions were told that it is not there`,
    )
    const estimated = Array.from(
      this.#estimated,
      ([name, count]) => `${ESTIMATES[name] ?? name}, of ${calls(count)}`,
    )
    return [...older, ...vain, ...estimated]
  }
}

const ESTIMATES: Readonly<Record<string, string>> = {
  tokens: "tokens that rules ask for are the provider's count, or a quarter of the bytes",
  session: 'of sessions only a hash is known: rules can tell that there is one, not which',
}

function calls(count: number): string {
  return count === 1 ? '1 call' : `${count} calls`
}
