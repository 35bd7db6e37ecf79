/** Every command, in the order in which the help lists them. To add one: a file beside this, a line here. */
import type { Command } from '../command.ts'
import { abort } from './abort.ts'
import { apis } from './apis.ts'
import { apply } from './apply.ts'
import { approve } from './approve.ts'
import { audit } from './audit.ts'
import { blame } from './blame.ts'
import { cache } from './cache.ts'
import { calls } from './calls.ts'
import { diff } from './diff.ts'
import { doctor } from './doctor.ts'
import { history } from './history.ts'
import { importCommand } from './import.ts'
import { keygen } from './keygen.ts'
import { keys } from './keys.ts'
import { limits } from './limits.ts'
import { pause } from './pause.ts'
import { plan } from './plan.ts'
import { promote } from './promote.ts'
import { resume } from './resume.ts'
import { rollback } from './rollback.ts'
import { rollout } from './rollout.ts'
import { serve } from './serve.ts'
import { sign } from './sign.ts'
import { status } from './status.ts'
import { trust } from './trust.ts'
import { verify } from './verify.ts'
import { watch } from './watch.ts'
import { why } from './why.ts'

export const commands: readonly Command[] = [
  serve,
  status,
  plan,
  apply,
  watch,
  history,
  diff,
  approve,
  rollout,
  promote,
  pause,
  resume,
  abort,
  rollback,
  apis,
  calls,
  why,
  blame,
  audit,
  keys,
  limits,
  cache,
  keygen,
  sign,
  verify,
  trust,
  importCommand,
  doctor,
]
