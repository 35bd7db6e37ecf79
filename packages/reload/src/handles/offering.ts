/**
 * Turns readings of a source into offers and reports: one watch, one offering.
 *
 * The same content is offered once. After a trouble it is offered again even if it is the same, so that the
 * engine sees that the source is well; it answers `unchanged`. A trouble is reported when it begins and when it
 * becomes another one, not at each attempt.
 */
import type { Handle, Offer } from '../contract/handle.ts'
import type { Origin, Trigger } from '../contract/origin.ts'
import { isReloadError, ReloadError } from '../errors.ts'
import type { Reading, Source } from './source.ts'

type Report = Parameters<Handle['watch']>[2]

export interface OfferingOptions {
  /** Of the source, for people. */
  readonly place: string
  /** Asked when something is offered: how it was found. */
  readonly trigger: () => Trigger
  readonly offer: Offer
  readonly signal: AbortSignal
  readonly report: Report
  /** Offers what is read even when it was offered before. */
  readonly always?: boolean
}

/** Who wants to know how a source stands: it is offered, or its trouble told, also where that is known. */
export type Asked = Pick<Origin, 'trigger' | 'actor'>

export class Offering {
  private readonly options: OfferingOptions
  private offered: string | null = null
  private trouble: string | null = null

  constructor(options: OfferingOptions) {
    this.options = options
  }

  /** Whether the last attempt went wrong. */
  get isTroubled(): boolean {
    return this.trouble !== null
  }

  /** Reads once, offers what is new, and awaits the receipt. False when the source was being written. */
  async readOnce(source: Source): Promise<boolean> {
    try {
      const reading = await source.read()
      if (reading === null) return false
      await this.take(reading)
    } catch (error) {
      this.tell(error)
    }
    return true
  }

  /** Offers a reading, unless it is what was offered last and nobody asked. */
  async take(reading: Reading, asked: Asked | null = null): Promise<void> {
    const { always = false, offer, place, signal, trigger } = this.options
    if (signal.aborted) return
    if (reading.digest === this.offered && !this.isTroubled && !always && asked === null) return
    const { bytes, digest, mediaType, actor, position = digest, trace } = reading
    const origin = { trigger: trigger(), source: place, position, mediaType, actor, ...asked }
    try {
      await offer(bytes, trace === undefined ? origin : { ...origin, trace })
    } catch (cause) {
      throw new ReloadError('handle.offer_failed', { source: place }, { cause })
    }
    this.offered = digest
    this.trouble = null
  }

  /** Somebody else has offered what is there: whatever is read next is new. */
  forget(): void {
    this.offered = null
  }

  /** Reports what went wrong, once unless somebody asked. */
  tell(error: unknown, asked: Asked | null = null): void {
    const { report, place, signal } = this.options
    if (signal.aborted) return
    const known = isReloadError(error)
      ? error
      : new ReloadError('handle.read_failed', { source: place, ...whyOf(error) }, { cause: error })
    if (this.trouble === known.message && asked === null) return
    this.trouble = known.message
    const { code, message, cause } = known
    report({ source: place, code, message, ...(cause === undefined ? {} : { cause }) })
  }
}

/** What an operator mends by looking at the file; of all else the cause tells. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a directory',
}

function whyOf(error: unknown): { readonly why?: string } {
  const { code = '', syscall } = (error ?? {}) as NodeJS.ErrnoException
  // A firewall says no with the same codes, to one address (`connect`) or to several at once, and that is about no file.
  const why = syscall === undefined || syscall === 'connect' ? undefined : REASONS[code]
  return why === undefined ? {} : { why }
}
