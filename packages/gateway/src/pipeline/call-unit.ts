/**
 * Which unit a call belongs to while a rollout splits the traffic: whose calls stay on one side together.
 *
 * Tenant and key are those that the version in force knows. A key that only the candidate knows counts as a unit of
 * its own, by its hash: it works where the candidate answers, and is unknown elsewhere, as it was before. The other
 * way round, a key that the candidate no longer knows keeps the place of its tenant, so that calls which a change
 * locks out are seen on the candidate's side.
 *
 * At the pin there is no body yet: sessions are those that a header names. A call that names none goes with its key.
 */
import { hash } from 'node:crypto'
import type { RolloutUnit, Snapshot } from '@changeover/reload'
import type { Caller } from '../contract/compiled.ts'
import type { CallHead } from '../contract/downstream.ts'
import { foundNow } from './found-now.ts'
import { sessionHeader } from './request-facts.ts'
import type { Parts } from './tools.ts'

export interface UnitInput {
  readonly head: CallHead
  readonly startedAt: number
  /** The version in force. */
  inForce(): Snapshot<Parts> | null
}

/** `null`: the call is a unit of its own, or nobody can say of which it is. */
export function unitIdOf(unit: RolloutUnit, it: UnitInput): string | null {
  if (unit === 'request') return null
  const current = it.inForce()
  const caller = callerUnder(current, it) ?? claimedUnder(current, it)
  const session = unit === 'session' ? sessionHeader(it.head) : null
  // Two tenants who count their sessions alike are still two.
  if (session !== null) return `${caller?.tenant ?? ''}\n${session}`
  if (caller !== null) return unit === 'tenant' ? caller.tenant : caller.key
  const { key } = it.head
  if (key === undefined || key === '' || current?.parts.gateway.identity.open === true) return null
  return hash('sha256', key, 'hex')
}

/** Whom a token says that nobody has verified yet; good for nothing but to stand by its tenant's others. */
function claimedUnder(
  current: Snapshot<Parts> | null,
  { head }: UnitInput,
): Pick<Caller, 'tenant' | 'key'> | null {
  return head.key === undefined ? null : (current?.parts.gateway.identity.claimed?.(head.key) ?? null)
}

/** `null` where that version knows nobody by this key, or asks nobody for one. */
export function callerUnder(
  snapshot: Snapshot<Parts> | null,
  { head, startedAt }: Pick<UnitInput, 'head' | 'startedAt'>,
): Caller | null {
  const identity = snapshot?.parts.gateway.identity
  if (identity === undefined || identity.open) return null
  const found = foundNow(identity, head.key, startedAt)
  return found === null || 'refused' in found ? null : found
}
