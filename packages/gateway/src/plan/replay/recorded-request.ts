/**
 * A recorded call as routing may ask of it. What the record does not hold is answered like what a caller did not
 * say, and noted in `missing`: whether that matters is for whoever compares two versions to say.
 *
 * One object for all calls of a replay, set to each in turn.
 */
import type { ReplayRow } from '../../calls/replay-rows.ts'
import type { Caller } from '../../contract/compiled.ts'
import type { Modality, RouteAsk } from '../../contract/route-ask.ts'
import { type CallerWishes, NO_WISHES } from '../../routing/caller-wishes.ts'

const BYTES_A_TOKEN = 4
const TEXT: readonly Modality[] = ['text']

export class RecordedRequest implements RouteAsk {
  #row: ReplayRow
  #caller: Caller | null = null
  /** What was asked and is not in the record: `headers["x-tier"]`. */
  readonly missing = new Set<string>()
  /** What stood in for something: an estimate by the size of the request, or the provider's own count. */
  readonly estimated = new Set<string>()

  constructor(row: ReplayRow) {
    this.#row = row
  }

  set(row: ReplayRow): void {
    this.#row = row
    this.#caller = null
    this.missing.clear()
    this.estimated.clear()
  }

  by(caller: Caller | null): void {
    this.#caller = caller
  }

  get wishes(): CallerWishes {
    const { sensitive, region } = this
    const regions = this.#caller?.regions ?? null
    const narrowed = sensitive || region !== null || regions !== null
    return narrowed ? { ...NO_WISHES, sensitive, region, regions } : NO_WISHES
  }

  /** In records from before it was kept, the route's name stands for it. */
  get model(): string {
    return this.#row.askedModel ?? this.#row.route ?? ''
  }
  get stream(): boolean {
    return this.#row.stream
  }
  get tenant(): string | null {
    return this.#caller?.tenant ?? null
  }
  get key(): string | null {
    return this.#caller?.key ?? null
  }
  get sensitive(): boolean {
    return this.#row.asked?.sensitive ?? false
  }
  get region(): string | null {
    return this.#row.asked?.region ?? null
  }

  header(name: string): string | undefined {
    const value = this.#row.asked?.headers?.[name]
    if (value === undefined) this.missing.add(`headers["${name}"]`)
    return value ?? undefined
  }

  metadata(key: string): string | number | boolean | null {
    const value = this.#row.asked?.metadata?.[key]
    if (value === undefined) this.missing.add(`metadata["${key}"]`)
    return value ?? null
  }

  inputTokens(): number {
    const { asked, inputTokens, requestBytes } = this.#row
    if (asked?.inputTokens !== undefined) return asked.inputTokens
    this.estimated.add('tokens')
    return inputTokens ?? Math.ceil(requestBytes / BYTES_A_TOKEN)
  }

  maxOutputTokens(): number | null {
    const value = this.#row.asked?.maxOutputTokens
    if (value === undefined) this.missing.add('maxTokens')
    return value ?? null
  }

  modalities(): readonly Modality[] {
    const value = this.#row.asked?.modalities
    if (value === undefined) this.missing.add('modalities')
    return value ?? TEXT
  }

  /** The hash in place of the session: good for asking whether there is one. */
  session(): string | null {
    if (this.#row.session !== null) this.estimated.add('session')
    return this.#row.session
  }

  sessionKey(): number | null {
    const { session } = this.#row
    return session === null ? null : Number.parseInt(session, 16)
  }

  promptHash(chars: number): number | null {
    const [known, hash] = this.#row.asked?.prompt ?? []
    if (known === chars && hash !== undefined) return hash
    this.missing.add('how the prompt begins')
    return null
  }
}
