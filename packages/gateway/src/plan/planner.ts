/**
 * Looks at a change before it is made: says it in words, warns, and has the recorded calls replayed by a thread of its
 * own (`plan-worker.ts`), beside the requests that are being served.
 *
 * Invariant: this thread writes down what waits, sends two trees over and waits. Two replays never run at once: what
 * is left of the machine belongs to the calls. A replay that cannot be had is said and fails no plan.
 *
 * Not here: whether the change would be taken (the engine's plan), keeping plans (`plan-shelf.ts`).
 */
import type { Change, Clock, Issue, SettingsTree, Telemetry } from '@changeover/reload'
import { askWorker } from '../calls/ask-worker.ts'
import type { ShippedCatalogue } from '../catalogue/catalogue.ts'
import { factsOf } from './facts.ts'
import type { Replay, ReplayAsk, Sentence, Warning } from './look.ts'
import type { PlanAnswer, PlanProgress, WorkerTask } from './messages.ts'
import { findWarnings } from './warnings/find-warnings.ts'
import { describeChanges } from './words/describe-changes.ts'

/** As many rows, in both versions, take some hundred megabytes and two seconds. */
export const MOST_REPLAYED = 200_000
export const USUALLY_REPLAYED = 10_000
/** What the worker may take before it is ended: a plan is worth less than the calls beside it. */
const workerMegabytes = 768
const longestMs = 120_000

export interface PlannerOptions {
  /** Brings the records that wait to the disk, and says where they are. */
  readonly calls: { readable(): Promise<string> }
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly shipped: () => Promise<ShippedCatalogue>
}

/** What the engine's plan found. */
export interface PlannedChange {
  readonly previous: SettingsTree | null
  /** `null` when it would be refused: then there is nothing to look at. */
  readonly settings: SettingsTree | null
  readonly changes: readonly Change[]
  placeOf(pointer: string): Issue['place'] | undefined
}

export interface LookOptions {
  /** `null`: nothing is replayed, and warnings know of no calls. */
  readonly replay: ReplayAsk | null
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress {
  readonly stage: 'read' | 'replay'
  readonly calls: number
}

export interface Looked {
  readonly sentences: readonly Sentence[]
  readonly warnings: readonly Warning[]
  readonly replay: Replay | null
  /** Why nothing was replayed, although it was asked for; else empty. */
  readonly trouble: string
}

export interface Planner {
  /** Rejects only when `signal` aborts. */
  look(change: PlannedChange, options: LookOptions): Promise<Looked>
}

export function createPlanner(options: PlannerOptions): Planner {
  return new ThreadPlanner(options)
}

type Found = Pick<Looked, 'warnings' | 'replay' | 'trouble'>
type Whole = PlannedChange & { readonly settings: SettingsTree }

class ThreadPlanner implements Planner {
  readonly #options: PlannerOptions
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: PlannerOptions) {
    this.#options = options
  }

  async look(change: PlannedChange, options: LookOptions): Promise<Looked> {
    const { settings, previous, changes } = change
    if (settings === null || changes.length === 0)
      return { sentences: [], warnings: [], replay: null, trouble: '' }
    const sentences = describeChanges(previous, settings, changes)
    const found = await this.#find({ ...change, settings, placeOf: (it) => change.placeOf(it) }, options)
    return { sentences, ...found, warnings: found.warnings.map((it) => placed(it, change)) }
  }

  async #find(change: Whole, options: LookOptions): Promise<Found> {
    const { replay: ask, signal } = options
    if (ask === null) return { ...(await this.#withoutCalls(change)), trouble: '' }
    try {
      return { ...(await this.#inTurn(() => this.#replay(change, ask, options))), trouble: '' }
    } catch (error) {
      signal?.throwIfAborted()
      const message = 'the recorded calls could not be replayed'
      this.#options.telemetry.logger.log({ level: 'warn', room: 'plan', message, error })
      return { ...(await this.#withoutCalls(change)), trouble: message }
    }
  }

  /** What can be said without a record: it looks at what changed only, and takes no thread. */
  async #withoutCalls({ previous, settings, changes }: Whole): Promise<Omit<Found, 'trouble'>> {
    const shipped = await this.#options.shipped()
    const changed = changes.map((it) => it.pointer)
    const nowMs = this.#options.clock.now()
    const input = { before: previous ?? {}, after: settings, changed, shipped, nowMs, facts: factsOf([]) }
    return { warnings: findWarnings(input), replay: null }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work)
    this.#last = done.catch(() => undefined)
    return done
  }

  async #replay(change: Whole, ask: ReplayAsk, options: LookOptions): Promise<Omit<Found, 'trouble'>> {
    options.signal?.throwIfAborted()
    const path = await this.#options.calls.readable()
    const { previous, settings, changes } = change
    const task: WorkerTask = {
      path,
      before: previous ?? {},
      after: settings,
      changed: changes.map((it) => it.pointer),
      ask: { ...ask, most: Math.min(ask.most, MOST_REPLAYED) },
      nowMs: this.#options.clock.now(),
    }
    return await askWorker<PlanAnswer, PlanProgress>({
      name: 'plan-worker',
      from: import.meta.url,
      task,
      megabytes: workerMegabytes,
      longestMs,
      clock: this.#options.clock,
      what: 'the replay',
      signal: options.signal,
      onMessage: ({ stage, calls }) => options.onProgress?.({ stage, calls }),
    })
  }
}

function placed(warning: Warning, { placeOf }: PlannedChange): Warning {
  const place = placeOf(warning.pointer)
  return place === undefined ? warning : { ...warning, place }
}
