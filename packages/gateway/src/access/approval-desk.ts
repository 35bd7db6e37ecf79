/**
 * Where changes wait for the word of people, and where people give it.
 *
 * The engine asks after validation, when it is known what a change changes and before anything is built for it. The
 * policy that counts is always the one in force, never what the change itself would make of it; and it is looked up
 * anew with every approval and once more just before the commit, with the roles that those who agreed have then.
 *
 * What waits lives in this process: a restart ends the attempt. What a file holds is offered again at the start
 * and waits again; what came through the API has to be offered again. Kept approvals would speak for an attempt
 * whose version in force, and so whose meaning, may have changed meanwhile.
 *
 * Not here: the arithmetic of approvals (`missingApprovals` of the engine's package), HTTP (`control/routes`).
 */
import {
  type ApprovalAnswer,
  type ApprovalAsked,
  type ApproveHook,
  type Change,
  type Clock,
  changes,
  type Issue,
  type MissingApproval,
  missingApprovals,
  ReloadError,
  type SettingsTree,
  type Timer,
} from '@changeover/reload'
import type { Identity, Permission } from '../contract/access.ts'
import { GatewayError, sayError } from '../errors.ts'
import { classesOfAll } from './change-classes.ts'
import { asRole, type CompiledAccess } from './compile-access.ts'
import { forbiddenParameters, may } from './may.ts'

export interface ApprovalDeskOptions {
  readonly clock: Clock
  /** Of the version in force; `null` while there is none, and then nobody is asked. */
  access(): CompiledAccess | null
}

export interface GivenApproval {
  readonly by: string
  /** Wall milliseconds. */
  readonly at: number
  readonly note: string
}

export interface WaitingChange {
  readonly attempt: string
  readonly version: string
  readonly digest: string
  /** In the words of the audit log. */
  readonly author: string
  /** Everybody who had a hand in it, and so does not count. */
  readonly authors: readonly string[]
  readonly source: string
  readonly reason: string
  /** Wall milliseconds. */
  readonly since: number
  readonly until: number
  readonly classes: readonly string[]
  readonly changes: readonly Change[]
  /** What the changes lie between. */
  readonly previous: SettingsTree | null
  readonly settings: SettingsTree
  readonly approvals: readonly GivenApproval[]
  readonly missing: readonly MissingApproval[]
}

export interface ApprovalDesk {
  readonly hook: ApproveHook
  waiting(): readonly WaitingChange[]
  /** Throws `access.not_waiting`, `access.own_change` or `access.not_asked`. The same person again changes nothing. */
  approve(attempt: string, by: Identity, said?: { note?: string; digest?: string }): WaitingChange
  /** By whoever could approve, or by the author, who then takes it back. Throws as `approve` does. */
  reject(attempt: string, by: Identity, note: string): WaitingChange
  /** What would have to be agreed to, if these parameters changed. */
  needed(changedParameters: readonly string[]): readonly MissingApproval[]
}

/** What the control plane says of the asker, in the `hint` of an origin. */
export interface AskerHint {
  readonly asker?: Identity
}

interface Entry {
  readonly asked: ApprovalAsked
  readonly authors: readonly string[]
  readonly classes: readonly string[]
  readonly since: number
  readonly until: number
  readonly given: (GivenApproval & { readonly who: Identity })[]
  end(answer: ApprovalAnswer): void
}

export function createApprovalDesk(options: ApprovalDeskOptions): ApprovalDesk {
  const desk = new Desk(options)
  return {
    hook: (asked, signal) => desk.ask(asked, signal),
    waiting: () => [...desk.entries.values()].map((it) => desk.show(it)),
    approve: (attempt, by, said) => desk.approve(attempt, by, said),
    reject: (attempt, by, note) => desk.reject(attempt, by, note),
    needed: (changed) => desk.missing({ classes: classesOfAll(changed), authors: [], given: [] }),
  }
}

class Desk {
  readonly entries = new Map<string, Entry>()
  readonly #options: ApprovalDeskOptions

  constructor(options: ApprovalDeskOptions) {
    this.#options = options
  }

  async ask(asked: ApprovalAsked, signal: AbortSignal): Promise<ApprovalAnswer> {
    const forbidden = this.#forbidden(asked)
    if (forbidden !== null) return { approved: false, issue: forbidden }
    const classes = classesOfAll(asked.changedParameters)
    const authors = authorsOf(asked)
    const askedFor = isFreeOf(asked) ? classes.filter((it) => it === 'access') : classes
    const isUrgent = asked.origin.emergency === true
    const entry = { asked, authors, classes: askedFor, given: [] as Entry['given'] }
    if (isUrgent || asked.previous === null || this.missing(entry).length === 0)
      return { approved: true, by: [] }
    return await this.#wait(entry, signal)
  }

  approve(attempt: string, by: Identity, said: { note?: string; digest?: string } = {}): WaitingChange {
    const entry = this.#find(attempt, said.digest)
    if (entry.authors.includes(by.person)) throw new GatewayError('access.own_change', { person: by.person })
    if (!this.#isAsked(entry, by)) throw notAsked(by, this.missing(entry))
    if (!entry.given.some((it) => it.by === by.person)) {
      const { note = '' } = said
      entry.given.push({ by: by.person, at: this.#options.clock.now(), note, who: by })
    }
    const shown = this.show(entry)
    if (shown.missing.length === 0) entry.end(this.#approved(entry))
    return shown
  }

  reject(attempt: string, by: Identity, note: string): WaitingChange {
    const entry = this.#find(attempt)
    if (!entry.authors.includes(by.person) && !this.#isAsked(entry, by))
      throw notAsked(by, this.missing(entry))
    const shown = this.show(entry)
    const message = sayError('access.rejected', { person: by.person, note })
    entry.end({ approved: false, issue: { code: 'access.rejected', message }, by: by.person })
    return shown
  }

  show(entry: Entry): WaitingChange {
    const { asked, authors, since, until, classes, given } = entry
    const { attempt, manifest, digest, origin } = asked
    return {
      attempt,
      version: `${manifest.version.epoch}.${manifest.version.seq}`,
      digest,
      author: origin.actor ?? manifest.author,
      authors,
      source: origin.source,
      reason: manifest.reason,
      since,
      until,
      classes,
      changes: changes(asked.previous, asked.settings),
      previous: asked.previous,
      settings: asked.settings,
      approvals: given.map(({ by, at, note }) => ({ by, at, note })),
      missing: this.missing(entry),
    }
  }

  /** By the policy and the roles of this moment. */
  missing({
    classes,
    authors,
    given,
  }: Pick<Entry, 'classes' | 'authors' | 'given'>): readonly MissingApproval[] {
    const access = this.#options.access()
    if (access === null) return []
    const approvals = given.map(({ by, who }) => ({ by, roles: rolesOf(access, who) }))
    return missingApprovals(classes, access.approvals, authors, approvals)
  }

  async #wait(begun: Omit<Entry, 'since' | 'until' | 'end'>, signal: AbortSignal): Promise<ApprovalAnswer> {
    const { clock, access } = this.#options
    const { attempt } = begun.asked
    const waitMs = access()?.patienceMs(begun.classes) ?? 0
    const since = clock.now()
    const ended = Promise.withResolvers<ApprovalAnswer>()
    const timer: Timer = clock.after(waitMs, () =>
      ended.reject(new ReloadError('approve.expired', { waitedMs: waitMs })),
    )
    const stop = (): void => ended.reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    this.entries.set(attempt, {
      ...begun,
      since,
      until: since + waitMs,
      // Gone at once: nobody agrees to what has been decided.
      end: (answer) => {
        this.entries.delete(attempt)
        ended.resolve(answer)
      },
    })
    begun.asked.waits()
    try {
      return await ended.promise
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', stop)
      this.entries.delete(attempt)
    }
  }

  #approved(entry: Entry): ApprovalAnswer {
    const { classes, authors } = entry
    const threshold = this.missing({ classes, authors, given: [] }).reduce(
      (most, it) => Math.max(most, it.expected),
      0,
    )
    const objection = (): Issue | null => {
      const [first] = this.missing(entry)
      return first === undefined ? null : issueOf('access.approval_gone', first)
    }
    return { approved: true, by: entry.given.map((it) => it.by), threshold, objection }
  }

  /** Whether this change is more than its asker's roles allow. What no person asks for here was not asked of us. */
  #forbidden({ origin, changedParameters, previous }: ApprovalAsked): Issue | null {
    const { asker } = (origin.hint ?? {}) as AskerHint
    const access = this.#options.access()
    if (asker === undefined || access === null || previous === null) return null
    const permission = permissionFor(origin)
    const [first, ...more] = forbiddenParameters(access.grantsOf(asker), permission, changedParameters)
    if (first === undefined) return null
    const details = { person: asker.person, pointer: first, more: more.length, permission }
    return { code: 'access.out_of_scope', message: sayError('access.out_of_scope', details), pointer: first }
  }

  /** Whether a word of this person counts for anything that the change is asked for. */
  #isAsked({ classes, authors }: Entry, by: Identity): boolean {
    const access = this.#options.access()
    if (access === null) return false
    const roles = rolesOf(access, by)
    return this.missing({ classes, authors, given: [] }).some((it) =>
      it.roles.some((role) => roles.includes(role)),
    )
  }

  #find(attempt: string, digest?: string): Entry {
    const entry = this.entries.get(attempt)
    if (entry === undefined) throw new GatewayError('access.not_waiting', { attempt })
    if (digest !== undefined && digest !== entry.asked.digest)
      throw new GatewayError('access.other_digest', { attempt, digest: entry.asked.digest })
    return entry
  }
}

/** Going back by the API is what one reaches for when all is wrong; only who may what is never given back unasked. */
function isFreeOf({ origin }: ApprovalAsked): boolean {
  return origin.trigger === 'rollback'
}

function permissionFor({ emergency, trigger }: ApprovalAsked['origin']): Permission {
  if (emergency === true) return 'emergency'
  return trigger === 'rollback' ? 'operate' : 'change'
}

/** Roles whose word counts; none for somebody who may not approve any more. */
function rolesOf(access: CompiledAccess, who: Identity): readonly string[] {
  const grants = access.grantsOf(who)
  if (!may(grants, 'approve')) return []
  const own = who.name === null ? [] : [asRole(who.name)]
  return [...grants.filter((it) => it.may.has('approve')).map((it) => it.role), ...own]
}

/** Everybody who had a hand in it: who sent it, and who the payload says has made it. */
function authorsOf({ origin, manifest }: ApprovalAsked): readonly string[] {
  const { asker } = (origin.hint ?? {}) as AskerHint
  const named = [origin.actor, manifest.author].filter((it) => it !== undefined).map(personOf)
  return [...new Set([...(asker === undefined ? [] : [asker.person]), ...named])]
}

/** Whatever the holder of the owner's token calls himself, he is one person. */
function personOf(actor: string): string {
  return actor === 'admin' || actor.startsWith('admin:') ? 'owner' : actor
}

function notAsked({ person }: Identity, [first]: readonly MissingApproval[]): GatewayError {
  const { changeClass = '', roles = [] } = first ?? {}
  return new GatewayError('access.not_asked', { person, changeClass, roles: roles.join(', ') })
}

function issueOf(code: 'access.approval_gone', { changeClass, found, expected }: MissingApproval): Issue {
  return { code, message: sayError(code, { changeClass, found, expected }), pointer: `/${changeClass}` }
}
