/**
 * Whether enough others have agreed to a change: four eyes, as arithmetic.
 *
 * One rule for both kinds of approval: a signature by a key, counted by the engine, and the word of a person,
 * counted by the control plane. The author never counts, whoever counts counts once, and what has been
 * taken back does not count; each class of change that the policy knows has to be satisfied by itself (I26).
 *
 * Names are compared without regard to case and to how an accent is written: the directory that knows people
 * as `Ann` and `ann` knows one person.
 *
 * Not here: whether an approval is genuine (`root.ts` for signatures, the control plane for people), and what is
 * done about a change that lacks some.
 */
import type { Approval, ApprovalPolicy, ApprovalRule, MissingApproval } from '../contract/trust.ts'

/** The rule for every class of change that has none of its own. */
export const ANY_CLASS = '*'

/** Whose approval counts where a rule names nobody. */
export const APPROVER = 'approver'

/** A class of change that needs the word of others, and whose word counts. */
export interface AskedApproval {
  readonly changeClass: string
  readonly threshold: number
  readonly roles: readonly string[]
  /** Each once. */
  readonly by: readonly string[]
}

/**
 * What is asked for before a change may come in, class by class, and who has agreed to it; empty when nobody need be
 * asked. `authors` is everything the author is known by: a name, and the keys that signed as publisher. A class that is
 * named twice is asked for once.
 */
export function askedApprovals(
  changeClasses: readonly string[],
  policy: ApprovalPolicy,
  authors: readonly string[],
  approvals: readonly Approval[],
): readonly AskedApproval[] {
  const known = new Set(authors.map(nameOf))
  const others = approvals.filter((it) => it.revoked !== true && it.by !== '' && !known.has(nameOf(it.by)))
  return [...new Set(changeClasses)].toSorted().flatMap((changeClass) => {
    const rule = ruleFor(policy, changeClass)
    if (rule === null) return []
    const roles = rule.roles ?? [APPROVER]
    const counted = others.filter((it) => it.roles.some((role) => roles.includes(role)))
    const by = [...new Map(counted.map((it) => [nameOf(it.by), it.by])).values()]
    return [{ changeClass, threshold: rule.threshold, roles, by }]
  })
}

/** What of that is still missing; empty when nothing is. */
export function missingApprovals(
  changeClasses: readonly string[],
  policy: ApprovalPolicy,
  authors: readonly string[],
  approvals: readonly Approval[],
): readonly MissingApproval[] {
  return missingOf(askedApprovals(changeClasses, policy, authors, approvals))
}

export function missingOf(asked: readonly AskedApproval[]): readonly MissingApproval[] {
  return asked
    .filter((it) => it.by.length < it.threshold)
    .map(({ changeClass, by, threshold, roles }) => ({
      changeClass,
      found: by.length,
      expected: threshold,
      roles,
    }))
}

/** Classes of change by what changed: the kind, which is the first step of a JSON pointer. Sorted, each once. */
export function kindsOf(changedParameters: readonly string[]): readonly string[] {
  return [...new Set(changedParameters.map((it) => it.split('/', 2)[1] ?? ''))].toSorted()
}

/** In words, for people: `credentials: 1 of 2 by approver`. */
export function sayMissing(missing: readonly MissingApproval[]): string {
  return missing
    .map((it) => `${it.changeClass}: ${it.found} of ${it.expected} by ${it.roles.join(' or ')}`)
    .join('; ')
}

function ruleFor(policy: ApprovalPolicy, changeClass: string): ApprovalRule | null {
  for (const name of [changeClass, ANY_CLASS]) {
    if (Object.hasOwn(policy, name)) return policy[name] ?? null
  }
  return null
}

function nameOf(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}
