/**
 * A published API as a request sees it: which versions there are for whom, what goes in and comes out, and who has
 * been let in.
 *
 * What a tenant may not see is not there for it: each question that can be answered "no such API" takes the tenant.
 *
 * Not here: how a call goes (`pipeline/api-call.ts`), what settings say (`apis/spec.ts`).
 */
import type { CompiledContext } from './compiled.ts'

export type ApiState = 'design' | 'published' | 'deprecated' | 'retired'

/** What does not keep to a schema: where, and what it should be. Never the value. */
export interface SchemaIssue {
  /** JSON pointer into what was looked at. */
  readonly pointer: string
  readonly message: string
}

/** `null`: it keeps to the schema. At most eight issues. */
export type SchemaCheck = (value: unknown) => readonly SchemaIssue[] | null

/** An input as a request says it. */
export interface FilledInput {
  /** Of the context, by name. */
  readonly variables: Readonly<Record<string, string>>
  /** What the user says. */
  readonly message: string
}

export interface CompiledApi {
  /** `summarise@1.2.0` */
  readonly id: string
  readonly name: string
  readonly version: string
  readonly state: ApiState
  readonly description: string | null
  /** `apis/summarise`, as allow-lists name it and records show it. */
  readonly model: string
  /** Name of the route or model that answers. */
  readonly route: string
  /** In place of that of the route; `null` for none of its own. */
  readonly context: CompiledContext | null
  readonly needsSubscription: boolean
  readonly maxInputBytes: number
  /** One more attempt is made for an output that does not keep to its schema. */
  readonly retriesInvalid: boolean
  /** `Deprecation`, `Sunset` and `Link`, for each answer: name, value, name, value … */
  readonly headers: readonly string[]
  /** `summarise@2.0.0`; `null` when there is none. */
  readonly successor: string | null
  readonly inputSchema: Readonly<Record<string, unknown>>
  /** `null`: the output is text. */
  readonly outputSchema: Readonly<Record<string, unknown>> | null
  readonly checkInput: SchemaCheck
  readonly checkOutput: SchemaCheck
  /** Of an input that was checked; for the version of the prompt that the tenant has. */
  fill(input: Readonly<Record<string, unknown>>, tenant: string | null): FilledInput
  /** Whether there is such an API for a tenant; `null` is somebody whom no key was asked of. */
  isSeenBy(tenant: string | null): boolean
}

export interface CompiledApis {
  /**
   * The API that `asked` means for this tenant: a version (`1.2.0`), the newest of a line (`1`, `1.2`) or of all
   * (`latest`). `null` when there is none that it may see.
   */
  find(name: string, asked: string, tenant: string | null): CompiledApi | null
  /** All that a tenant may see of a name, newest first. */
  versions(name: string, tenant: string | null): readonly CompiledApi[]
  /** All names of which a tenant may see something, in the order of the settings. */
  names(tenant: string | null): readonly string[]
}

export type SubscriptionState = 'pending' | 'approved' | 'refused' | 'revoked'

export interface Subscription {
  readonly api: string
  readonly tenant: string
  readonly state: SubscriptionState
  /** `acme/ci`: the key that asked. */
  readonly askedBy: string
  /** Wall milliseconds. */
  readonly askedAt: number
  readonly note: string
  /** A person, in the words of the audit log; `null` while nobody decided. */
  readonly decidedBy: string | null
  readonly decidedAt: number | null
  readonly reason: string
}

/** What a call asks of subscriptions; in memory. */
export interface SubscriptionBook {
  /** `null` when the tenant never asked. */
  stateOf(api: string, tenant: string): SubscriptionState | null
  find(api: string, tenant: string): Subscription | null
  /**
   * Asks for one; one that waits or was approved stays as it is. Throws `apis.subscriptions_not_kept` when it cannot be
   * written down, and nothing has changed then.
   */
  ask(asked: SubscriptionAsk): Promise<Subscription>
}

export interface SubscriptionAsk {
  readonly api: string
  readonly tenant: string
  readonly key: string
  readonly note: string
}
