/**
 * Asks a gateway before a fake provider for one reply, in some format, and reads what the record says of its cost: for
 * the golden bills.
 */

import { systemClock } from '@changeover/reload'
import type { FakeProvider, FakeStep } from '@changeover/testkit'
import { expect, vi } from 'vitest'
import { openCatalogue } from '../catalogue/catalogue.ts'
import { catalogueSpec } from '../catalogue/spec.ts'
import type { CallRecord } from '../contract/call.ts'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { GuardIndex } from '../contract/guards.ts'
import { bedrockAt } from '../providers/bedrock.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

type Fields = Readonly<Record<string, unknown>>

export interface BillCase {
  readonly name: string
  readonly kind: string
  /** In which formats it is asked for; the first is the provider's own where it has one. */
  readonly fronts: readonly FrontName[]
  /** As in the settings. */
  readonly prices: readonly Fields[]
  /** In the provider's own words, and what stands beside it. */
  readonly usage?: Fields
  readonly served?: Fields
  /** What it says of its searches. */
  readonly items?: readonly Fields[]
  readonly grounding?: Fields
  /** Micro-dollars. */
  readonly costs: number
  /** When; an instant. */
  readonly at?: string
  /** In place of a reply with `usage`. */
  readonly step?: FakeStep
  readonly model?: string
}

export interface Bill {
  readonly record: CallRecord
  /** All counts of the record. */
  readonly tokens: Fields
  /** What the caller got; empty when the connection broke. */
  readonly answer: string
}

interface Front {
  readonly streams: boolean
  path(stream: boolean): string
  body(stream: boolean): Fields
}

const text = 'Say it, friend.'
const messages = [{ role: 'user', content: text }]
const asked = (more: Fields) => (stream: boolean) => ({
  model: 'golden',
  ...more,
  ...(stream ? { stream } : {}),
})

/** How callers ask. */
export const FRONTS = {
  chat: { streams: true, path: () => '/v1/chat/completions', body: asked({ messages }) },
  completions: { streams: true, path: () => '/v1/completions', body: asked({ prompt: text }) },
  responses: { streams: true, path: () => '/v1/responses', body: asked({ input: text }) },
  messages: { streams: true, path: () => '/v1/messages', body: asked({ messages, max_tokens: 99 }) },
  gemini: {
    streams: true,
    path: (stream) => `/v1beta/models/golden:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: () => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
  },
  embeddings: { streams: false, path: () => '/v1/embeddings', body: asked({ input: text }) },
} as const satisfies Record<string, Front>

export type FrontName = keyof typeof FRONTS

/** A target whose prices are these. */
export function pricedTarget(
  provider: FakeProvider,
  { kind, prices, model = 'golden-model' }: Pick<BillCase, 'kind' | 'prices' | 'model'>,
  entry = 'golden/bill',
): CompiledTarget {
  const own = new Map([[entry, catalogueSpec.parse({ prices })]])
  const more = { facts: openCatalogue({}, own).find(entry) }
  const upstream = openUpstream(provider.origin)
  const target = testTarget(kind, { kind, upstream, upstreamModel: model, more })
  // Below this path the fake has Mistral's ways.
  if (kind === 'mistral') return { ...target, paths: below('/mistral', target.paths) }
  if (kind !== 'bedrock') return target
  const signer = bedrockAt({ region: 'eu-central-1', signed: true })
  const sign: CompiledTarget['sign'] = (request) => signer.sign?.(request, 'AKID:secret') ?? []
  return testTarget(kind, {
    kind,
    upstream,
    upstreamModel: model,
    more: { ...more, sign, headers: () => signer.headers('AKID:secret') },
  })
}

function below(prefix: string, paths: CompiledTarget['paths']): CompiledTarget['paths'] {
  const moved = Object.entries(paths).map(([name, { whole, stream }]) => {
    return [name, { whole: prefix + whole, stream: prefix + stream }]
  })
  return Object.fromEntries(moved)
}

/** A gateway with one route, `golden`, at a moment that stands still. */
export function goldenGateway(
  targets: readonly CompiledTarget[],
  { at, guards, ...more }: Partial<CompiledRoute> & { readonly at?: string; readonly guards?: GuardIndex },
): Promise<TestGateway> {
  const clock = at === undefined ? systemClock : { ...systemClock, now: () => Date.parse(at) }
  const looking = guards === undefined ? {} : { guards }
  return TestGateway.start({ routes: [testRoute('golden', targets, more)], clock, ...looking })
}

export async function billOf(it: {
  readonly provider: FakeProvider
  readonly bill: BillCase
  readonly front: FrontName
  readonly stream: boolean
}): Promise<Bill> {
  const { provider, bill, front, stream } = it
  const { usage, served, items, grounding } = bill
  const gateway = await goldenGateway(
    [pricedTarget(provider, bill)],
    bill.at === undefined ? {} : { at: bill.at },
  )
  const said = Object.entries({ usage, served, items, grounding }).filter(([, it]) => it !== undefined)
  provider.script(bill.step ?? { kind: 'reply', text: 'Here it is.', ...Object.fromEntries(said) })
  try {
    return await askFor(gateway, front, stream)
  } finally {
    await gateway.close()
  }
}

/** Asks, reads the answer to its end, whatever that is, and waits for the record. */
export async function askFor(
  gateway: TestGateway,
  name: FrontName,
  stream: boolean,
  signal?: AbortSignal,
): Promise<Bill> {
  const front: Front = FRONTS[name]
  const before = gateway.records.length
  const answer = await fetch(gateway.origin + front.path(stream), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(front.body(stream)),
    ...(signal === undefined ? {} : { signal }),
  })
  const body = await answer.text().catch(() => '')
  await vi.waitFor(() => expect(gateway.records.length).toBeGreaterThan(before))
  const record = gateway.records.at(-1)
  if (record === undefined) throw new Error('no record')
  return { record, answer: body, tokens: tokensOf(record) }
}

export function tokensOf(record: CallRecord): Fields {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => /Tokens$|^serviceTier$|^toolCalls$/.test(name)),
  )
}
