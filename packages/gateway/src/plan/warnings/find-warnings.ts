/** Every check there is, in the order in which their findings are listed. A new one is a function and a line here. */
import type { Warning } from '../look.ts'
import { approvalsFewer } from './approvals-fewer.ts'
import { type Check, Look, type LookInput } from './check.ts'
import { countsAnew } from './counts-anew.ts'
import { limitBelowPeak } from './limit-below-peak.ts'
import { prices } from './prices.ts'
import { promptVariables } from './prompt-variables.ts'
import { newHost, withoutCredential } from './providers.ts'
import { removedInUse } from './removed-in-use.ts'
import { accessOpened, ruleNever, sensitiveWidened, timeoutBelowP99, untestedTarget } from './routes.ts'

const checks: readonly Check[] = [
  accessOpened,
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
  const look = new Look(input)
  return checks.flatMap((it) => it(look)).slice(0, most)
}
