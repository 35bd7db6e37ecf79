/** A change's answer: the receipt with its version as ETag, or the refusal as a problem. */
import type { AdminContext } from './app.ts'
import type { Changed } from './changer.ts'
import { problemOfReceipt } from './problem.ts'
import { sendProblem } from './send-problem.ts'
import { writeChanged } from './write-json.ts'

export function sendChanged(c: AdminContext, changed: Changed) {
  const refused = problemOfReceipt(changed.receipt)
  // The routes describe refusals as their default response, which the type of `json` cannot say.
  if (refused !== null) return sendProblem(refused) as never
  const body = writeChanged(changed)
  if (body.version !== null) c.header('etag', `"${body.version}"`)
  if (body.outcome === 'waiting') return c.json(body, 202) as never
  return c.json(body, 200)
}
