/**
 * What belongs together stays on one target: a session, a tenant, or prompts that begin alike, so that a provider's
 * prompt cache keeps its hits.
 *
 * Rendezvous hashing by weight: each target gets a number from its own name and the key, the highest wins. Nothing
 * is remembered, so every instance and every version decides alike; when a target comes or goes, or a weight
 * changes, only those move that must. While a target is not up, each of its keys goes to its own next best, and
 * comes back.
 */
import type { RouteAsk } from '../../contract/route-ask.ts'
import type { Turn } from '../../contract/routing.ts'
import { hashText, mixHash } from '../hash-text.ts'
import type { CreateStrategy, Member, StickyOptions } from './members.ts'

export const sticky: CreateStrategy = (members, options) => {
  const seats = members.map((it) => ({ it, hash: hashText(it.target.name) }))
  return {
    name: 'sticky',
    choose: (turn) => {
      const key = keyOf(turn.ask, options)
      return key === null ? options.otherwise.choose(turn) : highest(seats, key, turn)
    },
  }
}

interface Seat {
  readonly it: Member
  readonly hash: number
}

function highest(seats: readonly Seat[], key: number, turn: Turn) {
  let best: Member['target'] | null = null
  let bestScore = Number.NEGATIVE_INFINITY
  for (const { it, hash } of seats) {
    if (it.weight <= 0 || !turn.isUp(it.target)) continue
    // The logarithm makes the chance to be highest proportional to the weight.
    const score = it.weight / -Math.log((mixHash(hash, key) + 1) / (2 ** 32 + 1))
    if (score <= bestScore) continue
    best = it.target
    bestScore = score
  }
  return best
}

function keyOf(ask: RouteAsk, { by, header, promptChars }: StickyOptions): number | null {
  if (by === 'prompt') return ask.promptHash(promptChars)
  if (by === 'session' && header === null && ask.sessionKey !== undefined) return ask.sessionKey()
  const text = by === 'tenant' ? ask.tenant : header === null ? ask.session() : (ask.header(header) ?? null)
  // Two tenants who count their sessions alike are still two.
  return text === null || text === ''
    ? null
    : hashText(by === 'session' ? `${ask.tenant ?? ''}\n${text}` : text)
}
