/**
 * The callers: many small customers, each with a key of its own, who ask something every now and then.
 *
 * Why so many: a canary by tenant takes whole tenants, and five per cent of a handful is nobody.
 */
import { createHash } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'

const QUESTIONS = [
  'When does the late show begin?',
  'Is there a seat in the middle?',
  'What is the price for students?',
  'Who plays the lead?',
  'Can I get a refund for yesterday?',
  'Is the hall heated?',
]

export interface Caller {
  readonly tenant: string
  readonly key: string
}

/** `count` tenants with a key each. */
export function makeCallers(count: number): readonly Caller[] {
  return Array.from({ length: count }, (_, i) => {
    const tenant = `cinema-${String(i + 1).padStart(3, '0')}`
    return { tenant, key: `key-of-${tenant}` }
  })
}

/** As the settings hold a key: nobody who reads them can call with it. */
export function hashOf(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

export interface Audience {
  /** What has been answered so far. */
  readonly seen: { calls: number; failed: number }
  leave(): Promise<void>
}

/** All of them together ask about `perSecond` questions a second, until they leave. */
export function openDoors(url: string, callers: readonly Caller[], perSecond: number): Audience {
  const seen = { calls: 0, failed: 0 }
  const leaving = new AbortController()
  const pauseMs = (callers.length / perSecond) * 1000
  const all = callers.map(async (caller) => {
    while (!leaving.signal.aborted) {
      await after(pauseMs * 2 * Math.random(), undefined, { signal: leaving.signal }).catch(() => undefined)
      if (leaving.signal.aborted) return
      const isAnswered = await ask(url, caller)
      seen.calls += 1
      if (!isAnswered) seen.failed += 1
    }
  })
  return {
    seen,
    async leave() {
      leaving.abort()
      await Promise.all(all)
    },
  }
}

async function ask(url: string, { key }: Caller): Promise<boolean> {
  const content = QUESTIONS[Math.floor(Math.random() * QUESTIONS.length)]
  const answered = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'support', messages: [{ role: 'user', content }] }),
  }).catch(() => null)
  await answered?.arrayBuffer()
  return answered?.ok === true
}
