/**
 * What a call costs: what each of its attempts is billed for by its provider, added up.
 *
 * An attempt that was answered, to its end or not, is the one whose tokens stand in the record. One that failed before
 * is billed where its provider had counted something by then, and says so in its own line. The cost of each is rounded
 * to the micro-dollar on its own, so that the lines of a bill add up to the bill.
 *
 * Where the provider's last count never came (the caller left, the stream broke off, the server counts none), tokens are
 * estimated: those of the request as routing estimates them, those of the reply by the text that came. The record says
 * so, and never takes less than the provider had counted by then.
 *
 * One that this side gave up, because the caller left or another was faster, is billed by its provider from when it was
 * asked. So it is estimated too: by its request, and by what had come of its text. Whoever writes a whole answer mostly
 * goes on when nobody reads it: a hedged attempt that lost is taken to have written what the winner was counted, where
 * that is known. What it searched for a fee is billed where it had told of it, and never taken from the winner.
 *
 * Not here: what tokens cost (`catalogue/price.ts`), how text is measured (`wire/text-bytes.ts`).
 */
import type { AttemptBill } from '../contract/call.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { Usage } from '../contract/neutral.ts'
import { type ToolCounts, withToolCalls } from '../wire/tool-calls.ts'

/** As routing estimates requests, which counts characters: English text has about four of them a token. */
const BYTES_A_TOKEN = 4

export interface EndOfAttempt {
  readonly target: CompiledTarget
  /** Empty when it ended well. */
  readonly error: string
  /** It had begun to answer the caller. */
  readonly answered: boolean
  /** Its request had gone out whole, and was not refused. */
  readonly asked: boolean
  /** Of text that came, unless it came whole. */
  readonly textBytes: number
  /** Those that the answer told of; asked only where the count did not come. */
  readonly toolCalls: ToolCounts | undefined
  /** Wall milliseconds at which the call began: all of its attempts are priced at this time. */
  readonly atMs: number
  /** The tokens of the request, estimated; asked only where nobody has counted them. */
  inputTokens(): number
}

export interface LostAttempt
  extends Pick<EndOfAttempt, 'target' | 'asked' | 'textBytes' | 'toolCalls' | 'atMs'> {
  /** `upstream.outrun` for one that lost. */
  readonly error: string
  readonly counted: Usage | null
  /** What the one that won was counted; `null` for a stream. */
  readonly winner: Usage | null
  inputTokens(): number
}

/** Why this side gives up an attempt that has not failed. */
const GIVEN_UP: ReadonlySet<string> = new Set(['call.cancelled', 'call.cut', 'upstream.outrun'])

export class CallBill {
  /** Of the attempt that answered. */
  usage: Usage | null = null
  /** Whether those tokens are estimated. */
  estimated = false
  /** In micro-dollars; `null` while no attempt has a price that is known. */
  costMicroUsd: number | null = null
  #counted: Usage | null = null

  /** An attempt begins: what the one before had counted is not its own. */
  begin(): void {
    this.#counted = null
  }

  /** What the provider of the attempt under way says, the last word counting. */
  seen(usage: Usage): void {
    this.#counted = usage
  }

  /** What the provider has said so far of the attempt under way. */
  get counted(): Usage | null {
    return this.#counted
  }

  /** What was asked beside, or 0 for an answer that nobody was asked for. */
  add(costMicroUsd: number): void {
    this.costMicroUsd = (this.costMicroUsd ?? 0) + costMicroUsd
  }

  /** The attempt is over. Returns what its line in the record says; `null` where the record itself says it, or nothing was billed. */
  end(it: EndOfAttempt): AttemptBill | null {
    const counted = this.#counted
    const isFinal = it.error === '' && counted !== null
    const usage = isFinal ? counted : estimate(counted, it)
    if (usage === null) return null
    if (!it.answered) return this.#line(it, usage, isFinal)
    this.#charge(it, usage)
    this.usage = usage
    this.estimated = !isFinal
    return null
  }

  /** One that was hedged is over and did not answer. Returns what its line says. */
  endLost(it: LostAttempt): AttemptBill | null {
    const { counted, asked, error } = it
    if (counted === null && !(asked && GIVEN_UP.has(error))) return null
    const winner = asked && error === 'upstream.outrun' ? it.winner : null
    const inputTokens = counted?.inputTokens ?? winner?.inputTokens ?? it.inputTokens()
    const outputTokens = Math.max(
      counted?.outputTokens ?? 0,
      winner?.outputTokens ?? 0,
      tokensIn(it.textBytes),
    )
    const usage = withToolCalls({ ...counted, inputTokens, outputTokens }, it.toolCalls)
    return this.#line(it, usage, false)
  }

  /** All of it as the line of one attempt, where it was for one alone: a copy. */
  copied(target: CompiledTarget): AttemptBill | null {
    const { usage, costMicroUsd, estimated } = this
    return usage === null ? null : lineOf(target, { usage, costMicroUsd, isFinal: !estimated })
  }

  #line(it: Pick<EndOfAttempt, 'target' | 'atMs'>, usage: Usage, isFinal: boolean): AttemptBill {
    return lineOf(it.target, { usage, costMicroUsd: this.#charge(it, usage), isFinal })
  }

  #charge(it: Pick<EndOfAttempt, 'target' | 'atMs'>, usage: Usage): number | null {
    const costMicroUsd = it.target.facts?.price?.costMicroUsd(usage, it.atMs) ?? null
    if (costMicroUsd !== null) this.add(costMicroUsd)
    return costMicroUsd
  }
}

function lineOf(
  target: CompiledTarget,
  it: { readonly usage: Usage; readonly costMicroUsd: number | null; readonly isFinal: boolean },
): AttemptBill {
  const line = { price: priceNameOf(target), costMicroUsd: it.costMicroUsd, tokens: it.usage }
  return it.isFinal ? line : { ...line, estimated: true }
}

/** `null` for an attempt of which nobody knows that anything was done. */
function estimate(counted: Usage | null, it: EndOfAttempt): Usage | null {
  const isUncounted = it.error === '' && it.textBytes === 0
  const isBilled = it.answered || (it.asked && GIVEN_UP.has(it.error))
  if (counted === null && (!isBilled || isUncounted)) return null
  const said = tokensIn(it.textBytes)
  const usage = counted ?? { inputTokens: it.inputTokens(), outputTokens: said }
  // A file, or a request that nobody here reads: how much it asks is not known.
  if (!it.answered && usage.inputTokens + usage.outputTokens === 0) return null
  const whole = said <= usage.outputTokens ? usage : { ...usage, outputTokens: said }
  return withToolCalls(whole, it.toolCalls)
}

function tokensIn(textBytes: number): number {
  return Math.ceil(textBytes / BYTES_A_TOKEN)
}

/**
 * Under which prices a target's calls are: `openai/gpt-5.4@3f2a9c1d0b7e`, the entry of the catalogue and the digest of its
 * prices. Without the digest where nobody has said a price: a later list may.
 */
export function priceNameOf({ facts, provider, upstreamModel }: CompiledTarget): string {
  const name = facts?.name ?? `${provider.kind}/${upstreamModel}`
  const digest = facts?.price?.digest
  return digest === undefined ? name : `${name}@${digest}`
}
