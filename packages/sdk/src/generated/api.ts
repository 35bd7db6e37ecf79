/** Made from the OpenAPI document of the admin API by `npm run generate`. Do not edit. */

export type ApprovalPage = {
  readonly approvals: readonly WaitingChange[]
}

export type ApproveRequest = {
  readonly note?: string
  readonly digest?: string
}

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
  /** who agreed, where somebody had to */
  readonly approvals?: readonly string[]
  /** why it passed approvals, freeze windows and the breaker, when it did */
  readonly emergency?: string
  /** empty for an attempt of an earlier process */
  readonly stages: readonly Stage[]
}

/** of one that failed before it answered or was outrun, and was billed */
export type AttemptBill = {
  readonly price: string
  readonly costMicroUsd: number | null
  readonly tokens: {
    readonly inputTokens: number
    readonly outputTokens: number
    readonly cachedInputTokens?: number
    readonly cacheWriteTokens?: number
    readonly cacheWriteHourTokens?: number
    readonly reasoningTokens?: number
    readonly inputAudioTokens?: number
    readonly outputAudioTokens?: number
    readonly inputImageTokens?: number
    readonly outputImageTokens?: number
    readonly cachedAudioTokens?: number
    readonly cachedImageTokens?: number
    readonly serviceTier?: string
    readonly toolCalls?: { readonly [name: string]: number }
  }
  readonly estimated?: true
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
  readonly approvals?: readonly string[]
  readonly rejectedBy?: string
  readonly emergency?: string
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
  /** lines that were looked at for that */
  readonly checked: number
  readonly problems: readonly ({
    /** counted from 1, from the oldest that was looked at; `null` for one that is not there */
    readonly line: number | null
    readonly fault: 'changed' | 'missing_before' | 'moved' | 'repeated' | 'not_there'
    readonly message: string
  })[]
  /** whether the oldest line that was looked at is the first of all */
  readonly isFromTheBeginning: boolean
  /** hash of the newest; kept elsewhere, it shows whether lines were cut off */
  readonly last: string | null
}

export type Bill = {
  /** RFC 3339 */
  readonly from: string
  /** not in it any more */
  readonly to: string
  /** when the oldest record began that is still kept: calls before it are in no sum; null for none */
  readonly recordsFrom: string | null
  readonly by: 'tenant' | 'key' | 'model'
  /** at whose costs; null at those of the records */
  readonly repricing: string | null
  readonly total: BillLine
  /** the dearest first; they add up to the total */
  readonly lines: readonly BillLine[]
}

export type BillLine = {
  /** null: of nobody that is named */
  readonly name: string | null
  /** of copies to mirrors and shadows, which are in no cost of a caller */
  readonly copies: boolean
  /** copies, where the line is of those */
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** millionths of a dollar */
  readonly costMicroUsd: number
  /** of that, what is estimated because the provider’s count never came */
  readonly estimatedMicroUsd: number
  /** calls with an attempt that nobody had said a price for, by model such attempts; what those cost is in no sum */
  readonly unpriced: number
}

export type Blame = {
  readonly metric: string
  readonly from: string
  readonly to: string
  /** that were looked at */
  readonly calls: number
  /** there were more; the newest were looked at */
  readonly cut: boolean
  /** false: nothing can be concluded, and nobody is guilty */
  readonly concluded: boolean
  readonly summary: string
  /** the most suspicious first */
  readonly ranking: readonly BlameEntry[]
}

export type BlameEntry = {
  readonly version: string
  /** when it took its first call */
  readonly at: string
  readonly guilty: boolean
  /** `canary`: candidate and baseline at the same time; `step`: before and after */
  readonly evidence: 'canary' | 'step'
  /** that the metric jumped for good with it; null beside the comparison of a candidate */
  readonly probability: number | null
  /** relative: 0.3 is 30 % more since this reload */
  readonly change: number | null
  /** between this and `high` with a probability of 95 % */
  readonly low: number | null
  readonly high: number | null
  readonly before: number | null
  readonly after: number | null
  /** calls that it was seen from */
  readonly samples: number
  /** standard errors that the change is away from none */
  readonly strength: number
  readonly reason: string
  readonly changed: readonly string[]
  /** what it changed, in sentences, where that is kept */
  readonly words: readonly string[]
  /** how it came in: author, reload, trace */
  readonly step: VersionStep | null
}

export type Cache = {
  readonly name: string
  readonly kind: 'exact' | 'semantic'
  readonly store: 'memory' | 'redis'
  /** answers; null where they are not in this process */
  readonly entries: number | null
  readonly bytes: number | null
  /** requests that wait for the answer of another, just now */
  readonly waiting: number
  /** messages that are remembered for comparison */
  readonly messages: number
  readonly outcomes: {
    readonly exact: number
    readonly semantic: number
    readonly joined: number
    readonly miss: number
    readonly bypass: number
  }
  /** what answers had cost that were given again */
  readonly savedMicroUsd: number
  /** answers that went for want of room */
  readonly evicted: number
  /** times that the store could not be reached */
  readonly failures: number
}

export type CacheCleared = {
  readonly cleared: number
}

export type CachePage = {
  readonly caches: readonly Cache[]
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
  /** of all attempts that were billed, at the prices of the call's version and day */
  readonly costMicroUsd: number | null
  /** whose prices: of the settings, or of the catalogue that ships with the gateway */
  readonly pricedBy: 'settings' | 'shipped' | null
  /** entry of the catalogue and digest of its prices: `openai/gpt-5.4@3f2a9c1d0b7e` */
  readonly price?: string | null
  /** the provider’s last count never came: tokens and cost are estimated by what did */
  readonly estimated?: true
  readonly cacheWriteHourTokens?: number
  readonly inputImageTokens?: number
  readonly outputImageTokens?: number
  readonly cachedAudioTokens?: number
  readonly cachedImageTokens?: number
  /** how the provider served the call, where not as usual */
  readonly serviceTier?: string
  /** of tools that the provider ran itself, as it counted them */
  readonly toolCalls?: { readonly [name: string]: number }
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
  readonly finish: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal' | 'context_length' | 'pause' | 'error' | 'malformed' | null
  /** whether the reply kept to the JSON schema that the caller asked for; null when not looked at */
  readonly schemaValid: boolean | null
  /** JSON pointers of the rules that led to the route */
  readonly rule: string | null
  /** among which targets one was chosen, and how */
  readonly choice: string | null
  /** what the cache of the route made of it; absent where there was none */
  readonly cache?: 'exact' | 'semantic' | 'joined' | 'miss' | 'bypass'
  /** what rules ask of a request, as far as it was at hand: for plans */
  readonly asked?: {
    readonly sensitive?: boolean
    readonly region?: string
    readonly inputTokens?: number
    readonly maxOutputTokens?: number | null
    readonly modalities?: readonly ('text' | 'image' | 'audio' | 'file' | 'tools')[]
    /** a hash over so many characters */
    readonly prompt?: readonly unknown[]
    readonly headers?: { readonly [name: string]: string | null }
    readonly metadata?: { readonly [name: string]: string | number | boolean | null }
    /** names of the prompt variables that were sent */
    readonly variables?: readonly string[]
    /** what the caller's token said beside who it is of, as far as settings read it */
    readonly claims?: {
      readonly team?: string | null
      readonly allow?: readonly string[]
    }
  }
  /** what guardrails found, by guard; never what it was */
  readonly guards?: readonly ({
    readonly guard: string
    readonly did: 'blocked' | 'masked' | 'unmasked' | 'noted' | 'shadowed' | 'unsure'
    readonly count: number
  })[]
  /** targets that were passed by */
  readonly skipped?: readonly ({
    readonly target: string
    readonly reason: 'breaker' | 'ejected' | 'sensitive' | 'region' | 'full'
  })[]
  /** what its user said of it; only of one call */
  readonly feedback?: {
    readonly at: string
    readonly score: number
    readonly comment: string | null
  }
  /** what the caller asked for and the target could not honour */
  readonly warnings?: readonly string[]
}

export type CallAttempt = {
  readonly bill?: AttemptBill
  readonly target: string
  readonly status: number | null
  readonly error: string
  readonly durationMs: number
  /** beside the others: to be faster, as a copy that nobody was answered from, or to find an answer to the like */
  readonly kind?: 'hedge' | 'mirror' | 'embedding'
  /** why it was made after the first: `key`, `retry`, `other`, `fallback`, or `fallback:` and a kind of failure */
  readonly by?: string
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

export type CreateKeyRequest = {
  /** under which the key stands in the settings and its calls are counted */
  readonly name: string
  readonly team?: string
  /** without it the key does not expire */
  readonly expires?: string
}

export type CreatedKey = {
  /** told here and never again; the settings hold its hash */
  readonly key: string
  readonly receipt: Receipt
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

export type KeyPage = {
  readonly version: string
  readonly keys: readonly ListedKey[]
}

export type LimitCount = {
  readonly kind: 'tenant' | 'team' | 'key'
  /** who is counted: `acme`, `acme/research`, `acme/ci` */
  readonly holder: string
  readonly of: 'limit' | 'budget'
  /** of `limits` or `budgets` */
  readonly entry: string
  readonly counts: 'requests' | 'inputTokens' | 'outputTokens' | 'tokens' | 'concurrent' | 'usd' | 'calls'
  /** in requests, tokens, calls; dollars in millionths */
  readonly most: number
  /** or held by calls under way; more than `most` where estimates were too low */
  readonly used: number
  readonly left: number
  /** period of a rate, in which as much drains as it takes */
  readonly perMs: number | null
  /** of a budget */
  readonly period: string | null
  /** when a budget begins anew */
  readonly endsAt: string | null
  /** counted together with other processes */
  readonly shared: boolean
}

export type LimitPage = {
  readonly version: string
  readonly counts: readonly LimitCount[]
}

export type ListedApi = {
  /** `summarise@1.2.0` */
  readonly id: string
  readonly name: string
  readonly version: string
  readonly state: 'design' | 'published' | 'deprecated' | 'retired'
  readonly access: 'open' | 'subscription'
  readonly route: string
  readonly context: string | null
  /** that it is there for; `null` for all */
  readonly tenants: readonly string[] | null
  readonly testers: readonly string[]
  /** RFC 3339 */
  readonly deprecatedAt: string | null
  /** RFC 3339 */
  readonly sunsetAt: string | null
  readonly successor: string | null
  readonly description: string | null
}

export type ListedApiPage = {
  /** of the settings in force */
  readonly version: string
  /** by name, newest version first */
  readonly apis: readonly ListedApi[]
}

export type ListedKey = {
  readonly tenant: string
  readonly name: string
  readonly team: string | null
  /** disabled: the key, its team or its tenant is switched off */
  readonly state: 'active' | 'expired' | 'disabled'
  readonly expires: string | null
  /** keys that it has replaced */
  readonly previous: readonly ({
    readonly expires: string
  })[]
  /** begin of its last call among the records that are kept */
  readonly lastUsedAt: string | null
}

export type Measure = {
  readonly name: string
  readonly verdict: 'pass' | 'fail' | 'inconclusive'
  readonly candidate: MeasureSide
  readonly baseline: MeasureSide
  /** relative: 0.2 is 20 % more than the baseline */
  readonly change: number | null
  /** the change lies above this, whenever one looks */
  readonly low: number | null
  /** and below this */
  readonly high: number | null
  readonly reason: string
}

export type MeasureSide = {
  readonly samples: number
  /** rate or typical amount */
  readonly value: number | null
}

export type MissingApproval = {
  readonly changeClass: string
  readonly found: number
  readonly expected: number
  /** whose word counts: roles, and people as `user:NAME` */
  readonly roles: readonly string[]
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
  /** `pl_…`: kept for a while, for an approval or to be applied */
  readonly id: string
  /** RFC 3339 */
  readonly at: string
  readonly ok: boolean
  /** what it was worked out against: the version in force, or the one on trial where it would wait for that */
  readonly from: string | null
  /** of the settings that would be in force; empty when it would be refused */
  readonly digest: string
  readonly changes: readonly Change[]
  readonly removed: readonly string[]
  /** each change, place by place */
  readonly words: readonly string[]
  /** the changes, for people */
  readonly sentences: readonly Sentence[]
  readonly warnings: readonly PlanWarning[]
  /** whose word it would wait for */
  readonly approvals: readonly MissingApproval[]
  /** `null` when it was not asked for, or could not be had */
  readonly replay: Replay | null
  /** why it could not be had; else empty */
  readonly replayTrouble: string
  /** why it would be refused */
  readonly problem: Problem | null
  /** the reload that offered it, when it was applied by its id */
  readonly applied: string | null
}

export type PlanCost = {
  /** with a cost under both versions */
  readonly calls: number
  /** micro-dollars */
  readonly before: number
  /** micro-dollars */
  readonly after: number
  /** micro-dollars of calls that would be refused; not in the sums */
  readonly refused: number
  /** calls with tokens of which one of the versions knows no price */
  readonly unpriced: number
  readonly byTenant: readonly PlanCostPart[]
  readonly byRoute: readonly PlanCostPart[]
  readonly examples: readonly ({
    readonly call: string
    /** micro-dollars */
    readonly before: number
    /** micro-dollars */
    readonly after: number
  })[]
}

export type PlanCostPart = {
  readonly name: string
  /** calls */
  readonly calls: number
  /** micro-dollars */
  readonly before: number
  /** micro-dollars */
  readonly after: number
}

export type PlanMove = {
  readonly from: {
    readonly route: string
    readonly target: string
  }
  readonly to: {
    readonly route: string
    readonly target: string
  }
  /** calls */
  readonly calls: number
  /** ids of calls */
  readonly examples: readonly string[]
}

export type PlanPage = {
  readonly plans: readonly Plan[]
}

export type PlanRefusal = {
  /** what callers are told */
  readonly code: string
  readonly tenant: string | null
  readonly key: string | null
  /** what was asked for */
  readonly model: string
  /** calls */
  readonly calls: number
  /** RFC 3339 */
  readonly lastAt: string
  /** ids of calls */
  readonly examples: readonly string[]
}

/** what a change of this class usually breaks */
export type PlanWarning = {
  readonly code: 'plan.removed_in_use' | 'plan.limit_below_peak' | 'plan.variable_required' | 'plan.variable_unsent' | 'plan.no_credential' | 'plan.new_host' | 'plan.price_moved' | 'plan.no_price' | 'plan.rule_never' | 'plan.sensitive_widened' | 'plan.timeout_below_p99' | 'plan.untested_target' | 'plan.access_opened' | 'plan.admin_widened' | 'plan.approvals_fewer' | 'plan.counts_anew'
  readonly text: string
  /** JSON pointer (RFC 6901) */
  readonly pointer: string
  readonly place?: Place & unknown
  /** what the text was made of; instants in milliseconds */
  readonly numbers: { readonly [name: string]: number }
  /** ids of calls */
  readonly examples: readonly string[]
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

export type PromoteRequest = {
  /** the next step, all traffic, or past its observation as well; default next */
  readonly to?: 'next' | 'full' | 'confirmed'
  readonly reason?: string
}

export type ReasonRequest = {
  readonly reason?: string
}

export type Receipt = {
  /** waiting: it is not in force yet; nothing is held meanwhile */
  readonly outcome: 'applied' | 'unchanged' | 'waiting'
  /** the word of people (`/v1/approvals` says whose), its own time, or the rollout before it */
  readonly waitsFor?: 'approval' | 'schedule' | 'rollout'
  readonly attempt: string
  readonly traceId: string
  /** `epoch.seq`, such as `1.42` */
  readonly version: string | null
  readonly digest?: string
  /** `epoch.seq`, such as `1.42` */
  readonly previous?: string | null
  readonly reason?: string
  readonly changedParameters?: readonly string[]
  /** what would come in, while it waits */
  readonly candidate?: string
  /** it is on trial, and answers this part of the units */
  readonly rollout?: {
    readonly id: string
    readonly share: number
  }
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

/** recorded calls, once through the running version and once through this one */
export type Replay = {
  /** records looked at */
  readonly calls: number
  /** RFC 3339 */
  readonly from: string | null
  /** RFC 3339 */
  readonly to: string | null
  /** of them, under both versions */
  readonly replayed: number
  readonly tookMs: number
  readonly notReplayed: readonly ({
    readonly reason: 'no_caller' | 'no_token' | 'no_model' | 'token_claims' | 'not_recorded'
    readonly text: string
    /** calls */
    readonly calls: number
  })[]
  /** what the figures do not hold */
  readonly notes: readonly string[]
  readonly rerouted: {
    /** calls */
    readonly calls: number
    readonly moves: readonly PlanMove[]
  }
  /** taken by the running version, not by this one */
  readonly refused: {
    /** calls */
    readonly calls: number
    readonly by: readonly PlanRefusal[]
  }
  /** refused by the running version, taken by this one */
  readonly admitted: {
    /** calls */
    readonly calls: number
    readonly by: readonly PlanRefusal[]
  }
  /** calls by target, of routes whose split changes */
  readonly splits: readonly ({
    readonly route: string
    readonly targets: readonly ({
      readonly target: string
      readonly before: number
      readonly after: number
    })[]
  })[]
  readonly cost: PlanCost
}

export type Repriced = {
  /** `rp_…`, to ask for bills by; null for a look */
  readonly id: string | null
  /** by which: `version 1.7`, or the name of a file and the digest of its bytes */
  readonly prices: string
  /** RFC 3339 */
  readonly from: string
  /** not in it any more */
  readonly to: string
  /** of which anything was counted */
  readonly calls: number
  /** of those, the ones with a new cost; the others are taken as they were */
  readonly repriced: number
  /** millionths of a dollar */
  readonly beforeMicroUsd: number
  /** millionths of a dollar */
  readonly afterMicroUsd: number
  /** when the oldest record began that is still kept: calls before it are in no sum; null for none */
  readonly recordsFrom: string | null
  /** as of its lines, in calls */
  readonly unpriced: number
  readonly byModel: readonly RepricedLine[]
  readonly byTenant: readonly RepricedLine[]
}

export type RepricedLine = {
  readonly name: string | null
  readonly copies: boolean
  /** millionths of a dollar */
  readonly beforeMicroUsd: number
  /** millionths of a dollar */
  readonly afterMicroUsd: number
  /** calls, by model attempts of them, that the prices name nothing for: they are as they were */
  readonly kept: number
  /** those with something that has no price by these either: what that cost is in no sum */
  readonly unpriced: number
}

export type RepricingPage = {
  readonly repricings: readonly ({
    /** `rp_…` */
    readonly id: string
    /** RFC 3339 */
    readonly at: string
    readonly by: string
    /** by which: `version 1.7`, or the name of a file and the digest of its bytes */
    readonly prices: string
    /** RFC 3339 */
    readonly from: string
    /** not in it any more */
    readonly to: string
    /** of which anything was counted */
    readonly calls: number
    /** of those, the ones with a new cost; the others are taken as they were */
    readonly repriced: number
    /** millionths of a dollar */
    readonly beforeMicroUsd: number
    /** millionths of a dollar */
    readonly afterMicroUsd: number
  })[]
}

export type RollbackRequest = {
  /** default: the last confirmed version while the one in force is observed, else the one before it */
  readonly to?: string
  readonly reason?: string
}

export type Rollout = {
  readonly id: string
  /** `rl_…`, for promote, pause, resume and abort */
  readonly attempt: string
  readonly version: string
  /** version that it is compared with, and goes back to */
  readonly baseline: string | null
  /** of the reload that brought it */
  readonly traceId: string | null
  readonly strategy: 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
  readonly unit: 'request' | 'session' | 'tenant' | 'key' | null
  readonly state: 'scheduled' | 'running' | 'paused' | 'inconclusive' | 'promoting' | 'baking' | 'complete' | 'aborted' | 'rolled_back' | 'superseded'
  readonly reason: string | null
  /** how it stands, in a sentence */
  readonly words: string
  /** from 0 */
  readonly step: number | null
  readonly steps: readonly RolloutStep[]
  /** of the units that the new version answers now */
  readonly share: number
  /** RFC 3339 */
  readonly since: string
  /** when this state ends by itself */
  readonly endsAt: string | null
  /** null where nothing has been compared */
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | null
  readonly measures: readonly Measure[]
  /** given to each side since it began */
  readonly requests: {
    readonly candidate: number
    readonly baseline: number
  }
  /** of a shadow: calls looked at, those it would have refused, those it would have sent elsewhere; copies that went to its providers, and what they cost */
  readonly shadow: {
    readonly calls: number
    readonly refused: number
    readonly elsewhere: number
    readonly sent: number
    readonly costMicroUsd: number
  } | null
  readonly history: readonly RolloutMove[]
}

export type RolloutMove = {
  /** RFC 3339 */
  readonly at: string
  readonly state: 'scheduled' | 'running' | 'paused' | 'inconclusive' | 'promoting' | 'baking' | 'complete' | 'aborted' | 'rolled_back' | 'superseded'
  readonly step: number | null
  /** part of the units, 0 to 1 */
  readonly share: number
  readonly reason: string | null
  readonly by: string | null
}

export type RolloutPage = {
  /** the one that goes on or waits for its time; else the last that ended in this process */
  readonly rollout: Rollout | null
  /** how the next change comes in, where nothing else is asked for */
  readonly policy: {
    readonly strategy: 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
    readonly unit: 'request' | 'session' | 'tenant' | 'key'
    readonly steps: readonly RolloutStep[]
    readonly forMs: number | null
    readonly bakeMs: number
    readonly meanwhile: 'supersede' | 'queue' | 'refuse'
    /** beside a shadow, the part of the calls of which a copy goes out */
    readonly copies: number
    readonly confirmWithinMs: number | null
    /** by section, what it says for itself */
    readonly changes: { readonly [name: string]: {
      readonly strategy: 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
      readonly unit: 'request' | 'session' | 'tenant' | 'key' | null
      readonly steps: readonly RolloutStep[] | null
      readonly forMs: number | null
    } }
    readonly analysis: {
      readonly everyMs: number
      readonly falseAlarms: number
      readonly pass: 'noHarm' | 'shown'
      readonly onInconclusive: 'extend' | 'pause'
      readonly extendMs: number
      readonly measures: { readonly [name: string]: {
        readonly tolerance: number | null
        readonly minSamples: number | null
        readonly off: boolean
      } }
      /** what others measure */
      readonly external: { readonly [name: string]: {
        readonly source: 'webhook' | 'prometheus'
        readonly url: string
        readonly value: string | null
        readonly samples: string | null
        /** as it is written: with its references */
        readonly authorization: string | null
        readonly everyMs: number
        readonly timeoutMs: number
        readonly kind: 'proportion' | 'amount'
        readonly worse: 'higher' | 'lower' | 'either'
        readonly tolerance: number
        readonly minSamples: number
      } }
      /** how fast a version may spend its error budget */
      readonly burnRate: {
        readonly objective: number
        readonly factor: number
        readonly longMs: number
        readonly shortMs: number
        readonly minSamples: number
      } | null
    }
  }
  /** the freeze window that is open now */
  readonly frozen: {
    /** RFC 3339 */
    readonly until: string
    readonly reason: string
    readonly changes: 'refuse' | 'wait'
  } | null
  /** what has to go on answering while the next version is on trial, by name */
  readonly probes: { readonly [name: string]: {
    readonly url: string
    readonly expectStatus: number
    readonly everyMs: number
    readonly timeoutMs: number
    readonly failures: number
  } }
}

export type RolloutStep = {
  /** part of the units, 0 to 1 */
  readonly share: number
  /** null: until somebody promotes it */
  readonly forMs: number | null
}

export type RootAnswer = {
  readonly outcome: 'accepted' | 'unchanged'
  readonly version: number
  readonly digest: string
  readonly traceId: string
  /** RFC 3339 */
  readonly expires?: string
  /** whose signatures counted */
  readonly keyids?: readonly string[]
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
  /** the version on trial, when it was taken back for it */
  readonly withdrawn?: string | null
  /** versions in service that the new root does not speak for: they would not serve after a restart */
  readonly unvouched?: readonly string[]
}

export type RotateKeyRequest = {
  /** how long the key that is replaced goes on working; without it a day */
  readonly overlapMs?: number
  /** of the new key; without it that of the old one */
  readonly expires?: string
}

export type Sentence = {
  readonly op: 'add' | 'remove' | 'replace'
  /** `routes`, `tenants`, … */
  readonly section: string
  readonly text: string
  /** what it tells */
  readonly pointers: readonly string[]
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

export type SignatureRule = {
  readonly threshold: number
  readonly roles?: readonly string[]
}

export type SignedVersion = {
  readonly version: string
  readonly digest: string
  /** DSSE, JSON: the manifest with the signatures that speak for it */
  readonly envelope: string
  /** the version whose signatures these are, when this one restores it */
  readonly restores?: string
}

export type Source = {
  /** `file`, `directory`, `http-poll` */
  readonly kind: string
  readonly place: string
  /** where it is on the machine of the gateway; null for what is no file */
  readonly path: string | null
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

export type Stale = {
  readonly reason: 'age' | 'root_expired'
  /** RFC 3339 */
  readonly since: string
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
  readonly root: TrustRoot | null
  readonly stale: Stale | null
  readonly source: Source
  readonly override: Override | null
  readonly last: Attempt | null
  /** the server that limits and budgets are counted in, if it is not this process */
  readonly counters: {
    /** redis or postgres */
    readonly store: string
    readonly state: 'connecting' | 'up' | 'down'
    /** RFC 3339 */
    readonly since: string
    /** counts with corrections that the server has not been told yet */
    readonly untold: number
    /** in portions of this process, and not used */
    readonly held: number
  } | null
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

export type Subscription = {
  readonly api: string
  readonly tenant: string
  readonly state: 'pending' | 'approved' | 'refused' | 'revoked'
  /** tenant and name of the key, never the key */
  readonly askedBy: string
  /** RFC 3339 */
  readonly askedAt: string
  readonly note: string
  readonly decidedBy: string | null
  /** RFC 3339 */
  readonly decidedAt: string | null
  readonly reason: string
}

export type SubscriptionHistory = {
  readonly subscription: Subscription
  /** everything that was ever said about it, oldest first */
  readonly words: readonly ({
    /** RFC 3339 */
    readonly at: string
    readonly state: 'pending' | 'approved' | 'refused' | 'revoked'
    readonly who: string
    readonly reason: string
  })[]
}

export type SubscriptionPage = {
  readonly subscriptions: readonly Subscription[]
}

export type Trust = {
  /** `null` where unsigned settings are taken */
  readonly root: TrustRoot | null
  readonly stale: Stale | null
}

export type TrustRole = {
  readonly keyids: readonly string[]
  readonly threshold: number
}

export type TrustRoot = {
  /** grows by one from root to root */
  readonly version: number
  readonly digest: string
  /** RFC 3339 */
  readonly issuedAt: string
  /** from then on nothing new is taken, until another root follows */
  readonly expires: string
  readonly isExpired: boolean
  /** who holds a key, as authors are called */
  readonly owners: { readonly [name: string]: string }
  readonly roles: { readonly [name: string]: TrustRole }
  /** what others must have signed, by kind of setting */
  readonly approvals: { readonly [name: string]: SignatureRule }
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
  /** each change, place by place */
  readonly words: readonly string[]
  /** the changes, for people */
  readonly sentences: readonly Sentence[]
  /** what opens: who may call, change or be sent more */
  readonly warnings: readonly PlanWarning[]
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
  /** why it passed approvals and freezes */
  readonly emergency: string | null
  /** from the lineage of a payload that names it */
  readonly commit: string | null
}

export type WaitingChange = {
  readonly attempt: string
  /** what would come in */
  readonly version: string
  readonly digest: string
  /** who asked; what stands after `claimed:` is the own word of whoever held the admin token */
  readonly author: string
  /** whose word does not count */
  readonly authors: readonly string[]
  readonly source: string
  readonly reason: string
  /** RFC 3339 */
  readonly since: string
  /** expires then */
  readonly until: string
  /** classes of change that it touches */
  readonly classes: readonly string[]
  readonly changes: readonly Change[]
  /** each change, place by place */
  readonly words: readonly string[]
  /** the changes, for people */
  readonly sentences: readonly Sentence[]
  /** what opens: who may call, change or be sent more */
  readonly warnings: readonly PlanWarning[]
  /** the plan that it was applied from; `/v1/plans/{id}` says what it would do */
  readonly plan: string | null
  readonly approvals: readonly ({
    readonly by: string
    /** RFC 3339 */
    readonly at: string
    readonly note: string
  })[]
  readonly missing: readonly MissingApproval[]
}

export type WhoAmI = {
  readonly person: string
  readonly by: 'owner' | 'token' | 'oidc'
  readonly roles: readonly string[]
  readonly may: readonly string[]
}

export type Why = {
  readonly call: Call
  readonly version: {
    readonly version: string
    /** why this version answered, and no other */
    readonly says: string
    readonly role: 'candidate' | 'current' | null
    /** of the units that the candidate answered at that time; `null` where one version served */
    readonly share: number | null
    /** whether its settings are kept: without them no values are named */
    readonly kept: boolean
    /** how it came in */
    readonly step: VersionStep | null
  }
  /** what decided, in the order of the journey */
  readonly steps: readonly ({
    readonly about: 'caller' | 'route' | 'prompt' | 'limit' | 'cache' | 'choice' | 'target' | 'attempts' | 'price'
    readonly says: string
    readonly values: readonly SettingValue[]
  })[]
  /** what of it is different under the version in force */
  readonly now: {
    readonly version: string
    readonly says: string
    readonly changes: readonly ({
      /** the difference in words */
      readonly says: string
      readonly pointers: readonly string[]
      /** of the first of them, under the version in force */
      readonly origin: ValueOrigin | null
    })[]
  } | null
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
  /** The published APIs of the version in force, all of them or those of a name */
  listApis: {
    params: {}
    query: {
      readonly name?: string
    }
    body: undefined
    answer: ListedApiPage
  }
  /** Who has asked for which API, and what became of it */
  listSubscriptions: {
    params: {}
    query: {
      readonly api?: string
      readonly state?: 'pending' | 'approved' | 'refused' | 'revoked'
    }
    body: undefined
    answer: SubscriptionPage
  }
  /** One subscription, with every word that was said about it */
  readSubscription: {
    params: {
      /** of the API */
      readonly name: string
      readonly tenant: string
    }
    query: {}
    body: undefined
    answer: SubscriptionHistory
  }
  /** Let a tenant in; its next call is answered */
  approveSubscription: {
    params: {
      /** of the API */
      readonly name: string
      readonly tenant: string
    }
    query: {}
    body: ReasonRequest | undefined
    answer: Subscription
  }
  /** Say no to a tenant that has asked; it may ask again */
  refuseSubscription: {
    params: {
      /** of the API */
      readonly name: string
      readonly tenant: string
    }
    query: {}
    body: ReasonRequest | undefined
    answer: Subscription
  }
  /** Put a tenant out; its next call is refused, whichever version it runs under */
  revokeSubscription: {
    params: {
      /** of the API */
      readonly name: string
      readonly tenant: string
    }
    query: {}
    body: ReasonRequest | undefined
    answer: Subscription
  }
  /** What waits for the word of people, with all that it would change */
  listApprovals: {
    params: {}
    query: {}
    body: undefined
    answer: ApprovalPage
  }
  /** Agree to a change that waits; it goes on when enough have */
  approveReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: ApproveRequest | undefined
    answer: WaitingChange
  }
  /** Say no to a change that waits, or take back what one has offered oneself */
  rejectReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: ReasonRequest | undefined
    answer: WaitingChange
  }
  /** Who the token is, and what that person may */
  whoAmI: {
    params: {}
    query: {}
    body: undefined
    answer: WhoAmI
  }
  /** Offer settings, whole: as a person writes them, or sealed */
  offerReload: {
    params: {}
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** commit of the repository that the settings are from; provenance tells it of each value */
      readonly commit?: string
      /** asked for by a person for this one case: passes quarantine, the open breaker and freeze windows */
      readonly force?: 'true' | 'false'
      /** passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason` */
      readonly emergency?: 'true' | 'false'
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
  /** The rollout that goes on, side by side with what it is compared with; and how the next change comes in */
  readRollout: {
    params: {}
    query: {}
    body: undefined
    answer: RolloutPage
  }
  /** Move a rollout on; of a version that has all traffic, end its observation well */
  promoteReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: PromoteRequest | undefined
    answer: Done
  }
  /** Hold a rollout at its share; it is taken back all the same if it turns out worse */
  pauseReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: ReasonRequest | undefined
    answer: Rollout
  }
  /** Let a rollout that was held go on with what was left of its step */
  resumeReload: {
    params: {
      /** `rl_…` */
      readonly attempt: string
    }
    query: {}
    body: undefined
    answer: Rollout
  }
  /** Take a version on trial back to the baseline at once, and quarantine it */
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
      /** commit of the repository that the settings are from; provenance tells it of each value */
      readonly commit?: string
      /** asked for by a person for this one case: passes quarantine, the open breaker and freeze windows */
      readonly force?: 'true' | 'false'
      /** passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason` */
      readonly emergency?: 'true' | 'false'
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
  /** Publish a new version that restores an older one */
  rollback: {
    params: {}
    query: {
      /** passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason` */
      readonly emergency?: 'true' | 'false'
    }
    body: RollbackRequest | undefined
    answer: Receipt
  }
  /** The keys of all tenants, or of one, and when each was used last; never a key itself */
  listKeys: {
    params: {}
    query: {
      readonly tenant?: string
    }
    body: undefined
    answer: KeyPage
  }
  /** Make a key for a tenant */
  createKey: {
    params: {
      readonly tenant: string
    }
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason` */
      readonly emergency?: 'true' | 'false'
      /** asked for by a person for this one case: passes quarantine, the open breaker and freeze windows */
      readonly force?: 'true' | 'false'
    }
    body: CreateKeyRequest
    answer: CreatedKey
  }
  /** Put a new key in the place of one that goes on working for a while */
  rotateKey: {
    params: {
      readonly tenant: string
      /** of the key */
      readonly name: string
    }
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason` */
      readonly emergency?: 'true' | 'false'
      /** asked for by a person for this one case: passes quarantine, the open breaker and freeze windows */
      readonly force?: 'true' | 'false'
    }
    body: RotateKeyRequest | undefined
    answer: CreatedKey
  }
  /** Withdraw a key, those that it replaced with it; calls that run by it are cut */
  revokeKey: {
    params: {
      readonly tenant: string
      /** of the key */
      readonly name: string
    }
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason` */
      readonly emergency?: 'true' | 'false'
      /** asked for by a person for this one case: passes quarantine, the open breaker and freeze windows */
      readonly force?: 'true' | 'false'
    }
    body: undefined
    answer: Receipt
  }
  /** How the limits and budgets of all tenants, or of one, stand: what each has taken, and what is left */
  listLimits: {
    params: {}
    query: {
      readonly tenant?: string
    }
    body: undefined
    answer: LimitPage
  }
  /** What a change would do */
  plan: {
    params: {}
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** commit of the repository that the settings are from; provenance tells it of each value */
      readonly commit?: string
      /** asked for by a person for this one case: passes quarantine, the open breaker and freeze windows */
      readonly force?: 'true' | 'false'
      /** passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason` */
      readonly emergency?: 'true' | 'false'
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
      /** how many of the newest calls are replayed, or of which time: `10000`, `1h`, `off`; default 10000 */
      readonly replay?: string
    }
    body: string | Uint8Array
    answer: Plan
  }
  /** The last plans, newest first; a restart forgets them */
  listPlans: {
    params: {}
    query: {
      /** only the one that this reload applied */
      readonly attempt?: string
    }
    body: undefined
    answer: PlanPage
  }
  /** One of the last plans */
  readPlan: {
    params: {
      /** `pl_…` */
      readonly id: string
    }
    query: {}
    body: undefined
    answer: Plan
  }
  /** Offer what was planned, exactly */
  applyPlan: {
    params: {
      /** `pl_…` */
      readonly id: string
    }
    query: {
      /** why, for history and audit */
      readonly reason?: string
      /** commit of the repository that the settings are from; provenance tells it of each value */
      readonly commit?: string
      /** asked for by a person for this one case: passes quarantine, the open breaker and freeze windows */
      readonly force?: 'true' | 'false'
      /** passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason` */
      readonly emergency?: 'true' | 'false'
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
    body: undefined
    answer: Receipt
  }
  /** Caches of the version in force: what they hold, how often they answered, what that saved */
  listCaches: {
    params: {}
    query: {}
    body: undefined
    answer: CachePage
  }
  /** Forget the answers of a cache: all, or those of a tenant, of a route, of both */
  clearCache: {
    params: {
      readonly name: string
    }
    query: {
      readonly tenant?: string
      readonly route?: string
    }
    body: undefined
    answer: CacheCleared
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
  /** Why a call went as it did: version, what decided, where it came from, what is different now */
  explainCall: {
    params: {
      /** as in `x-changeover-call` */
      readonly id: string
    }
    query: {}
    body: undefined
    answer: Why
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
  /** Which reload moved a metric, by how much, and how sure that is; or that nothing can be concluded */
  blame: {
    params: {}
    query: {
      readonly metric?: 'error_rate' | 'latency' | 'first_token' | 'cost' | 'tokens' | 'refusals'
      /** such as `30m`, `1h`, `24h`, `7d`; default `1h` */
      readonly window?: string
      /** an instant, in place of `window` */
      readonly since?: string
      /** an instant; default now */
      readonly until?: string
    }
    body: undefined
    answer: Blame
  }
  /** What the calls of a span cost, by tenant, key or model */
  bill: {
    params: {}
    query: {
      /** calls that began at or after it */
      readonly from: string
      /** and before it */
      readonly to: string
      readonly by?: 'tenant' | 'key' | 'model'
      /** `rp_…`: at the costs of this one, where it has any */
      readonly repricing?: string
    }
    body: undefined
    answer: Bill
  }
  /** When calls were priced anew, by whom and by which prices, newest first */
  listRepricings: {
    params: {}
    query: {}
    body: undefined
    answer: RepricingPage
  }
  /** What the calls of a span would cost by other prices */
  reprice: {
    params: {}
    query: {
      /** calls that began at or after it */
      readonly from: string
      /** and before it */
      readonly to: string
      /** `epoch.seq`, or `current`; without it the body has the prices */
      readonly version?: string
      readonly dryRun?: 'true' | 'false'
    }
    body: string | Uint8Array
    answer: Repriced
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
      /** the newest so many */
      readonly limit?: number
      /** lines written at or after it */
      readonly since?: string
      readonly verify?: 'true' | 'false'
      /** a hash that must be in the log */
      readonly kept?: string
    }
    body: undefined
    answer: AuditPage
  }
  /** The root in force: which keys may do what, and until when */
  readTrust: {
    params: {}
    query: {}
    body: undefined
    answer: Trust
  }
  /** Offer the next root, signed by enough root keys of the one in force and of its own */
  updateTrust: {
    params: {}
    query: {
      readonly reason?: string
    }
    body: string | Uint8Array
    answer: RootAnswer
  }
  /** A version as it was signed; without signatures where none came with it */
  readEnvelope: {
    params: {
      readonly version: string
    }
    query: {}
    body: undefined
    answer: SignedVersion
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
  listApis: { method: 'GET', path: '/v1/apis' },
  listSubscriptions: { method: 'GET', path: '/v1/subscriptions' },
  readSubscription: { method: 'GET', path: '/v1/apis/{name}/subscriptions/{tenant}' },
  approveSubscription: { method: 'POST', path: '/v1/apis/{name}/subscriptions/{tenant}/approve' },
  refuseSubscription: { method: 'POST', path: '/v1/apis/{name}/subscriptions/{tenant}/refuse' },
  revokeSubscription: { method: 'POST', path: '/v1/apis/{name}/subscriptions/{tenant}/revoke' },
  listApprovals: { method: 'GET', path: '/v1/approvals' },
  approveReload: { method: 'POST', path: '/v1/reloads/{attempt}/approve' },
  rejectReload: { method: 'POST', path: '/v1/reloads/{attempt}/reject' },
  whoAmI: { method: 'GET', path: '/v1/whoami' },
  offerReload: { method: 'POST', path: '/v1/reloads' },
  listReloads: { method: 'GET', path: '/v1/reloads' },
  followReloads: { method: 'GET', path: '/v1/reloads/events' },
  followReload: { method: 'GET', path: '/v1/reloads/{attempt}/events' },
  readReload: { method: 'GET', path: '/v1/reloads/{attempt}' },
  readRollout: { method: 'GET', path: '/v1/rollout' },
  promoteReload: { method: 'POST', path: '/v1/reloads/{attempt}/promote' },
  pauseReload: { method: 'POST', path: '/v1/reloads/{attempt}/pause' },
  resumeReload: { method: 'POST', path: '/v1/reloads/{attempt}/resume' },
  abortReload: { method: 'POST', path: '/v1/reloads/{attempt}/abort' },
  listVersions: { method: 'GET', path: '/v1/versions' },
  readVersion: { method: 'GET', path: '/v1/versions/{version}' },
  diffVersions: { method: 'GET', path: '/v1/versions/{from}/diff/{to}' },
  releaseVersion: { method: 'POST', path: '/v1/versions/{version}/release' },
  readSettings: { method: 'GET', path: '/v1/settings' },
  patchSettings: { method: 'PATCH', path: '/v1/settings' },
  rollback: { method: 'POST', path: '/v1/rollback' },
  listKeys: { method: 'GET', path: '/v1/keys' },
  createKey: { method: 'POST', path: '/v1/tenants/{tenant}/keys' },
  rotateKey: { method: 'POST', path: '/v1/tenants/{tenant}/keys/{name}/rotate' },
  revokeKey: { method: 'DELETE', path: '/v1/tenants/{tenant}/keys/{name}' },
  listLimits: { method: 'GET', path: '/v1/limits' },
  plan: { method: 'POST', path: '/v1/plan' },
  listPlans: { method: 'GET', path: '/v1/plans' },
  readPlan: { method: 'GET', path: '/v1/plans/{id}' },
  applyPlan: { method: 'POST', path: '/v1/plans/{id}/apply' },
  listCaches: { method: 'GET', path: '/v1/caches' },
  clearCache: { method: 'POST', path: '/v1/caches/{name}/clear' },
  listCalls: { method: 'GET', path: '/v1/calls' },
  readCall: { method: 'GET', path: '/v1/calls/{id}' },
  explainCall: { method: 'GET', path: '/v1/calls/{id}/why' },
  readOrigin: { method: 'GET', path: '/v1/settings/origin' },
  blame: { method: 'GET', path: '/v1/blame' },
  bill: { method: 'GET', path: '/v1/bill' },
  listRepricings: { method: 'GET', path: '/v1/repricings' },
  reprice: { method: 'POST', path: '/v1/repricings' },
  readStatus: { method: 'GET', path: '/v1/status' },
  listInstances: { method: 'GET', path: '/v1/instances' },
  readAudit: { method: 'GET', path: '/v1/audit' },
  readTrust: { method: 'GET', path: '/v1/trust' },
  updateTrust: { method: 'POST', path: '/v1/trust' },
  readEnvelope: { method: 'GET', path: '/v1/versions/{version}/envelope' },
  readHealth: { method: 'GET', path: '/healthz' },
  readReady: { method: 'GET', path: '/readyz' },
  readMetrics: { method: 'GET', path: '/metrics' },
} as const satisfies Record<keyof Operations, { method: string; path: string }>

