/** A problem as a response of its own media type. */
import type { ProblemBody } from './problem.ts'

export function sendProblem(body: ProblemBody): Response {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (body.status === 401) headers['www-authenticate'] = 'Bearer realm="changeover admin"'
  if (body.retry && (body.status === 429 || body.status === 503)) headers['retry-after'] = '5'
  return new Response(JSON.stringify(body), { status: body.status, headers })
}
