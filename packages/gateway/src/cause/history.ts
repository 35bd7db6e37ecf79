/**
 * The versions behind a version: each one's author, reload and changes, put together from what is kept of them.
 *
 * Three witnesses, none of which has everything. The manifest of a version, as long as it is in the line, says what it
 * was made upon, by whom, why, and what it changed. The audit log outlives the line and says which attempt brought it in
 * under which trace, and what became of it. The reports of this process know the attempt that has not ended yet. What
 * none of them knows is said to be unknown, never guessed.
 *
 * Order is that of `previous`, not of numbers: a version that was taken back is nobody's ancestor.
 *
 * Not here: which of them changed a certain value (`find-origins.ts`).
 */
import { type AttemptReport, type AuditLine, changedParameters, type Reloader } from '@changeover/reload'
import type { VersionStep } from './origin.ts'
import { type Brought, broughtByAudit, broughtByReports, type ShareSince, sharesOf } from './reload-facts.ts'

export interface HistorySource
  extends Pick<Reloader<unknown>, 'line' | 'manifest' | 'settings' | 'audit' | 'subscribe'> {
  /** Of this process, newest first. */
  reports(): readonly AttemptReport[]
}

/** Audit lines looked through: with two for each attempt, the last two thousand five hundred reloads. */
const AUDIT_LINES = 5_000
/** Manifests remembered as facts, some hundred bytes each beside their changes. */
const KEPT_STEPS = 256

/** Of a window; what came before these in the same window is long over. */
const MOST_BROUGHT = 500
/** How an attempt may stand or have ended that put its version in front of requests. */
const TOOK_TRAFFIC: ReadonlySet<string> = new Set([
  'success',
  'superseded',
  'rolled_back',
  'crashed',
  'in_progress',
])

type Manifested = Omit<
  VersionStep,
  'attempt' | 'traceId' | 'trigger' | 'source' | 'status' | 'approvedBy' | 'emergency'
>

export class History {
  readonly #source: HistorySource
  readonly #manifested = new Map<string, Manifested>()
  #audited: Promise<Audited> | null = null

  constructor(source: HistorySource) {
    this.#source = source
  }

  /** Until this is called, the audit log is read once. Returns how to stop. */
  follow(): () => void {
    return this.#source.subscribe(() => {
      this.#audited = null
    })
  }

  /** `null` when nothing is kept of the version. */
  async step(version: string): Promise<VersionStep | null> {
    const manifested = await this.#manifestedOf(version)
    const brought = broughtByReports(this.#source.reports()).get(version)
    const audited = (await this.#audit()).brought.get(version)
    const known = brought ?? audited
    if (manifested === null && known === undefined) return null
    const { attempt = null, traceId = null, trigger = null, source = null } = known ?? {}
    const consents = [brought?.consent, audited?.consent].filter((it) => it !== undefined)
    const approvedBy = consents.find((it) => it.approvedBy.length > 0)?.approvedBy ?? []
    const emergency = consents.find((it) => it.emergency !== null)?.emergency ?? null
    const status = known?.status ?? null
    const told = { attempt, traceId, trigger, source, status, approvedBy, emergency }
    if (manifested !== null) return { ...manifested, ...told }
    return known === undefined ? null : { ...withoutManifest(version, known), ...told }
  }

  /** What share of the units a rollout's candidate answered at a moment; `null` where that is not kept. */
  async shareAt(rollout: string, atMs: number): Promise<ShareSince | null> {
    const { shares } = await this.#audit()
    return shares.findLast((it) => it.rollout === rollout && it.since <= atMs) ?? null
  }

  /** Versions that were brought in within a time, and the one before it; oldest first, the newest of them at most. */
  async broughtBetween(fromMs: number, toMs: number): Promise<readonly VersionStep[]> {
    const audited = (await this.#audit()).brought
    const all = new Map([...audited, ...broughtByReports(this.#source.reports())])
    const known = [...all].map(([version, it]) => ({ version, it, atMs: Date.parse(it.at) }))
    const ordered = known.filter(({ it }) => TOOK_TRAFFIC.has(it.status)).sort((a, b) => a.atMs - b.atMs)
    const within = ordered.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    const before = ordered.findLast(({ atMs }) => atMs < fromMs)
    const wanted = [...(before === undefined ? [] : [before]), ...within].slice(-MOST_BROUGHT)
    const steps = await Promise.all(wanted.map(({ version }) => this.step(version)))
    return steps.filter((it) => it !== null)
  }

  /** What a version changed, worked out from settings where its manifest does not say; `null` where it cannot be. */
  async changedBy(step: VersionStep): Promise<readonly string[] | null> {
    if (step.changed !== null) return step.changed
    const after = await this.#source.settings(step.version)
    const before = step.from === null ? null : await this.#source.settings(step.from)
    if (after === null || (step.from !== null && before === null)) return null
    return changedParameters(before, after)
  }

  async #manifestedOf(version: string): Promise<Manifested | null> {
    const known = this.#manifested.get(version)
    if (known !== undefined) return known
    const bytes = await this.#source.manifest(version)
    if (bytes === null) return null
    const found = manifestedOf(version, JSON.parse(new TextDecoder().decode(bytes)) as SealedFacts)
    this.#manifested.set(version, found)
    for (const oldest of this.#manifested.keys()) {
      if (this.#manifested.size <= KEPT_STEPS) break
      this.#manifested.delete(oldest)
    }
    return found
  }

  #audit(): Promise<Audited> {
    const asked = (this.#audited ??= this.#source.audit({ limit: AUDIT_LINES }).then(readAudit))
    // What could not be read is asked for again.
    asked.catch(() => {
      if (this.#audited === asked) this.#audited = null
    })
    return asked
  }
}

interface Audited {
  readonly brought: ReadonlyMap<string, Brought>
  readonly shares: readonly ShareSince[]
}

function readAudit(lines: readonly AuditLine[]): Audited {
  return { brought: broughtByAudit(lines), shares: sharesOf(lines) }
}

/** What is read of a manifest; it was checked when it was sealed or came in. */
interface SealedFacts {
  readonly previous: { readonly version: string } | null
  readonly restores: { readonly version: string } | null
  readonly issuedAt: string
  readonly author: string
  readonly reason: string
  readonly serveTtlMs: number | null
  readonly changedParameters: readonly string[] | null
  readonly lineage: Readonly<Record<string, string>> | null
}

/** Under which our own commands write the commit. */
export const COMMIT_LINEAGE = 'git.commit'

/** Names under which publishers write the commit, in the order in which they are believed. */
const COMMITS = [COMMIT_LINEAGE, 'commit', 'gitCommit', 'vcs.ref.head.revision']

/** Of the lineage of what this gateway reads and seals itself. */
export const TEXT_LINEAGE = 'changeover.text'
export const STARTER_LINEAGE = 'changeover.starter'

function manifestedOf(version: string, it: SealedFacts): Manifested {
  const lineage = it.lineage ?? {}
  const commit = COMMITS.map((name) => lineage[name]).find((found) => found !== undefined)
  return {
    version,
    from: it.previous?.version ?? null,
    at: it.issuedAt,
    author: it.author,
    reason: it.reason,
    changed: it.changedParameters,
    restores: it.restores?.version ?? null,
    isOverride: it.serveTtlMs !== null,
    commit: commit ?? null,
    text: lineage[TEXT_LINEAGE] ?? null,
    isStarter: lineage[STARTER_LINEAGE] !== undefined,
  }
}

/** Of a version that the line has forgotten, the audit log still knows who and what. */
function withoutManifest(version: string, it: Brought): Manifested {
  return {
    version,
    from: it.from,
    at: it.at,
    author: it.who,
    reason: null,
    changed: it.changed,
    restores: null,
    isOverride: it.source.startsWith('override:'),
    commit: null,
    text: null,
    isStarter: false,
  }
}
