/** Made from the OpenAPI document of the admin API by `npm run generate`. Do not edit. */

export type Attempt = {
  readonly attempt: string
  readonly trigger: string
  readonly source: string
  /** who asked; what stands after `claimed:` is the own word of whoever held the admin token */
  readonly actor: string
  /** `epoch.seq`, such as `1.42` */
  readonly from: string | null
  /** `epoch.seq`, such as `1.42` */
  readonly to: string | null
  readonly status: ReloadStatus
  /** a code; empty on success */
  readonly reason: string
  readonly traceId: string
  /** RFC 3339 */
  readonly startedAt: string
  /** `null` for an attempt of an earlier process */
  readonly durationMs: number | null
  readonly changedParameters: readonly string[]
  /** what was wrong, when it was refused; empty for an attempt of an earlier process */
  readonly issues?: readonly Issue[]
  /** empty for an attempt of an earlier process */
  readonly stages: readonly Stage[]
}

export type AttemptPage = {
  readonly reloads: readonly Attempt[]
}

export type AuditLine = {
  /** RFC 3339 */
  readonly at: string
  readonly event: string
  readonly attempt: string
  readonly scope: string
  /** who asked; what stands after `claimed:` is the own word of whoever held the admin token */
  readonly who: string
  readonly trigger: string
  readonly source: string
  /** `epoch.seq`, such as `1.42` */
  readonly from: string | null
  /** `epoch.seq`, such as `1.42` */
  readonly to: string | null
  readonly digest: string | null
  readonly status: string
  readonly reason: string
  readonly changedParameters: readonly string[]
  readonly traceId: string
  readonly spanId: string
  readonly idempotencyKey?: string
  /** digest of what was offered under the key */
  readonly offered?: string
  /** the key inside a payload that was sealed elsewhere */
  readonly payloadKey?: string
  readonly previous: string
  readonly hash: string
}

export type AuditPage = {
  /** newest last */
  readonly lines: readonly AuditLine[]
  /** whether each line names the hash of the one before and its own is right */
  readonly verified: boolean
}

export type Call = {
  readonly id: string
  /** RFC 3339 */
  readonly startedAt: string
  readonly durationMs: number
  readonly firstTokenMs: number | null
  /** `epoch.seq`, such as `1.42` */
  readonly version: string
  readonly tenant: string | null
  /** tenant and name of the key, never the key */
  readonly key: string | null
  readonly route: string | null
  readonly target: string | null
  readonly context: string | null
  readonly stream: boolean
  readonly status: number
  /** a code; empty on success */
  readonly error: string
  /** all of the request, those of the cache among them */
  readonly inputTokens: number | null
  /** all of the reply, those of reasoning among them */
  readonly outputTokens: number | null
  readonly cachedInputTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
  readonly inputAudioTokens: number | null
  readonly outputAudioTokens: number | null
  /** at the prices of the call's version and day */
  readonly costMicroUsd: number | null
  /** whose prices: of the settings, or of the catalogue that ships with the gateway */
  readonly pricedBy: 'settings' | 'shipped' | null
  readonly attempts: readonly CallAttempt[]
  readonly traceId: string
  readonly requestBytes: number
  readonly replyBytes: number
  /** the rollout that split traffic when the call began */
  readonly rollout: string | null
  /** which of the two versions answered, where two were compared */
  readonly role: 'candidate' | 'current' | null
  /** the point, 0 to 9999, that the unit of the call hashes to */
  readonly cohort: number | null
  /** what was assigned as one */
  readonly unit: 'request' | 'session' | 'tenant' | 'key' | null
  /** what the caller put into `model` */
  readonly askedModel: string | null
  /** the pattern of the path */
  readonly endpoint: string | null
  /** a hash over tenant and session; never the session itself */
  readonly session: string | null
  /** why the model stopped */
  readonly finish: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal' | 'context_length' | 'pause' | 'error' | null
  /** whether the reply kept to the JSON schema that the caller asked for; null when not looked at */
  readonly schemaValid: boolean | null
  /** what the caller asked for and the target could not honour */
  readonly warnings?: readonly string[]
}

export type CallAttempt = {
  readonly target: string
  readonly status: number | null
  readonly error: string
  readonly durationMs: number
  /** beside the others: to be faster, or as a copy that nobody was answered from */
  readonly kind?: 'hedge' | 'mirror'
}

export type CallPage = {
  readonly calls: readonly Call[]
  /** `cursor` of the next page */
  readonly next: string | null
}

export type CallSummary = {
  readonly calls: number
  /** the newest calls, which the figures below are taken from */
  readonly sampled: number
  readonly errors: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** RFC 3339 */
  readonly firstAt: string | null
  /** RFC 3339 */
  readonly lastAt: string | null
}

export type Change = {
  readonly op: 'add' | 'remove' | 'replace'
  /** JSON pointer (RFC 6901) */
  readonly pointer: string
  /** any JSON value */
  readonly before?: unknown
  /** any JSON value */
  readonly after?: unknown
}

export type Done = {
  readonly done: true
  /** `epoch.seq`, such as `1.42` */
  readonly version: string
}

export type HandleState = {
  readonly kind: string
  readonly source: string
  readonly trouble: {
    readonly code: string
    readonly message: string
  } | null
  /** why what the source holds is not in force */
  readonly differs: {
    readonly attempt: string
    readonly reason: string
  } | null
}

export type Instance = {
  readonly instance: string
  readonly scope: string
  readonly state: 'idle' | 'working' | 'observing' | 'degraded'
  readonly stage: string | null
  readonly offered: StoredVersion | null
  readonly attempted: StoredVersion & {
    readonly status: ReloadStatus
    readonly reason: string
  } | null
  readonly applied: StoredVersion | null
  readonly confirmed: StoredVersion | null
  readonly baseline: StoredVersion | null
  readonly floor: StoredVersion | null
  readonly generations: readonly ({
    /** `epoch.seq`, such as `1.42` */
    readonly version: string
    readonly pins: number
    readonly role: 'current' | 'baseline' | 'candidate' | 'draining'
  })[]
  /** at so many a reload waits for one to drain */
  readonly generationLimit: number
  readonly quarantine: readonly (StoredVersion & {
    readonly reason: string
    readonly count: number
    /** RFC 3339 */
    readonly since: string
  })[]
  readonly breaker: 'closed' | 'open' | 'half_open'
  readonly handles: readonly HandleState[]
}

export type InstancePage = {
  readonly instances: readonly Instance[]
}

export type Issue = {
  readonly code: string
  readonly message: string
  /** JSON pointer (RFC 6901) */
  readonly pointer?: string
  readonly place?: Place
  readonly hint?: string
}

/** a version that is in force for a time only, and written nowhere */
export type Override = {
  /** `epoch.seq`, such as `1.42` */
  readonly version: string
  /** RFC 3339 */
  readonly until: string
  /** serves then, and after a restart */
  readonly back: string
  readonly author: string
  readonly reason: string
}

export type Place = {
  readonly file: string
  readonly line: number
  readonly column: number
}

export type Plan = {
  readonly ok: boolean
  /** `epoch.seq`, such as `1.42` */
  readonly from: string | null
  readonly changes: readonly Change[]
  readonly removed: readonly string[]
  /** the changes as sentences */
  readonly words: readonly string[]
  /** why it would be refused */
  readonly problem: Problem | null
}

export type Problem = {
  /** `urn:changeover:error:` and the code */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** stable; decide by this, never by a text */
  readonly code: string
  /** whether the same request, sent again, may succeed */
  readonly retry: boolean
  readonly issues?: readonly Issue[]
  readonly attempt?: string
  readonly traceId?: string
  /** in force, and staying so */
  readonly version?: string | null
}

export type ReasonRequest = {
  readonly reason?: string
}

export type Receipt = {
  readonly outcome: 'applied' | 'unchanged'
  readonly attempt: string
  readonly traceId: string
  /** `epoch.seq`, such as `1.42` */
  readonly version: string | null
  readonly digest?: string
  /** `epoch.seq`, such as `1.42` */
  readonly previous?: string | null
  readonly reason?: string
  readonly changedParameters?: readonly string[]
  readonly file?: WriteBack
  readonly override?: Override
}

export type ReloadEvent = {
  /** RFC 3339 */
  readonly at: string
  readonly attempt: string
  readonly state: string
  /** `epoch.seq`, such as `1.42` */
  readonly version: string | null
  readonly status?: ReloadStatus
  readonly reason?: string
  readonly traceId: string
}

export type ReloadStatus = 'success' | 'rejected' | 'skipped' | 'superseded' | 'rolled_back' | 'expired' | 'crashed' | 'in_progress'

export type RollbackRequest = {
  /** default: the last confirmed version while the one in force is observed, else the one before it */
  readonly to?: string
  readonly reason?: string
}

export type SettingValue = {
  /** JSON pointer into the settings */
  readonly pointer: string
  /** any JSON value */
  readonly value?: unknown
  readonly origin: ValueOrigin
}

export type Settings = {
  /** `epoch.seq`, such as `1.42` */
  readonly version: string
  readonly source: Source
  readonly override: Override | null
  /** any JSON value */
  readonly settings?: unknown
}

export type SettingsOrigin = {
  readonly version: string
  /** JSON pointer into the settings */
  readonly pointer: string
  readonly values: readonly SettingValue[]
  /** values that are not listed, beyond `limit` */
  readonly left: number
}

export type Source = {
  /** `file`, `directory`, `http-poll` */
  readonly kind: string
  readonly place: string
  /** whether changes through this API are written back into it */
  readonly writable: boolean
}

export type Stage = {
  readonly name: string
  /** after the start of the attempt */
  readonly startMs: number
  readonly durationMs: number
  readonly note?: string
  /** a code */
  readonly failed?: string
  readonly stages?: readonly Stage[]
}

export type Status = Instance & {
  readonly gateway: {
    readonly version: string
    readonly node: string
    readonly pid: number
    /** RFC 3339 */
    readonly startedAt: string
    readonly ready: boolean
    /** address of the data plane */
    readonly data: string | null
    readonly admin: string | null
  }
  readonly source: Source
  readonly override: Override | null
  readonly last: Attempt | null
  /** of the version in force and of the one before */
  readonly calls: {
    readonly applied: CallSummary | null
    readonly previous: CallSummary | null
  }
}

export type StoredVersion = {
  /** `epoch.seq`, such as `1.42` */
  readonly version: string
  readonly digest: string
}

export type ValueOrigin = {
  /** JSON pointer into the settings */
  readonly pointer: string
  /** `file`: the operator's own; `pulled`: a source written elsewhere; `api`: asked for through this API; `override`: for a time only; `sealed`: came sealed; `starter`: the first settings, as the gateway wrote them; `default`: written nowhere; `unknown`: older than what is kept */
  readonly kind: 'file' | 'pulled' | 'api' | 'override' | 'sealed' | 'starter' | 'default' | 'unknown'
  /** where it stands in what was read */
  readonly place: Place | null
  /** the version that last made it what it is */
  readonly change: VersionStep | null
  /** the oldest version kept, which held it already, when it is older than all that is kept */
  readonly heldSince: string | null
  /** where it stood before, when that version was a way back */
  readonly restored: {
    /** JSON pointer into the settings */
    readonly pointer: string
    /** `file`: the operator's own; `pulled`: a source written elsewhere; `api`: asked for through this API; `override`: for a time only; `sealed`: came sealed; `starter`: the first settings, as the gateway wrote them; `default`: written nowhere; `unknown`: older than what is kept */
    readonly kind: 'file' | 'pulled' | 'api' | 'override' | 'sealed' | 'starter' | 'default' | 'unknown'
    /** where it stands in what was read */
    readonly place: Place | null
    /** the version that last made it what it is */
    readonly change: VersionStep | null
    /** the oldest version kept, which held it already, when it is older than all that is kept */
    readonly heldSince: string | null
  } | null
}

export type VersionDetail = VersionEntry & {
  /** settings: kind, then name, then value; secrets are references */
  readonly settings: { readonly [name: string]: { readonly [name: string]: unknown } } | null
  /** the manifest as it was sealed */
  readonly manifest?: unknown
}

export type VersionDiff = {
  /** `epoch.seq`, such as `1.42` */
  readonly from: string
  /** `epoch.seq`, such as `1.42` */
  readonly to: string
  readonly changes: readonly Change[]
  readonly words: readonly string[]
}

export type VersionEntry = StoredVersion & {
  readonly author: string
  readonly reason: string
  /** RFC 3339 */
  readonly issuedAt: string
  readonly restores: StoredVersion | null
  /** `applied`, `confirmed`, `baseline`, `quarantined`; `override` for what is in force for a time only */
  readonly roles: readonly string[]
  /** with `?calls=true` */
  readonly calls: CallSummary | null
}

export type VersionPage = {
  readonly versions: readonly VersionEntry[]
}

/** a version, and how it came in */
export type VersionStep = {
  readonly version: string
  readonly at: string
  readonly author: string
  /** what the author said; `null` where it is not kept any more */
  readonly reason: string | null
  /** the reload that brought it in */
  readonly attempt: string | null
  /** trace of that reload */
  readonly traceId: string | null
  readonly trigger: string | null
  readonly source: string | null
  /** what became of that reload */
  readonly status: string | null
  /** the older version that it went back to */
  readonly restores: string | null
  /** it was there for a time only */
  readonly isOverride: boolean
  readonly approvedBy: readonly string[]
  /** from the lineage of a payload that names it */
  readonly commit: string | null
}

/** what became of the settings file, when the change was written back into it */
export type WriteBack = {
  readonly path: string
  readonly written: boolean
  /** where the file as it was is kept, when it held something else */
  readonly kept?: string
  readonly trouble?: string
}

/** What can be asked, by operation: its parts of the path, its query, its body, and the answer. */
export interface Operations {
  /** Offer settings, whole: as a person writes them, or sealed */
  offerReload: {
    params: {}
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** asked for by a person for this one case: passes quarantine and the open breaker */
      readonly force?: 'true' | 'false'
      /** in force for this time only, such as `90s`, `15m` or `2h`, and written nowhere; also where the settings are not ours to write */
      readonly override?: string
      /** how this change comes in, in place of what the settings in force say */
      readonly strategy?: 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
      /** for a canary: what gets the new version as one */
      readonly by?: 'request' | 'session' | 'tenant' | 'key'
      /** for a canary: shares and how long each lasts, such as `1%:5m,5%:10m,25%`; without a time until promoted */
      readonly steps?: string
      /** for blueGreen and shadow: how long before it takes all, such as `10m` */
      readonly hold?: string
      /** how long it is observed at full traffic, such as `1m` */
      readonly bake?: string
      /** not before this instant (RFC 3339) */
      readonly startAt?: string
      /** it goes back by itself unless it is promoted within this time, such as `10m` */
      readonly confirmWithin?: string
      /** the change may remove half of what is there, or more */
      readonly allowShrink?: 'true' | 'false'
      readonly dryRun?: 'true' | 'false'
    }
    body: string | Uint8Array
    answer: Receipt | Plan
  }
  /** Attempts, newest first */
  listReloads: {
    params: {}
    query: {
      readonly limit?: number
      /** also those that had nothing to do */
      readonly skipped?: 'true' | 'false'
    }
    body: undefined
    answer: AttemptPage
  }
  /** Every change of state, as it happens */
  followReloads: {
    params: {}
    query: {}
    body: undefined
    answer: string
  }
  /** The changes of state of one attempt, from its first */
  followReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: undefined
    answer: string
  }
  /** One attempt, with the time of each stage */
  readReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: undefined
    answer: Attempt
  }
  /** End observation well: the version becomes the baseline */
  promoteReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: undefined
    answer: Done
  }
  /** End observation badly: back to the baseline at once, and the version is quarantined */
  abortReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: ReasonRequest | undefined
    answer: Done
  }
  /** Versions, newest first */
  listVersions: {
    params: {}
    query: {
      /** with a summary of the calls under each */
      readonly calls?: 'true' | 'false'
      readonly limit?: number
    }
    body: undefined
    answer: VersionPage
  }
  /** One version: settings and manifest */
  readVersion: {
    params: {
      /** `epoch.seq`, or `current` */
      readonly version: string
    }
    query: {}
    body: undefined
    answer: VersionDetail
  }
  /** What differs between two versions */
  diffVersions: {
    params: {
      /** `epoch.seq`, or `current` */
      readonly from: string
      /** `epoch.seq`, or `current` */
      readonly to: string
    }
    query: {}
    body: undefined
    answer: VersionDiff
  }
  /** Take a version out of quarantine */
  releaseVersion: {
    params: {
      /** `epoch.seq`, or `current` */
      readonly version: string
    }
    query: {}
    body: undefined
    answer: Done
  }
  /** The settings in force; secrets are references */
  readSettings: {
    params: {}
    query: {
      /** JSON pointer: only what stands there */
      readonly pointer?: string
    }
    body: undefined
    answer: Settings
  }
  /** Change a part of the settings */
  patchSettings: {
    params: {}
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** asked for by a person for this one case: passes quarantine and the open breaker */
      readonly force?: 'true' | 'false'
      /** in force for this time only, such as `90s`, `15m` or `2h`, and written nowhere; also where the settings are not ours to write */
      readonly override?: string
      /** how this change comes in, in place of what the settings in force say */
      readonly strategy?: 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
      /** for a canary: what gets the new version as one */
      readonly by?: 'request' | 'session' | 'tenant' | 'key'
      /** for a canary: shares and how long each lasts, such as `1%:5m,5%:10m,25%`; without a time until promoted */
      readonly steps?: string
      /** for blueGreen and shadow: how long before it takes all, such as `10m` */
      readonly hold?: string
      /** how long it is observed at full traffic, such as `1m` */
      readonly bake?: string
      /** not before this instant (RFC 3339) */
      readonly startAt?: string
      /** it goes back by itself unless it is promoted within this time, such as `10m` */
      readonly confirmWithin?: string
      /** the change may remove half of what is there, or more */
      readonly allowShrink?: 'true' | 'false'
      readonly dryRun?: 'true' | 'false'
    }
    body: string | Uint8Array
    answer: Receipt | Plan
  }
  /** What a change would do */
  plan: {
    params: {}
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** asked for by a person for this one case: passes quarantine and the open breaker */
      readonly force?: 'true' | 'false'
      /** in force for this time only, such as `90s`, `15m` or `2h`, and written nowhere; also where the settings are not ours to write */
      readonly override?: string
      /** how this change comes in, in place of what the settings in force say */
      readonly strategy?: 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
      /** for a canary: what gets the new version as one */
      readonly by?: 'request' | 'session' | 'tenant' | 'key'
      /** for a canary: shares and how long each lasts, such as `1%:5m,5%:10m,25%`; without a time until promoted */
      readonly steps?: string
      /** for blueGreen and shadow: how long before it takes all, such as `10m` */
      readonly hold?: string
      /** how long it is observed at full traffic, such as `1m` */
      readonly bake?: string
      /** not before this instant (RFC 3339) */
      readonly startAt?: string
      /** it goes back by itself unless it is promoted within this time, such as `10m` */
      readonly confirmWithin?: string
      /** the change may remove half of what is there, or more */
      readonly allowShrink?: 'true' | 'false'
    }
    body: string | Uint8Array
    answer: Plan
  }
  /** Publish a new version that restores an older one */
  rollback: {
    params: {}
    query: {}
    body: RollbackRequest | undefined
    answer: Receipt
  }
  /** Finished calls, newest first */
  listCalls: {
    params: {}
    query: {
      readonly version?: string
      readonly tenant?: string
      readonly route?: string
      readonly status?: string
      /** calls that began at or after it */
      readonly since?: string
      readonly cursor?: string
      readonly limit?: number
    }
    body: undefined
    answer: CallPage
  }
  /** One call, by the id of `x-changeover-call` */
  readCall: {
    params: {
      readonly id: string
    }
    query: {}
    body: undefined
    answer: Call
  }
  /** Where the values in force come from: file and line, version, reload, author */
  readOrigin: {
    params: {}
    query: {
      /** JSON pointer, such as `/routes/chat`; without it everything */
      readonly pointer?: string
      /** `epoch.seq`; default: the version in force */
      readonly version?: string
      readonly limit?: number
    }
    body: undefined
    answer: SettingsOrigin
  }
  /** This instance: five pointers, the last reload, the calls under this version and the one before */
  readStatus: {
    params: {}
    query: {}
    body: undefined
    answer: Status
  }
  /** The instances of this scope that this one knows of: itself */
  listInstances: {
    params: {}
    query: {}
    body: undefined
    answer: InstancePage
  }
  /** The audit log, newest last, and whether its chain of hashes is whole */
  readAudit: {
    params: {}
    query: {
      readonly limit?: number
    }
    body: undefined
    answer: AuditPage
  }
  /** Whether the process is alive */
  readHealth: {
    params: {}
    query: {}
    body: undefined
    answer: string
  }
  /** Whether calls can be served; 503 says why not */
  readReady: {
    params: {}
    query: {}
    body: undefined
    answer: string
  }
  /** Metrics in the text form of Prometheus */
  readMetrics: {
    params: {}
    query: {}
    body: undefined
    answer: string
  }
}

export const routes = {
  offerReload: { method: 'POST', path: '/v1/reloads' },
  listReloads: { method: 'GET', path: '/v1/reloads' },
  followReloads: { method: 'GET', path: '/v1/reloads/events' },
  followReload: { method: 'GET', path: '/v1/reloads/{attempt}/events' },
  readReload: { method: 'GET', path: '/v1/reloads/{attempt}' },
  promoteReload: { method: 'POST', path: '/v1/reloads/{attempt}/promote' },
  abortReload: { method: 'POST', path: '/v1/reloads/{attempt}/abort' },
  listVersions: { method: 'GET', path: '/v1/versions' },
  readVersion: { method: 'GET', path: '/v1/versions/{version}' },
  diffVersions: { method: 'GET', path: '/v1/versions/{from}/diff/{to}' },
  releaseVersion: { method: 'POST', path: '/v1/versions/{version}/release' },
  readSettings: { method: 'GET', path: '/v1/settings' },
  patchSettings: { method: 'PATCH', path: '/v1/settings' },
  plan: { method: 'POST', path: '/v1/plan' },
  rollback: { method: 'POST', path: '/v1/rollback' },
  listCalls: { method: 'GET', path: '/v1/calls' },
  readCall: { method: 'GET', path: '/v1/calls/{id}' },
  readOrigin: { method: 'GET', path: '/v1/settings/origin' },
  readStatus: { method: 'GET', path: '/v1/status' },
  listInstances: { method: 'GET', path: '/v1/instances' },
  readAudit: { method: 'GET', path: '/v1/audit' },
  readHealth: { method: 'GET', path: '/healthz' },
  readReady: { method: 'GET', path: '/readyz' },
  readMetrics: { method: 'GET', path: '/metrics' },
} as const satisfies Record<keyof Operations, { method: string; path: string }>

