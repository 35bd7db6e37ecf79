/**
 * Changes asked for through the admin API, kept together with the operator's own file: one truth per scope.
 *
 * Order: the change is offered, and only what was taken is written into the file. A refused change leaves the
 * file alone; a file that cannot be written takes the change back. The other order would put a text on disk
 * that nobody has checked, and a restart would find it there.
 *
 * Invariant: when an answer says `applied`, file and version in force say the same. So a change is refused
 * while the file holds something that is not in force (`agreement.ts`): it would be lost, or come into force unasked.
 *
 * A rollback is the exception: it is what one reaches for when all else is wrong, so it never waits for the
 * file. What the file held is kept beside it, and a file that cannot be written is reported, not obeyed.
 *
 * While a version is on trial beside the one in force, the file says what is on trial (`head.ts`): a further change is
 * made of both.
 *
 * A temporary override is the other one: it is made of what is in force, written nowhere, and gone by itself.
 *
 * See docs/decisions/2026-11-21-write-back.md and 2026-11-21-temporary-overrides.md. Not here: how a text is edited (`settings/`), HTTP (`routes/`).
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  changes,
  type Decided,
  ENVELOPE_TYPE,
  type Json,
  type Origin,
  type Receipt,
  type Reloader,
  type SettingsTree,
  type Telemetry,
} from '@changeover/reload'
import type { Identity } from '../contract/access.ts'
import { GatewayError, isGatewayError } from '../errors.ts'
import type { AskedRollout } from '../settings/rollout-policy.ts'
import { type Agreed, Agreement } from './agreement.ts'
import { headVersion } from './head.ts'
import { type Override, overrideInForce } from './override.ts'
import { editedOrNull, treeBy, treeOrNull, troubleOf } from './own-edits.ts'
import { FileChangedError } from './own-file.ts'
import type { OwnSettings, SettingsSource } from './settings-source.ts'
import { createTurns, type InTurn } from './turns.ts'

export interface ChangerOptions {
  readonly reloader: Reloader<unknown>
  readonly source: SettingsSource
  readonly telemetry: Telemetry
}

/** What would be offered. */
export interface Draft {
  readonly bytes: Uint8Array
  /** With the type of the text, and what has to be in force when it comes in. */
  readonly origin: Origin
}

export type Overriding = { readonly bytes: Uint8Array } | { readonly change: (tree: Json) => Json }

/** What the asker of a change may say beside it, for whoever reads its text. */
export interface ChangeHint {
  /** Of the repository that the settings are from. */
  readonly commit?: string
  readonly allowShrink?: boolean
  readonly serveTtlMs?: number
  readonly rollout?: AskedRollout
  /** Who asks, when that is not the owner. */
  readonly asker?: Identity
}

/** What became of the file. */
export interface WrittenBack {
  readonly path: string
  readonly written: boolean
  readonly kept?: string
  readonly trouble?: string
}

export interface Changed {
  readonly receipt: Receipt
  readonly file: WrittenBack | null
  /** When it is in force for a time only. */
  readonly override?: Override | null
}

export interface Changer {
  /** Offers a whole tree: as a person wrote it, or sealed. */
  offer(bytes: Uint8Array, origin: Origin): Promise<Changed>
  /** Offers what `change` makes of the tree in force. */
  patch(change: (tree: Json) => Json, origin: Origin): Promise<Changed>
  /** What `patch` would offer, or `override`, for a plan. */
  draftPatch(change: (tree: Json) => Json, origin: Origin, isOverride: boolean): Promise<Draft>
  /** Offers a text, or what `change` makes of the tree in force, to serve for `ttlMs` and be written nowhere. */
  override(asked: Overriding, origin: Origin, ttlMs: number): Promise<Changed>
  rollback(origin: Origin, to?: string): Promise<Changed>
  /**
   * Whether the operator's own file says what is in force or on trial. What its handle was told once is no answer: the same
   * text may have come in since by another way, signed or by force. A file that cannot be read says nothing.
   */
  isInForce(): Promise<boolean>
  /**
   * Takes up what an earlier process left waiting for its time, and writes it into the file when it has come in. For when
   * the file's handle has said what the file holds. Never rejects.
   */
  takeUp(): Promise<void>
  /**
   * Takes what the file's handle has read: `offer` is called in turn with the changes, or not at all, when the
   * file no longer holds these bytes, or when they are what a change has just written into it and in force.
   *
   * In turn, because offers win over older ones: one that is made while a change is under way, about the file as
   * it was before, would take that change's place. `again` offers what is in force too.
   */
  offerRead(bytes: Uint8Array, offer: () => Promise<Receipt>, again?: boolean): Promise<Receipt>
}

/** What the file and the version in force said before a rollback. */
interface BeforeRollback {
  readonly own: OwnSettings
  readonly before: Uint8Array | null
  readonly inForce: SettingsTree | null
}

export function createChanger(options: ChangerOptions): Changer {
  const inTurn = createTurns()
  const agreement = new Agreement(options.reloader, options.source)
  const changer = new FileChanger(options, agreement, inTurn)
  return {
    offer: (bytes, origin) => inTurn(() => changer.offer(bytes, origin)),
    patch: (change, origin) => inTurn(() => changer.patch(change, origin)),
    draftPatch: (change, origin, isOverride) =>
      inTurn(() =>
        isOverride
          ? Promise.resolve(changer.draftOverride(change, origin))
          : changer.draftPatch(change, origin),
      ),
    override: (asked, origin, ttlMs) => inTurn(() => changer.override(asked, origin, ttlMs)),
    rollback: (origin, to) => inTurn(() => changer.rollback(origin, to)),
    isInForce: () => agreement.isInForce().catch(() => false),
    takeUp: () => inTurn(() => changer.takeUp()),
    async offerRead(bytes, offer, again = false) {
      // Boxed: the turn ends when the offer is made, not when it is answered, which may take its time at the gate.
      const { receipt } = await inTurn(async () => ({
        receipt: (await agreement.answerRead(bytes, again)) ?? offer(),
      }))
      return receipt
    },
  }
}

class FileChanger {
  readonly #options: ChangerOptions
  readonly #inTurn: InTurn
  readonly #followed = new WeakSet<Receipt>()
  readonly #agreement: Agreement

  constructor(options: ChangerOptions, agreement: Agreement, inTurn: InTurn) {
    this.#options = options
    this.#agreement = agreement
    this.#inTurn = inTurn
  }

  async offer(bytes: Uint8Array, origin: Origin): Promise<Changed> {
    if ((await this.#agreement.isThere(bytes)) || (await this.#agreement.isSigned(bytes, origin)))
      return this.#offerFile(bytes, origin)
    const agreed = await this.#agreement.reach(origin)
    await this.#mustFit(agreed, bytes, origin)
    return this.#follow(await this.#ask(bytes, origin, agreed), async (receipt) => {
      if (!this.#isNew(receipt)) return { receipt, file: null }
      // An envelope may say itself that it is to serve for a time only.
      const override = overrideInForce(this.#options.reloader)
      if (override?.version === receipt.version) return { receipt, file: null, override }
      return this.#keep(receipt, agreed, async () => {
        if (origin.mediaType !== ENVELOPE_TYPE && agreed.own.takes(origin.mediaType)) return bytes
        return this.#edited(agreed, await this.#settingsOf(receipt.version))
      })
    })
  }

  async patch(change: (tree: Json) => Json, origin: Origin): Promise<Changed> {
    const agreed = await this.#agreement.reach(origin)
    const bytes = await this.#draft(agreed, change)
    const asked = { ...this.#madeUpon(origin), mediaType: agreed.own.mediaType }
    return this.#follow(await this.#ask(bytes, asked, agreed), async (receipt) =>
      this.#isNew(receipt) ? this.#keep(receipt, agreed, async () => bytes) : { receipt, file: null },
    )
  }

  async draftPatch(change: (tree: Json) => Json, origin: Origin): Promise<Draft> {
    const agreed = await this.#agreement.reach(origin)
    const asked = { ...this.#madeUpon(origin), mediaType: agreed.own.mediaType }
    return { bytes: await this.#draft(agreed, change), origin: fittedTo(agreed, asked) }
  }

  /** Made of what is in force, and of no file. */
  draftOverride(change: (tree: Json) => Json, origin: Origin): Draft {
    const snapshot = this.#options.reloader.current()
    if (snapshot === null) throw new GatewayError('gateway.not_ready', {})
    const bytes = Buffer.from(JSON.stringify(treeBy(change, snapshot.settings)))
    const ifMatch = origin.ifMatch ?? snapshot.version
    return { bytes, origin: { ...origin, mediaType: 'application/json', ifMatch, manual: true } }
  }

  async override(asked: Overriding, origin: Origin, ttlMs: number): Promise<Changed> {
    const { reloader } = this.#options
    const version = await this.#overridable(origin)
    const draft = 'bytes' in asked ? { bytes: asked.bytes, origin } : this.draftOverride(asked.change, origin)
    const receipt = await reloader.offer(draft.bytes, {
      ...draft.origin,
      source: `override:${origin.source}`,
      ifMatch: origin.ifMatch ?? version,
      // The same may have been in force before, for its time.
      manual: true,
      hint: { ...(origin.hint as ChangeHint | undefined), serveTtlMs: ttlMs } satisfies ChangeHint,
    })
    return { receipt, file: null, override: receipt.outcome === 'applied' ? overrideInForce(reloader) : null }
  }

  async rollback(origin: Origin, to?: string): Promise<Changed> {
    const { reloader, source } = this.#options
    const { own } = source
    const before = own === null ? null : await own.read().catch(() => null)
    const inForce = reloader.current()?.settings ?? null
    return this.#follow(await reloader.rollback(origin, to), async (receipt) =>
      receipt.outcome !== 'applied' || own === null
        ? { receipt, file: null }
        : { receipt, file: await this.#writeRestored(receipt.version, { own, before, inForce }) },
    )
  }

  async takeUp(): Promise<void> {
    const { reloader } = this.#options
    try {
      const agreed = await this.#agreement.reach(NOBODY).catch(orUnwritten)
      const receipt = await reloader.takeUp()
      if (receipt === null || agreed === null) return
      await this.#follow(receipt, async (it) =>
        this.#isNew(it)
          ? this.#keep(it, agreed, async () => this.#edited(agreed, await this.#settingsOf(it.version)))
          : { receipt: it, file: null },
      )
    } catch (error) {
      this.#warn('a version that waited for its time was not taken up', error)
    }
  }

  /** The file says what was restored; what it said before is kept beside it when that was something else. */
  async #writeRestored(version: string, { own, before, inForce }: BeforeRollback): Promise<WrittenBack> {
    const restored = await this.#settingsOf(version)
    try {
      const held = before === null ? null : await treeOrNull(own, before)
      const agrees = held !== null && inForce !== null && changes(inForce, held).length === 0
      const edited =
        before === null || held === null ? null : editedOrNull(own, before, changes(held, restored))
      const next = edited ?? own.write(restored, before)
      const isThere = before !== null && Buffer.compare(before, next) === 0
      const keeps = before !== null && !isThere && (!agrees || edited === null)
      const mark = `before-${version}`
      const kept = keeps ? { kept: await own.keepAside(before, next, mark) } : {}
      return { path: await own.replace(before, next), written: true, ...kept }
    } catch (error) {
      this.#warn('the rollback is in force, but the settings file could not be written', error)
      return { path: this.#options.source.place, written: false, trouble: troubleOf(error) }
    }
  }

  /**
   * Finishes a change when it is decided. One that waits for people does not keep the turn: what is asked for
   * meanwhile takes its place, as everywhere.
   */
  async #follow(receipt: Receipt, finish: (receipt: Decided) => Promise<Changed>): Promise<Changed> {
    if (receipt.outcome !== 'waiting') return finish(receipt)
    // The same offer, sent twice under one key, has one receipt and is written once.
    if (!this.#followed.has(receipt)) {
      this.#followed.add(receipt)
      receipt.decided
        .then((it) => this.#inTurn(() => finish(it)))
        .catch((error: unknown) => this.#warn('a change that was agreed to could not be finished', error))
    }
    return { receipt, file: null }
  }

  /** What the file says already: nothing can be lost, and nothing is to be written. */
  async #offerFile(bytes: Uint8Array, origin: Origin): Promise<Changed> {
    const { reloader, source } = this.#options
    const receipt = await reloader.offer(bytes, origin)
    return { receipt, file: receipt.outcome === 'applied' ? { path: source.place, written: true } : null }
  }

  /** The version that an override would be made of. What is still observed would not come back after it. */
  async #overridable({ mediaType }: Origin): Promise<string> {
    const { reloader } = this.#options
    if (mediaType === ENVELOPE_TYPE)
      throw new GatewayError('control.bad_request', {
        field: 'override',
        found: 'an envelope, which says itself how long it serves',
        expected: 'settings or a patch',
      })
    const { applied, baseline, candidate } = reloader.pointers()
    if (applied === null) throw new GatewayError('gateway.not_ready', {})
    const { version } = applied
    if (candidate !== null && candidate.version !== version)
      throw new GatewayError('settings.observed', { version: candidate.version })
    if (version !== baseline?.version && overrideInForce(reloader) === null)
      throw new GatewayError('settings.observed', { version })
    return version
  }

  /** A text that would have to be spread over several files is refused before anything comes in. */
  async #mustFit({ own, bytes, tree }: Agreed, text: Uint8Array, origin: Origin): Promise<void> {
    if (!own.isMany || bytes === null || tree === null) return
    const plan = await this.#options.reloader.plan(text, origin)
    if (plan.ok) own.edit(bytes, plan.changes)
  }

  /** Each of its steps is one piece, and calls that came meanwhile go between them. */
  async #draft(agreed: Agreed, change: (tree: Json) => Json): Promise<Uint8Array> {
    await nextTurn()
    const next = treeBy(change, agreed.tree ?? {})
    await nextTurn()
    const bytes = this.#edited(agreed, next)
    await nextTurn()
    return bytes
  }

  #edited(agreed: Agreed, next: SettingsTree): Uint8Array {
    const { own, bytes, tree } = agreed
    if (bytes === null || tree === null) return own.write(next, bytes)
    return own.edit(bytes, changes(tree, next))
  }

  /**
   * Without the version that the asker saw in force, where that still is: a patch is made of what the file says, which is
   * the version on trial, and where it waits for that one's end the version seen is not in force any more at its turn.
   */
  #madeUpon(origin: Origin): Origin {
    const { ifMatch, ...others } = origin
    return ifMatch === this.#options.reloader.pointers().applied?.version ? others : origin
  }

  #ask(bytes: Uint8Array, origin: Origin, agreed: Agreed): Promise<Receipt> {
    return this.#options.reloader.offer(bytes, fittedTo(agreed, origin))
  }

  /** An answer may be one that was given before, to the same key: what it is about may have gone since. */
  #isNew(receipt: Receipt): receipt is Receipt & { outcome: 'applied' } {
    return receipt.outcome === 'applied' && receipt.version === headVersion(this.#options.reloader)
  }

  async #keep(
    receipt: Receipt & { outcome: 'applied' },
    agreed: Agreed,
    makeText: () => Promise<Uint8Array>,
  ): Promise<Changed> {
    try {
      const next = await makeText()
      const path = await agreed.own.replace(agreed.bytes, next)
      this.#agreement.rememberWritten(receipt.version, next)
      this.#followFate(receipt, agreed, next)
      return { receipt, file: { path, written: true } }
    } catch (error) {
      this.#warn('the settings file could not be written; the change is taken back', error)
      await this.#takeBack(receipt.previous)
      if (isGatewayError(error)) throw error
      const code = error instanceof FileChangedError ? 'settings.file_changed' : 'settings.write_back'
      throw new GatewayError(code, { source: this.#options.source.place }, { cause: error })
    }
  }

  /** When the version is taken back while it is observed, the file goes back with it. */
  #followFate(receipt: Receipt & { outcome: 'applied' }, agreed: Agreed, written: Uint8Array): void {
    receipt.settled
      .then((it) =>
        it.status === 'rolled_back' ? this.#inTurn(() => this.#putBack(agreed, written)) : undefined,
      )
      .catch((error: unknown) => this.#warn('the settings file could not be put back', error))
  }

  async #putBack(agreed: Agreed, written: Uint8Array): Promise<void> {
    const { own } = agreed
    const inForce = this.#options.reloader.current()?.settings
    const held = await treeOrNull(own, written)
    if (inForce === undefined || held === null) return
    // Mostly the version before; an older one when that had not been confirmed yet either.
    const wasBefore = agreed.tree !== null && changes(agreed.tree, inForce).length === 0
    const next = wasBefore && agreed.bytes !== null ? agreed.bytes : own.edit(written, changes(held, inForce))
    await own.replace(written, next)
  }

  async #takeBack(previous: string | null): Promise<void> {
    if (previous === null) return
    const { reloader, source } = this.#options
    const reason = `"${source.place}" could not be written`
    await reloader.rollback(
      { trigger: 'rollback', source: source.place, actor: 'changeover', reason },
      previous,
    )
  }

  async #settingsOf(version: string): Promise<SettingsTree> {
    const settings = await this.#options.reloader.settings(version)
    if (settings === null) throw new GatewayError('control.not_found', { what: `version ${version}` })
    return settings
  }

  #warn(message: string, error: unknown): void {
    this.#options.telemetry.logger.log({ level: 'warn', room: 'control', message, error })
  }
}

/** Made for this version even when the caller did not say so: a reload in between would be undone. */
function fittedTo({ version }: Agreed, origin: Origin): Origin {
  const ifMatch = origin.ifMatch ?? version
  return ifMatch === null ? origin : { ...origin, ifMatch }
}

/** What an earlier process left was asked for then. */
const NOBODY: Origin = { trigger: 'startup', source: 'changeover' }

/** Where changes are written nowhere, one that waited comes in without; a file that says something else goes before it. */
function orUnwritten(error: unknown): null {
  if (isGatewayError(error) && error.code !== 'settings.file_changed') return null
  throw error
}
