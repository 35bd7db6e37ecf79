/**
 * One version of the settings, replayed: compiled as for service, with nothing behind it that is live, and asked call
 * by call what it would do. Identity, allow-lists, rules, contexts, limits and the choice of a target are the
 * gateway's own objects, in the order of `pipeline/generate-call.ts`; only the clock and chance are made up.
 *
 * Every provider answers: what a breaker or a fallback would have done is of that hour, not of the settings.
 * Where a route weighs, the draw is a sequence that fills the shares evenly and is the same for both versions, so that
 * as many calls move as the shares say and not one more.
 */
import type { Carry, SettingsTree } from '@changeover/reload'
import type { ReplayRow } from '../../calls/replay-rows.ts'
import type { ShippedCatalogue } from '../../catalogue/catalogue.ts'
import type {
  Caller,
  CompiledGateway,
  CompiledRoute,
  CompiledTarget,
  Found,
  RecalledToken,
} from '../../contract/compiled.ts'
import type { Usage } from '../../contract/neutral.ts'
import type { SecretValues } from '../../contract/secret.ts'
import { findAskedRoute, routeFor } from '../../pipeline/asked-route.ts'
import { compileGateway } from '../../pipeline/compile-gateway.ts'
import { foundNow } from '../../pipeline/found-now.ts'
import { NextTargets } from '../../routing/next-targets.ts'
import { resolveRoute } from '../../routing/resolve-route.ts'
import type { RecordedRequest } from './recorded-request.ts'
import { ReplayTime } from './replay-time.ts'

/** What becomes of a call under a version. */
export interface Outcome {
  /** Why it is refused; empty when it is taken. */
  readonly code: string
  readonly route: string
  readonly target: string
  /** At the prices of the day of the plan; `null` where tokens or price are not known. */
  readonly costMicroUsd: number | null
}

export interface ReplayVersionInput {
  readonly settings: SettingsTree
  readonly shipped: ShippedCatalogue
  /** Wall milliseconds of the plan: keys are valid, and prices are, as of now. */
  readonly nowMs: number
}

/** What a caller sends: a key, or a token as records know it; `null` for one that no entry takes. */
export interface SentBy {
  readonly key: string | undefined
  readonly token?: RecalledToken | null
}

const NOT_TAKEN: Found = { refused: 'identity.token_refused' }

/** Nobody is called, so nobody is shown a credential. */
const NO_SECRETS: SecretValues = { generation: 0, fill: () => '' }

export class ReplayVersion {
  readonly #gateway: CompiledGateway
  readonly #time: ReplayTime
  readonly #nowMs: number

  constructor({ settings, shipped, nowMs }: ReplayVersionInput) {
    this.#time = new ReplayTime(nowMs)
    this.#nowMs = nowMs
    const [secrets, carry] = [NO_SECRETS, createCarry()]
    this.#gateway = compileGateway({ settings, version: '', shipped, secrets, carry, clock: this.#time })
  }

  get isOpen(): boolean {
    return this.#gateway.identity.open
  }

  /** Calls come in the order in which they began. `draw` is in [0, 1). */
  replay(row: ReplayRow, ask: RecordedRequest, { draw, ...by }: { draw: number } & SentBy): Outcome {
    const { identity } = this.#gateway
    this.#time.set(row, draw)
    const found = identity.open ? null : this.#find(by)
    if (found !== null && 'refused' in found) return refused(found.refused)
    ask.by(found)
    const asked = findAskedRoute(this.#gateway, { endpoint: row.endpoint, model: ask.model, caller: found })
    if ('code' in asked) return refused(asked.code, asked.route?.name)
    const route = routeFor(found?.tenant ?? null, resolveRoute(asked.route, ask), asked.context)
    if (route === null) return refused('routing.no_such_model')
    return this.#send(row, ask, { caller: found, route })
  }

  #find({ key, token }: SentBy): Found | null {
    const { identity } = this.#gateway
    if (token === undefined) return foundNow(identity, key, this.#nowMs)
    return (token === null ? undefined : identity.recall?.(token)) ?? NOT_TAKEN
  }

  #send(row: ReplayRow, ask: RecordedRequest, it: { caller: Caller | null; route: CompiledRoute }): Outcome {
    const { caller, route } = it
    const code = fillFault(row, route)
    if (code !== null) return refused(code, route.name)
    const over = this.#overLimit(caller, row, route)
    if (over !== null) return refused(over, route.name)
    const rules = { route, wishes: ask.wishes }
    const tools = { clock: this.#time, random: this.#time.random }
    const next = new NextTargets({ routeAsk: () => ask }, rules, tools)
    if (!next.hasAllowed) return refused('routing.none_allowed', route.name)
    const target = next.first(row.startedAt) ?? next.fallback(row.startedAt)
    if (target === null) return refused('upstream.open_breakers', route.name)
    return { code: '', route: route.name, target: target.name, costMicroUsd: this.#costOf(target, row) }
  }

  /** As if the call had been over at once: it holds what it came to, so that rates and budgets are met as they were. */
  #overLimit(caller: Caller | null, row: ReplayRow, route: CompiledRoute): string | null {
    const allowance = caller?.allowance ?? null
    if (allowance === null) return null
    const { id, startedAt } = row
    const [inputTokens, outputTokens] = [row.inputTokens ?? 0, row.outputTokens ?? 0]
    const [first] = route.targets
    const costMicroUsd = (first === undefined ? null : this.#costOf(first.target, row)) ?? 0
    const held = allowance.hold({
      id,
      startedAt,
      startedMono: startedAt,
      routeName: route.name,
      inputTokens: () => inputTokens,
      outputTokens: () => outputTokens,
      mostCost: () => ({ microUsd: costMicroUsd, isKnown: true }),
    })
    // Counts of a replay are its own, and its own answer at once.
    if (held instanceof Promise) return null
    if ('refused' in held) return held.refused
    const now = { nowMs: startedAt, monoMs: startedAt }
    held.settle({ ...now, asked: true, inputTokens, outputTokens, costMicroUsd })
    return null
  }

  #costOf(target: CompiledTarget, row: ReplayRow): number | null {
    const usage = usageOf(row)
    return usage === null ? null : (target.facts?.price?.costMicroUsd(usage, this.#time.now()) ?? null)
  }
}

/** A prompt that takes other variables than were sent. Their values are not recorded; what they are called is. */
function fillFault(row: ReplayRow, { context }: CompiledRoute): string | null {
  if (context === null || row.endpoint === null) return null
  const sent = row.asked?.variables ?? []
  const filled = context.fill(sent.length === 0 ? undefined : Object.fromEntries(sent.map((it) => [it, ''])))
  return filled.ok ? null : filled.code
}

function usageOf(row: ReplayRow): Usage | null {
  const { inputTokens, outputTokens } = row
  if (inputTokens === null && outputTokens === null) return null
  const usage: { -readonly [Name in keyof Usage]: Usage[Name] } = {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
  }
  if (row.cachedInputTokens !== null) usage.cachedInputTokens = row.cachedInputTokens
  if (row.cacheWriteTokens !== null) usage.cacheWriteTokens = row.cacheWriteTokens
  if (row.reasoningTokens !== null) usage.reasoningTokens = row.reasoningTokens
  if (row.inputAudioTokens !== null) usage.inputAudioTokens = row.inputAudioTokens
  if (row.outputAudioTokens !== null) usage.outputAudioTokens = row.outputAudioTokens
  return row.rare === null ? usage : Object.assign(usage, row.rare)
}

function refused(code: string, route = ''): Outcome {
  return { code, route, target: '', costMicroUsd: null }
}

/** Live things begin anew and are never freed: they hold memory, and the worker that they are in goes with them. */
function createCarry(): Carry {
  const kept = new Map<string, unknown>()
  return {
    keep<T>(key: string, create: () => T): T {
      if (!kept.has(key)) kept.set(key, create())
      return kept.get(key) as T
    },
  }
}
