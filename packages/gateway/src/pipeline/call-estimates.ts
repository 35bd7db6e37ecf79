/**
 * What a call may come to, before it is made: its tokens and what they cost at the dearest target that may answer it.
 *
 * An estimate is put right when the call is over; until then it keeps others from spending the same money. It is made
 * only for callers whose limits ask for it.
 */
import type { MostCost } from '../contract/allowance.ts'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { Keeping, Price } from '../contract/model-facts.ts'
import type { RouteAsk } from '../contract/route-ask.ts'
import { targetsOf } from '../contract/targets-of.ts'
import type { RequestBody } from '../wire/request-body.ts'
import { outputLimitIn } from './request-facts.ts'

/** English text has about four characters a token; others have fewer. */
const BYTES_A_TOKEN = 4
/** Larger bodies may hold pictures, which are many bytes and few tokens: they are read. */
const UNREAD_BYTES = 16 * 1024

export function estimateInput(body: RequestBody, prompt: string | null, ask: () => RouteAsk): number {
  const { length } = body.bytes
  const tokens = length <= UNREAD_BYTES ? Math.ceil(length / BYTES_A_TOKEN) : ask().inputTokens()
  return tokens + Math.ceil((prompt?.length ?? 0) / BYTES_A_TOKEN)
}

/** As many as all replies together may have; `null` where neither request nor settings say. */
export function boundOutput(route: CompiledRoute, ask: RouteAsk): number | null {
  const { bySettings, byModels } = boundsOf(route)
  const each = ask.maxOutputTokens() ?? bySettings
  if (each === null) return null
  return (byModels === null ? each : Math.min(each, byModels)) * Math.max(1, ask.replies?.() ?? 1)
}

/** A call that is still to be made, as far as its cost hangs on it. */
export interface PricedAsk {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly serviceTier: string | null
  readonly body: Buffer
}

export function dearest(route: CompiledRoute, it: PricedAsk, atMs: number): MostCost {
  const { prices, keepsUnasked, chargesForKeeping } = boundsOf(route)
  const { inputTokens, outputTokens, serviceTier } = it
  const keeps = chargesForKeeping ? longer(keepsUnasked, keepingIn(it.body)) : 'no'
  const usage = { inputTokens, outputTokens, serviceTier, keeps }
  let most = 0
  let isKnown = true
  for (const price of prices) {
    const cost = price?.mostMicroUsd(usage, atMs) ?? null
    if (cost === null) isKnown = false
    else most = Math.max(most, cost)
  }
  // A second attempt beside the first is paid for too; a copy to a mirror is the gateway's own.
  return { microUsd: route.plan.hedge === null ? most : 2 * most, isKnown }
}

const KEPT_BY = { off: 'no', auto: 'short', hour: 'hour' } as const

function longer(one: Keeping, other: Keeping): Keeping {
  if (one === 'hour' || other === 'hour') return 'hour'
  return one === 'no' ? other : one
}

/** Whether a caller marks what is to be kept, as Anthropic and Amazon have it; for all he sends, because where is not looked up. */
function keepingIn(body: Buffer): Keeping {
  if (!MARKS.some((it) => body.includes(it))) return 'no'
  return body.includes(AN_HOUR) ? 'hour' : 'short'
}

const MARKS = [Buffer.from('"cache_control"'), Buffer.from('"cachePoint"')]
const AN_HOUR = Buffer.from('"1h"')

/** What holds for a route whatever is asked of it: worked out once. */
interface RouteBounds {
  /** Each of the targets that may answer, once. */
  readonly prices: readonly (Price | null)[]
  /** Whether one of them does: to look through all that a caller sends is to be worth it. */
  readonly chargesForKeeping: boolean
  /** What a provider is told to keep of prompts by the settings of its model. */
  readonly keepsUnasked: Keeping
  /** What a context or a model sets for requests that say nothing: the most of it. */
  readonly bySettings: number | null
  /** What its models can write at most; `null` where that is not known of one of them. */
  readonly byModels: number | null
}

const known = new WeakMap<CompiledRoute, RouteBounds>()

function boundsOf(route: CompiledRoute): RouteBounds {
  const found = known.get(route)
  if (found !== undefined) return found
  const targets = targetsOf(route)
  const prices = [...new Set(targets.map(({ facts }) => facts?.price ?? null))]
  const bounds = {
    prices,
    chargesForKeeping: prices.some((it) => it?.chargesForKeeping === true),
    keepsUnasked: targets.map(({ promptCache }) => KEPT_BY[promptCache]).reduce(longer, 'no' as Keeping),
    bySettings: boundBySettings(route, targets),
    byModels: mostOf(targets.map(({ facts }) => facts?.outputTokens ?? null)),
  }
  known.set(route, bounds)
  return bounds
}

function boundBySettings({ context }: CompiledRoute, targets: readonly CompiledTarget[]): number | null {
  const ofContext = context?.parameters ?? null
  const own = ofContext === null ? null : outputLimitIn(ofContext)
  if (own !== null) return own
  return mostOf(targets.map(({ parameters }) => (parameters === null ? null : outputLimitIn(parameters))))
}

/** `null` where one of them is, and where there is none. */
function mostOf(bounds: readonly (number | null)[]): number | null {
  let most = 0
  for (const it of bounds) {
    if (it === null) return null
    most = Math.max(most, it)
  }
  return most === 0 ? null : most
}
