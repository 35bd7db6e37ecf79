/**
 * Callers who take all that they get of a budget: whole answers, streams, streams that are left in the middle, requests
 * whose sender does not wait for an answer, and a provider that fails, refuses and breaks off in between.
 *
 * Who was let through is whom the provider has seen: a call by its trace, however often it was tried.
 */
import { type FakeProvider, type FakeStep, startFakeProvider } from '@changeover/testkit'
import { OpenStream } from '../../faults/rig/client.ts'
import type { Gateway } from './gateway.ts'

const usage = (input: number, output: number) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
})

/** What a provider does with one request after the other. Most of it is as it should be. */
const MOODS: readonly FakeStep[] = [
  { kind: 'reply', delayMs: 60, usage: usage(30, 7) },
  { kind: 'reply', eventMs: 5, usage: usage(31, 9) },
  { kind: 'refuse', status: 500 },
  { kind: 'reply', delayMs: 20 },
  { kind: 'cut', after: 'middle' },
  { kind: 'reply', eventMs: 10 },
  { kind: 'cut', after: 'request' },
  { kind: 'reply', delayMs: 40 },
]

export async function startMoodyCounter(requests: number): Promise<FakeProvider> {
  const provider = await startFakeProvider()
  provider.script(...Array.from({ length: Math.ceil(requests / MOODS.length) }, () => MOODS).flat())
  return provider
}

/** Calls that have come to the provider; a call that was tried again is one. */
export function callsSeen(provider: FakeProvider): number {
  return new Set(provider.requests.map((it) => String(it.headers['traceparent']).split('-')[1])).size
}

export interface Told {
  /** Refusals of the budget. */
  spent: number
  /** Status and code of every other answer that is not 200. */
  readonly others: Map<string, number>
  readonly versions: Set<string>
}

/** So many callers at once, each until it is told that the budget is spent. */
export async function callUntilSpent(
  gateway: Gateway,
  callers: number,
  keys: readonly string[],
): Promise<Told> {
  const told: Told = { spent: 0, others: new Map(), versions: new Set() }
  await Promise.all(
    Array.from({ length: callers }, async (_, i) => {
      const headers = { authorization: `Bearer ${keys[i % keys.length]}` }
      for (let call = i; !(await isSpent(gateway, call, { headers, told })); call += 1);
    }),
  )
  return told
}

interface Asking {
  readonly headers: Readonly<Record<string, string>>
  readonly told: Told
}

async function isSpent(gateway: Gateway, call: number, { headers, told }: Asking): Promise<boolean> {
  const kind = ['whole', 'stream', 'leave', 'hurry'][call % 4]
  if (kind === 'hurry') return await hurried(gateway, headers)
  if (kind === 'whole') {
    const response = await gateway.chat(
      { model: 'chat', messages: [{ role: 'user', content: 'hi' }] },
      headers,
    )
    told.versions.add(response.headers.get('x-changeover-version') ?? '')
    return noted(response.status, await response.text(), told)
  }
  const stream = await OpenStream.open(gateway, { headers })
  told.versions.add(stream.version)
  if (stream.status === 200 && kind === 'leave') {
    stream.leave()
    return false
  }
  await stream.ended()
  return noted(stream.status, stream.text, told)
}

/** Does not stay to hear what became of it. */
async function hurried(gateway: Gateway, headers: Readonly<Record<string, string>>): Promise<boolean> {
  const leaving = new AbortController()
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }] })
  const asked = fetch(`${gateway.dataUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    signal: leaving.signal,
  }).catch(() => null)
  await new Promise(setImmediate)
  leaving.abort()
  await asked
  return false
}

function noted(status: number, text: string, told: Told): boolean {
  if (status === 402 && text.includes('policy.budget_spent')) {
    told.spent += 1
    return true
  }
  if (status === 200) return false
  const said = `${status} ${/"code":\s*"([^"]*)"/.exec(text)?.[1] ?? text.slice(0, 80)}`
  told.others.set(said, (told.others.get(said) ?? 0) + 1)
  return false
}
