/**
 * What the signatures on one payload say: who brings it, who agrees to it, and what is missing.
 *
 * A signature counts for one thing only. Those that are needed to bring the payload are the author's side, taken
 * first from keys that could do nothing else; whoever else has signed, and is not the author by name, may count as
 * an approval. So one key that is both publisher and approver cannot satisfy both, and neither can two keys of one
 * owner.
 */
import type { Approval, MissingApproval } from '../contract/trust.ts'
import { hasRole, mayPublish, publishersNeeded, type Trust } from '../format/trust.ts'
import { type AskedApproval, askedApprovals, missingOf } from './approvals.ts'

/** What is signed: by which keys, written by whom, changing what. */
export interface SignedChange {
  readonly author: string
  readonly keyids: readonly string[]
  readonly changeClasses: readonly string[]
}

export interface Approved {
  /** Everything the author is known by: the name in the payload, and the keys that bring it, with their owners. */
  readonly authors: readonly string[]
  readonly approvals: readonly Approval[]
  /** Whose word each change needs, and who of them has signed; nothing in an emergency. */
  readonly asked: readonly AskedApproval[]
  readonly missing: readonly MissingApproval[]
  /** Brought by keys for emergencies, to which nobody has to agree. */
  readonly isEmergency: boolean
}

/** Holds the signatures against a trust. Keys that it does not list do not count, whatever they once were. */
export function approvedBy(trust: Trust, { author, keyids, changeClasses }: SignedChange): Approved {
  const known = keyids.filter((it) => trust.keys.has(it))
  const ownerOf = (keyid: string): string => trust.owners.get(keyid) ?? keyid
  const bringing = bringers(trust, known, (it) => ownerOf(it) === author)
  const authors = [author, ...bringing.flatMap((it) => [it, ownerOf(it)])]
  const approvals = known
    .filter((it) => !bringing.includes(it))
    .map((it) => ({ by: ownerOf(it), roles: rolesOf(trust, it) }))
  const isEmergency = hasRole(trust, 'emergency', known)
  const asked = isEmergency ? [] : askedApprovals(changeClasses, trust.approvals, authors, approvals)
  return { authors, approvals, asked, missing: missingOf(asked), isEmergency }
}

/** Whether enough keys still speak for a payload, and enough others still agree. */
export function isStillSigned(trust: Trust, change: SignedChange): boolean {
  return mayPublish(trust, change.keyids) && approvedBy(trust, change).missing.length === 0
}

/** As many publishers as it takes: first the author's own keys, then those that can be nothing else. */
function bringers(
  trust: Trust,
  keyids: readonly string[],
  isAuthors: (keyid: string) => boolean,
): readonly string[] {
  const publishers = keyids.filter((it) => trust.roles.get('publisher')?.keyids.has(it))
  const cost = (it: string): number => (isAuthors(it) ? 0 : rolesOf(trust, it).length)
  return publishers.toSorted((a, b) => cost(a) - cost(b)).slice(0, publishersNeeded(trust))
}

function rolesOf(trust: Trust, keyid: string): readonly string[] {
  return [...trust.roles].flatMap(([name, { keyids }]) => (keyids.has(keyid) ? [name] : []))
}
