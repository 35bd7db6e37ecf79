/** Every check there is, in the order in which their findings are listed. A new one is a function and a line here. */
import { factsOf } from '../facts.ts'
import type { Warning } from '../look.ts'
import { approvalsFewer } from './approvals-fewer.ts'
import { type Check, Look, type LookInput } from './check.ts'
import { countsAnew } from './counts-anew.ts'
import { limitBelowPeak } from './limit-below-peak.ts'
import { accessOpened, adminWidened } from './opened.ts'
import { prices } from './prices.ts'
import { promptVariables } from './prompt-variables.ts'
import { newHost, withoutCredential } from './providers.ts'
import { removedInUse } from './removed-in-use.ts'
import { ruleNever, sensitiveWidened, timeoutBelowP99, untestedTarget } from './routes.ts'

/** What opens or widens who may call, change or be sent something: said also where nobody asked for a plan. */
const openings: readonly Check[] = [accessOpened, adminWidened, approvalsFewer, sensitiveWidened]

const checks: readonly Check[] = [
  accessOpened,
  adminWidened,
  approvalsFewer,
  removedInUse,
  limitBelowPeak,
  countsAnew,
  promptVariables,
  sensitiveWidened,
  withoutCredential,
  newHost,
  untestedTarget,
  timeoutBelowP99,
  prices,
  ruleNever,
]

/** More of them are no help to anybody. */
const most = 200

export function findWarnings(input: LookInput): readonly Warning[] {
  return foundBy(checks, input)
}

/** Those that need no record of calls, and that nobody must miss. */
export function findOpenings(input: Pick<LookInput, 'before' | 'after' | 'changed'>): readonly Warning[] {
  return foundBy(openings, { ...input, shipped: {}, nowMs: 0, facts: factsOf([]) })
}

function foundBy(these: readonly Check[], input: LookInput): readonly Warning[] {
  const look = new Look(input)
  return these.flatMap((it) => it(look)).slice(0, most)
}
