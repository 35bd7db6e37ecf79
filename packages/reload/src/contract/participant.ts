import type { Clock } from './clock.ts'
import type { ApplyPolicy, Json, ResourceName, SettingsTree, VersionRef } from './payload.ts'
import type { Issue } from './receipt.ts'
import type { RolloutPolicy } from './rollout.ts'
import type { Attributes, Span, Tracer } from './telemetry.ts'

/**
 * One component that changes with the others, in one transaction:
 *
 *   validate → prepare → check → (swap) → committed → … → release
 *                          └─ any failure ─▶ release
 *
 * Everything that can fail happens before the swap. The swap itself is the engine's and calls nobody:
 * whatever a participant wants requests to use must be reachable from the part it returned.
 */
export interface Participant<Part = unknown> {
  /** Resource kinds it reads. A payload with a kind that no participant reads is refused. */
  readonly kinds: readonly string[]

  /**
   * Brings what `validate` needs for these settings and has to be waited for, such as code that is only loaded where
   * settings name what it is for. What it throws refuses the version as a failure to prepare does.
   */
  load?(settings: SettingsTree): Promise<void>

  /** Names what is wrong with the settings, all of it at once. Pure; no effect, no waiting. */
  validate?(input: ValidateInput): readonly Issue[]

  /**
   * Builds this participant's part beside the running one. Opens nothing that `input.carry` does not
   * know of, so that a failure anywhere can close it. May throw: the reload is refused.
   */
  prepare(input: PrepareInput): Part | Promise<Part>

  /** Warms up and proves that the part works, before the deadline in `input.signal`. */
  check?(part: Part, input: PrepareInput): void | Promise<void>

  /**
   * What the swap span should say about the change: `routing.rule_changed`. Asked just before the swap;
   * `previous` is the part in service, if there is one. What it throws is logged and changes nothing.
   */
  describe?(part: Part, previous: Part | null): Attributes

  /**
   * Told just after the swap, in order; and again when a later version was taken back and this part serves once
   * more. Must be quick; what it throws is logged and changes nothing.
   */
  committed?(part: Part): void

  /**
   * Looks whether what serves outside the part is still as the part has it: a level that was set, a file that was
   * written, a neighbour that was told. Asked now and then while nothing else goes on, never on a request's way.
   * Says what differs, for people and without values; `null` when nothing does. What differs is put right by
   * building the same version again. A look that throws is no finding.
   */
  inspect?(part: Part, signal: AbortSignal): string | null | Promise<string | null>

  /**
   * Frees what the part alone holds; what it took from `carry` frees itself. Called once, when nothing
   * can reach the part any more: after the last pin of its generation, or after a failed attempt.
   */
  release?(part: Part): void | Promise<void>
}

export interface ValidateInput {
  readonly settings: SettingsTree
  readonly previous: SettingsTree | null
  /** JSON pointers of what differs from `previous`, sorted. */
  readonly changedParameters: readonly string[]
  /** The older version that the payload says it restores: a rollback, or what a publisher calls one. */
  readonly restores: VersionRef | null
}

export interface PrepareInput extends ValidateInput {
  readonly version: string
  readonly digest: string
  /** Parts of the participants before this one, in the order in which they are listed. */
  readonly parts: Readonly<Record<string, unknown>>
  readonly carry: Carry
  readonly artifacts: Artifacts
  readonly span: Span
  readonly tracer: Tracer
  readonly clock: Clock
  /** Aborts when the attempt is superseded or out of time: stop, and let go of what `carry` does not know. */
  readonly signal: AbortSignal
}

/**
 * Live resources that outlive a version: connection pools, counters, breakers.
 *
 * They are keyed by identity (`pool:https://api.example.com`), never by version: a later version that
 * keeps the same key gets the same object, whatever else changed. The last generation that kept a key
 * frees it. So a reload neither cuts a connection nor resets a limit.
 *
 * `keep` may be called as long as the version lives; afterwards it throws `prepare.too_late`, so that work
 * that went on after its attempt was given up opens nothing.
 */
export interface Carry {
  keep<T>(key: string, create: () => T, dispose: (it: T) => void | Promise<void>): T
}

/** Bytes of resources that came by `uri` or are not JSON; verified against their digest. */
export interface Artifacts {
  read(resource: ResourceName): Promise<Uint8Array>
}

/** Fetches what stands behind a resource's `uri`. The engine checks size and digest. */
export interface ArtifactSource {
  /** Without the colon: `https`, `file`, `oci`. */
  readonly schemes: readonly string[]
  fetch(uri: string, options: { maxBytes: number; signal: AbortSignal; span: Span }): Promise<Uint8Array>
}

/**
 * What a reader makes of bytes that a person wrote: the whole tree, before it is sealed.
 * `places` leads from a JSON pointer back to the line it came from.
 */
export interface Draft {
  readonly settings: Readonly<Record<string, Readonly<Record<string, Json>>>>
  readonly author?: string
  readonly reason?: string
  readonly allowShrink?: boolean
  readonly restores?: { readonly version: string; readonly digest: string } | null
  /** Short for a rollout at once with this time at full traffic. */
  readonly bakeMs?: number
  /** How the version takes traffic; stands before `bakeMs`. */
  readonly rollout?: RolloutPolicy
  /** What the receiver is asked for beyond its defaults, such as going back unless somebody confirms. */
  readonly apply?: ApplyPolicy
  readonly serveTtlMs?: number | null
  readonly lineage?: Readonly<Record<string, string>>
  readonly places?: (pointer: string) => Issue['place'] | undefined
}
