/** Errors of this room: each carries one issue that says the same, with the pointer where there is one. */
import type { Issue } from '../contract/receipt.ts'
import { type DetailsOf, type ErrorCode, ReloadError, sayError } from '../errors.ts'

/** A refusal at `pointer`. The cause is chained; its text is never shown. */
export function refusal<Code extends ErrorCode>(
  code: Code,
  details: DetailsOf<Code>,
  pointer?: string,
  cause?: unknown,
): ReloadError<Code> {
  const issue: Issue = {
    code,
    message: sayError(code, details),
    ...(pointer !== undefined && { pointer }),
  }
  return new ReloadError(code, details, { issues: [issue], ...(cause !== undefined && { cause }) })
}
